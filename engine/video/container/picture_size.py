"""Width and height from the header of an image, without decoding.

FFmpeg refuses what is too large without saying how large it is: this is for the message.
"""

from __future__ import annotations

import re
import struct

HEAD_BYTES = 64 * 2**10
"""Bytes from the start of a file that are looked at."""

_FIXED = (  # signature, where the numbers are, what they are: width before height
    (b"\x89PNG\r\n\x1a\n", 16, ">II"),
    (b"GIF8", 6, "<HH"),
    (b"BM", 18, "<ii"),
    (b"qoif", 4, ">II"),
    (b"SDPX", 772, ">II"),
    (b"XPDS", 772, "<II"),
    (b"\x01\xda", 6, ">HH"),
    (b"DKIF", 12, "<HH"),
)
_TEXTS = (
    re.compile(rb"P[1-6]\s+(?:#[^\n]*\s+)*(?P<width>\d{1,9})\s+(?P<height>\d{1,9})\s"),
    re.compile(rb"P[Ff]\s+(?P<width>\d{1,9})\s+(?P<height>\d{1,9})\s"),
    re.compile(rb"YUV4MPEG2 (?=[^\n]*\bW(?P<width>\d{1,9}))(?=[^\n]*\bH(?P<height>\d{1,9}))"),
)
_TIFF_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def claimed_size(head: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels, or None for a file of an unknown kind.

    Parameters
    ----------
    head : bytes
        Start of the file, best `HEAD_BYTES` of it.
    """
    try:
        return _fixed(head) or _text(head) or _tiff(head) or _jpeg(head) or _webp(head)
    except struct.error:  # the header is cut off
        return None


def _fixed(head: bytes) -> tuple[int, int] | None:
    for signature, place, numbers in _FIXED:
        if head.startswith(signature):
            width, height = struct.unpack_from(numbers, head, place)
            return abs(width), abs(height)  # negative: a BMP from top to bottom
    return None


def _text(head: bytes) -> tuple[int, int] | None:
    for pattern in _TEXTS:
        match = pattern.match(head)
        if match:
            return int(match["width"]), int(match["height"])
    return None


def _tiff(head: bytes) -> tuple[int, int] | None:
    order = _TIFF_ORDERS.get(head[:4])
    if order is None:
        return None
    (place,) = struct.unpack_from(f"{order}I", head, 4)
    (count,) = struct.unpack_from(f"{order}H", head, place)
    sizes = {}
    for entry in range(place + 2, place + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(f"{order}HH", head, entry)
        (sizes[tag],) = struct.unpack_from(f"{order}{'H' if kind == 3 else 'I'}", head, entry + 8)
    return (sizes[256], sizes[257]) if {256, 257} <= sizes.keys() else None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    if not head.startswith(b"\xff\xd8\xff"):
        return None
    place = 2
    while True:
        mark, kind, length = struct.unpack_from(">BBH", head, place)
        if mark != 0xFF:
            return None
        if kind in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", head, place + 5)
            return width, height
        place += 2 + length


def _webp(head: bytes) -> tuple[int, int] | None:
    if head[:4] != b"RIFF" or head[8:16] != b"WEBPVP8X":
        return None
    sides = int.from_bytes(head[24:30], "little")
    return (sides & 0xFFFFFF) + 1, (sides >> 24) + 1

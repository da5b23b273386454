"""Small files that claim much, made by changing numbers in sound ones."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

from tests.engine.video.numbered import Clip

MANY = 10_000_000
_CONTAINERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"moof", b"traf")

Boxes = list[tuple[bytes, bytes]]
Change = Callable[[bytes], bytes]


def u32(*numbers: int) -> bytes:
    """Numbers as MP4 and PNG write them."""
    return struct.pack(f">{len(numbers)}I", *numbers)


def box(kind: bytes, content: bytes) -> bytes:
    """An MP4 box."""
    return u32(len(content) + 8) + kind + content


def changed(film: bytes, changes: dict[bytes, bytes | None]) -> bytes:
    """Content of an MP4 file with other contents in its boxes of these kinds; None removes them."""
    result, place = b"", 0
    while place < len(film):
        size, kind = struct.unpack_from(">I4s", film, place)
        content: bytes | None = film[place + 8 : place + size]
        if kind in changes:
            content = changes[kind]
        elif kind in _CONTAINERS and content is not None:
            content = changed(content, changes)
        if content is not None:
            result += box(kind, content)
        place += size
    return result


def equal_samples(count: int, edits: int = 0) -> dict[bytes, bytes | None]:
    """Tables of so many samples of one byte, shown so many times over."""
    tables: dict[bytes, bytes | None] = {
        b"stsz": u32(0, 1, count),
        b"stts": u32(0, 1, count, 512),
        b"stsc": u32(0, 1, 1, count, 1),
        b"ctts": None,
        b"stss": None,
    }
    if edits:
        tables[b"elst"] = u32(0, edits) + u32(2**31, 0, 65536) * edits
    return tables


def packed_header(film: bytes) -> bytes:
    """An old QuickTime file, with its header compressed."""
    start = film.index(b"moov") - 4
    stop = start + struct.unpack_from(">I", film, start)[0]
    header = film[start:stop]
    packed = box(b"dcom", b"zlib") + box(b"cmvd", u32(len(header)) + zlib.compress(header))
    return film[:start] + box(b"moov", box(b"cmov", packed)) + film[stop:]


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """An image that is cut off after the start of its first row."""
    head = (b"IHDR", u32(width, height) + b"\x08\x02\0\0\0")
    body = b""
    for kind, content in (head, *chunks, (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")):
        body += u32(len(content)) + kind + content + u32(zlib.crc32(kind + content))
    return b"\x89PNG\r\n\x1a\n" + body


def frame_bombs(folder: Path) -> dict[str, bytes]:
    """Files of at most 30 kB that make FFmpeg list millions of frames as it opens them."""
    film = Clip("film.mp4", "libx264", frames=10).write(folder).read_bytes()
    parts = Clip("parts.mp4", "libx264", frames=10, mux={"movflags": "frag_keyframe+empty_moov"})
    fragments = parts.write(folder).read_bytes()
    flash = Clip("flash.flv", "flv", frames=10).write(folder).read_bytes()
    equal = changed(film, equal_samples(MANY))
    times = b"\x02\0\x0aonMetaData\x08\0\0\0\x01\0\x09keyframes\x03\0\x05times\x0a" + u32(10**8)
    tag = b"\x12" + u32(len(times))[1:] + bytes(7) + times + u32(len(times) + 11)
    return {
        "billion.mp4": changed(film, equal_samples(10**9)),
        "equal.mp4": equal,
        "packed.mov": packed_header(equal),
        "edits.mp4": changed(film, equal_samples(100_000, edits=2_000)),
        "fragment.mp4": changed(fragments, {b"trun": u32(1, MANY, 0)}),
        "fragment_billion.mp4": changed(fragments, {b"trun": u32(1, 10**9, 0)}),
        "items.mp4": film + box(b"iinf", u32(1 << 24, 10**8)),
        "places.mp4": film + box(b"iloc", b"\x02\0\0\0\x44\x40" + u32(10**8)),
        "keys.flv": flash[:13] + tag + flash[13:],
        "frames.smk": b"SMK2" + struct.pack("<III", 64, 48, 2**24 - 1) + bytes(88),
    }


def pixel_bombs(side: int) -> dict[str, bytes]:
    """Images of a few bytes that claim ``side`` x ``side`` pixels."""
    animated = (b"acTL", u32(2, 0)), (b"fcTL", u32(0, side, side, 0, 0) + b"\0\1\0\x19\0\0")
    tiff = [(256, 4, side), (257, 4, side), (258, 3, 8), (259, 3, 1), (262, 3, 1), (273, 4, 8)]
    entries = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in tiff)
    jpeg = b"\xff\xd8\xff\xe0\0\x04\0\0\xff\xc0\0\x0b\x08" + struct.pack(">HH", side, side)
    return {
        "a.png": png(side, side),
        "a.apng": png(side, side, *animated),
        "a.gif": b"GIF89a" + struct.pack("<HH", side, side) + bytes(9) + b";",
        "a.bmp": b"BM" + bytes(16) + struct.pack("<ii", side, -side) + bytes(200),
        "a.ppm": b"P6\n# by hand\n%d %d\n255\n" % (side, side) + bytes(200),
        "a.y4m": b"YUV4MPEG2 W%d H%d F25:1 C420\nFRAME\n" % (side, side) + bytes(200),
        "a.qoi": b"qoif" + u32(side, side) + bytes(200),
        "a.jpg": jpeg + b"\x01\x01\x11\0" + bytes(200),
        "a.tif": b"II*\0\x08\0\0\0" + struct.pack("<H", len(tiff)) + entries + bytes(4),
    }

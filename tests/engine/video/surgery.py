"""What no encoder writes: packets moved, relabelled and joined, and bytes changed in place."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

TS_PACKET = 188
CLOCK_HZ = 90_000

Change = Callable[[int, av.Packet], None]
Edit = Callable[[bytes], bytes]


def remux(
    source: Path, target: Path, change: Change, options: dict[str, str] | None = None
) -> None:
    """Copy the packets of a file, each changed by its number on the way."""
    join([source], target, change, options)


def join(
    sources: Sequence[Path], target: Path, change: Change, options: dict[str, str] | None = None
) -> None:
    """Put the packets of several files into one stream that is described as the first is."""
    with av.open(str(target), "w", options=options or {}) as out:
        stream = None
        number = 0
        for source in sources:
            with av.open(str(source)) as container:
                if stream is None:
                    stream = out.add_stream_from_template(container.streams.video[0])
                for packet in container.demux(video=0):
                    if packet.size:
                        packet.stream = stream
                        change(number, packet)
                        out.mux(packet)
                        number += 1


def at_ms(times_ms: Sequence[int], early_ms: int = 0) -> Change:
    """Change that sets both times of every packet; the decoding time may be earlier."""

    def change(number: int, packet: av.Packet) -> None:
        packet.time_base = Fraction(1, 1000)
        packet.pts = times_ms[number]
        packet.dts = times_ms[number] if not early_ms else number - early_ms
        packet.duration = 0

    return change


def later_by_ms(offset_ms: int) -> Change:
    """Change that moves every packet in time."""

    def change(number: int, packet: av.Packet) -> None:
        assert packet.pts is not None
        assert packet.dts is not None
        assert packet.time_base is not None
        ticks = int(Fraction(offset_ms, 1000) / packet.time_base)
        packet.pts, packet.dts = packet.pts + ticks, packet.dts + ticks

    return change


def edited(source: Path, target: Path, *edits: Edit) -> None:
    """Copy a file, its bytes changed by each edit in turn."""
    content = source.read_bytes()
    for edit in edits:
        content = edit(content)
    target.write_bytes(content)


def kept(start: float, stop: float) -> Edit:
    """Only the bytes from one fraction of the length to another."""
    return lambda content: content[int(len(content) * start) : int(len(content) * stop)]


def noisy(start: float, size: int, seed: int = 0) -> Edit:
    """Noise over some bytes, from a fraction of the length on."""
    noise = np.random.default_rng(seed).bytes(size)

    def edit(content: bytes) -> bytes:
        place = int(len(content) * start)
        return content[:place] + noise[: len(content) - place] + content[place + size :]

    return edit


def renamed(old: bytes, new: bytes) -> Edit:
    """Every occurrence of a four-letter name replaced."""
    return lambda content: content.replace(old, new)


def without_frame_delays(content: bytes) -> bytes:
    """MP4 whose table gives no sample a duration, so that all have the same time."""
    place = content.index(b"stts") + 8
    (entries,) = struct.unpack_from(">I", content, place)
    changed = bytearray(content)
    for entry in range(entries):
        changed[place + 8 + 8 * entry : place + 12 + 8 * entry] = bytes(4)
    return bytes(changed)


def with_edit_list(edits: Sequence[tuple[int, int]]) -> Edit:
    """MP4 (its index at the end) with an edit list: (duration, start) pairs, in sample times.

    A start of -1 is a pause. The film's own clock must be the samples' clock.
    """

    def edit(content: bytes) -> bytes:
        film_hz, sample_hz = _clock(content, b"mvhd"), _clock(content, b"mdhd")
        rows = [(span * film_hz // sample_hz, start) for span, start in edits]
        entries = b"".join(struct.pack(">IiI", *row, 1 << 16) for row in rows)
        listed = _box(b"elst", struct.pack(">II", 0, len(edits)) + entries)
        moov, length = _find(content, b"moov")
        film = content[moov : moov + length]
        return content[:moov] + _with_edits(film, _box(b"edts", listed)) + content[moov + length :]

    return edit


def _with_edits(film: bytes, edits: bytes) -> bytes:
    track, length = _find(film, b"trak")
    inside = film[track + 8 : track + length]
    if b"edts" in inside:
        old, size = _find(inside, b"edts")
        inside = inside[:old] + inside[old + size :]
    header, size = _find(inside, b"tkhd")
    inside = inside[: header + size] + edits + inside[header + size :]
    return _box(b"moov", film[8:track] + _box(b"trak", inside) + film[track + length :])


def _clock(content: bytes, name: bytes) -> int:
    place = content.index(name)
    assert content[place + 4] == 0, "only version 0 headers are written here"
    return int(struct.unpack_from(">I", content, place + 16)[0])


def _find(content: bytes, name: bytes) -> tuple[int, int]:
    place = content.index(name) - 4
    return place, int(struct.unpack_from(">I", content, place)[0])


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def without_times_between_keys(content: bytes) -> bytes:
    """Transport stream in which only every fourth picture says its time."""
    changed = bytearray(content)
    pictures = 0
    for place in range(0, len(content) - TS_PACKET + 1, TS_PACKET):
        start = content.find(b"\x00\x00\x01\xe0", place, place + TS_PACKET)
        if not content[place + 1] & 0x40 or start < 0:
            continue
        if pictures % 4:
            changed[start + 7] &= 0x3F
            size = changed[start + 8]
            changed[start + 9 : start + 9 + size] = b"\xff" * size
        pictures += 1
    return bytes(changed)


def with_packed_b_frames(source: Path, target: Path) -> None:
    """MPEG-4 with one B-frame between others, as DivX packs it: two in a packet, then none."""
    with av.open(str(source)) as container, av.open(str(target), "w") as out:
        stream = out.add_stream_from_template(container.streams.video[0])
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
        for number, content in enumerate(_packed(packets)):
            packet = av.Packet(content)
            packet.stream, packet.time_base = stream, Fraction(1, 25)
            packet.pts = packet.dts = number
            packet.is_keyframe = _vop_type(content) == 0
            out.mux(packet)


def _packed(packets: list[bytes]) -> list[bytes]:
    signature = b"\x00\x00\x01\xb2DivX503b1393p"
    first = packets[0].index(b"\x00\x00\x01\xb6")
    packets = [packets[0][:first] + signature + packets[0][first:], *packets[1:]]
    packed: list[bytes] = []
    for content in packets:
        if _vop_type(content) == 2:
            packed[-1] += content
            packed.append(_empty_vop(content))
        else:
            packed.append(content)
    return packed


def _vop_type(content: bytes) -> int:
    return content[content.index(b"\x00\x00\x01\xb6") + 4] >> 6


def _empty_vop(after: bytes) -> bytes:
    """Placeholder picture: type P, same time, nothing coded."""
    return b"\x00\x00\x01\xb6" + bytes([0b01_0_1_0000, 0b0_1_0_11111])


def with_captions(content: bytes) -> bytes:
    """H.264 stream with delimiters: a closed caption behind each of them."""
    caption = b"\xb5\x00\x31GA94\x03\xc1\xff\xfc\x94\x2c\xff"
    message = b"\x00\x00\x00\x01\x06\x04" + bytes([len(caption)]) + caption + b"\x80"
    return re.sub(
        rb"(\x00\x00\x00\x01\x09.)", lambda found: found[1] + message, content, flags=re.DOTALL
    )


def with_laces(source: Path, target: Path, lace: int = 4) -> None:
    """Matroska of key pictures, several in a block: all but the first of a block lack a time."""
    with av.open(str(source)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    content = source.read_bytes()
    header = content[: content.index(b"\x18\x53\x80\x67")]
    start = content.index(b"\x16\x54\xae\x6b")
    tracks = content[start : content.index(b"\x1f\x43\xb6\x75")]
    # the default duration would tell the times, and the checksum no longer fits: void both
    tracks = re.sub(rb"\x23\xe3\x83\x84....", b"\xec\x86" + bytes(6), tracks, flags=re.DOTALL)
    tracks = tracks.replace(b"\xbf\x84", b"\xec\x84", 1)
    blocks = [
        _element(b"\xa3", _laced(packets[first : first + lace], 40 * first))
        for first in range(0, len(packets), lace)
    ]
    cluster = _element(b"\x1f\x43\xb6\x75", _element(b"\xe7", b"\0") + b"".join(blocks))
    info = _element(b"\x15\x49\xa9\x66", _element(b"\x2a\xd7\xb1", (10**6).to_bytes(4, "big")))
    target.write_bytes(header + _element(b"\x18\x53\x80\x67", info + tracks + cluster))


def _laced(packets: Sequence[bytes], time_ms: int) -> bytes:
    sizes = b"".join(b"\xff" * (len(p) // 255) + bytes([len(p) % 255]) for p in packets[:-1])
    head = b"\x81" + struct.pack(">h", time_ms) + b"\x82" + bytes([len(packets) - 1])
    return head + sizes + b"".join(packets)


def _element(name: bytes, content: bytes) -> bytes:
    return name + b"\x01" + len(content).to_bytes(7, "big") + content

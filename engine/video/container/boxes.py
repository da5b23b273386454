"""Count of the samples that the boxes of an MP4 or MOV file make FFmpeg list.

FFmpeg makes an entry of some 35 bytes for each while it opens the file, as many as the file
claims: a table of equal sizes, a fragment of equal samples and an edit list that repeats what it
shows need no more than a number for that. Media data is never read.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

import numpy as np

from engine.types import Float64Array, Int64Array

_CONTAINERS = frozenset({b"mdia", b"minf", b"stbl", b"edts", b"traf", b"mvex", b"udta", b"dinf"})
_DEEPEST = 12
_HEADER = 8
_PER_SAMPLE_FIELDS = 0xF00
_MOST_HEADER_BYTES = 64 * 2**20
_FEW = 2**20
_ENDLESS = 2**60  # ticks: no file is that long, and sums of two stay within 64 bits


class Box(NamedTuple):
    """A box of a file: its type, and start and stop of its content in bytes."""

    kind: bytes
    start: int
    stop: int


def claimed_samples(file: BinaryIO, size: int) -> int:
    """Return the entries that FFmpeg would make for all tracks, 0 for other kinds of files.

    Parameters
    ----------
    file : binary file
        Seekable; it is left anywhere.
    size : int
        Its length in bytes.
    """
    return _Counter(file).count(0, size, 0)


class _Counter:
    """Counts the samples of one file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._movie_scale = 1

    def count(self, start: int, stop: int, depth: int) -> int:
        """Count the samples claimed by the boxes between two places."""
        if depth > _DEEPEST:
            return 0
        return sum(self._in_box(box, depth) for box in self._boxes(start, stop))

    def _in_box(self, box: Box, depth: int) -> int:
        match box.kind:
            case b"mvhd":
                self._movie_scale = self._time_scale(box)
            case b"trak":
                return self._in_track(box)
            case b"trun":
                return self._in_fragment(box)
            case b"iloc" | b"iinf":
                return self._items(box)
            case b"cmov":
                return self._in_compressed(box, depth)
            case b"meta":  # with four bytes before its boxes in MP4, with none in QuickTime
                plain = self._numbers(box, ">I", 4) == (0x68646C72,)
                return self.count(box.start + (0 if plain else 4), box.stop, depth + 1)
            case b"moov" | b"moof":
                return self.count(box.start, box.stop, depth + 1)
            case kind if kind in _CONTAINERS:
                return self.count(box.start, box.stop, depth + 1)
        return 0

    def _boxes(self, start: int, stop: int) -> Iterator[Box]:
        while start + _HEADER <= stop:
            self._file.seek(start)
            header = self._file.read(2 * _HEADER)
            if len(header) < _HEADER:
                return
            length, kind = struct.unpack_from(">I4s", header)
            content = _HEADER
            if length == 1 and len(header) == 2 * _HEADER:
                (length,) = struct.unpack_from(">Q", header, _HEADER)
                content = 2 * _HEADER
            length = length or stop - start
            if length < content:
                return
            yield Box(kind, start + content, min(start + length, stop))
            start += length

    def _leaves(self, box: Box, depth: int = 0) -> Iterator[Box]:
        for inner in self._boxes(box.start, box.stop):
            if inner.kind in _CONTAINERS and depth < _DEEPEST:
                yield from self._leaves(inner, depth + 1)
            else:
                yield inner

    def _in_track(self, track: Box) -> int:
        boxes: dict[bytes, list[Box]] = defaultdict(list)
        for leaf in self._leaves(track):
            boxes[leaf.kind].append(leaf)
        if self._is_plain_sound(boxes):
            return 0
        sizes = boxes[b"stsz"] + boxes[b"stz2"]
        samples = max(map(self._samples, sizes), default=0)
        edits = sum((box.stop - box.start) // 12 for box in boxes[b"elst"])
        if samples * edits > _FEW:
            samples = max(samples, self._shown(boxes, samples))
        return samples

    def _is_plain_sound(self, boxes: dict[bytes, list[Box]]) -> bool:
        """Return true for sound whose samples last one tick: FFmpeg lists blocks of those."""
        sound = any(self._numbers(box, ">I", 8) == (0x736F756E,) for box in boxes[b"hdlr"])
        steady = [self._numbers(box, ">III", 4) for box in boxes[b"stts"]]
        return sound and all(len(n) == 3 and n[0] == 1 and n[2] == 1 for n in steady)

    def _samples(self, box: Box) -> int:
        size, count = self._numbers(box, ">II", 4) or (0, 0)
        equal = box.kind == b"stsz" and size > 0
        return count if equal else min(count, 2 * (box.stop - box.start))

    def _shown(self, boxes: dict[bytes, list[Box]], samples: int) -> int:
        """Count the entries of an edit list: each part from the key sample before it on."""
        scale = max([self._time_scale(box) for box in boxes[b"mdhd"]], default=1)
        timeline = _Timeline(self._rows(boxes[b"stts"], ">u4", 2), samples)
        keys = np.sort(self._rows(boxes[b"stss"], ">u4", 1)[:, 0]) - 1
        shown = 0
        for box in boxes[b"elst"]:
            durations, starts = self._edits(box)
            ticks = np.multiply(durations, scale / self._movie_scale, dtype=np.float64)
            stops = starts + _ticks(ticks)
            first = timeline.sample_at(starts, "left")
            if len(keys):
                first = np.minimum(first, keys[np.searchsorted(keys, first, "right") - 1])
            shown += int(np.maximum(timeline.sample_at(stops, "right") - first, 0).sum())
        return shown

    def _edits(self, box: Box) -> tuple[Int64Array, Int64Array]:
        """Return the duration in movie ticks and the start in track ticks of every edit."""
        (version,) = self._numbers(box, ">B", 0) or (0,)
        layout = [("duration", ">u8"), ("start", ">i8"), ("rate", ">u4")]
        if version != 1:
            layout = [("duration", ">u4"), ("start", ">i4"), ("rate", ">u4")]
        content = self._content(box)[8:]
        kind = np.dtype(layout)
        rows = np.frombuffer(content[: len(content) // kind.itemsize * kind.itemsize], kind)
        rows = rows[rows["start"] >= 0]
        duration, start = rows["duration"].astype(np.float64), rows["start"].astype(np.float64)
        return _ticks(duration), _ticks(start)

    def _in_fragment(self, box: Box) -> int:
        flags, count = self._numbers(box, ">II", 0) or (0, 0)
        if flags & _PER_SAMPLE_FIELDS:
            return min(count, (box.stop - box.start) // 4)
        return count

    def _items(self, box: Box) -> int:
        (version,) = self._numbers(box, ">B", 0) or (0,)
        wide = version > 1 if box.kind == b"iloc" else version > 0
        place = 6 if box.kind == b"iloc" else 4
        return sum(self._numbers(box, ">I" if wide else ">H", place))

    def _in_compressed(self, box: Box, depth: int) -> int:
        for inner in self._boxes(box.start, box.stop):
            if inner.kind == b"cmvd":
                unpacked = _inflate(self._content(inner)[4:])
                return _Counter(io.BytesIO(unpacked)).count(0, len(unpacked), depth + 1)
        return 0

    def _time_scale(self, box: Box) -> int:
        (version,) = self._numbers(box, ">B", 0) or (0,)
        return max(sum(self._numbers(box, ">I", 20 if version == 1 else 12)), 1)

    def _rows(self, boxes: list[Box], kind: str, columns: int) -> Int64Array:
        parts = [self._content(box)[8:] for box in boxes]
        step = columns * np.dtype(kind).itemsize
        whole = b"".join(part[: len(part) // step * step] for part in parts)
        return np.frombuffer(whole, kind).reshape(-1, columns).astype(np.int64)

    def _content(self, box: Box) -> bytes:
        self._file.seek(box.start)
        return self._file.read(box.stop - box.start)

    def _numbers(self, box: Box, layout: str, place: int) -> tuple[int, ...]:
        """Return the numbers at a place in a box, none if it is too short."""
        length = struct.calcsize(layout)
        if box.start + place + length > box.stop:
            return ()
        self._file.seek(box.start + place)
        content = self._file.read(length)
        return struct.unpack(layout, content) if len(content) == length else ()


class _Timeline:
    """Sample number by time, from a track's runs of (count, duration in ticks)."""

    def __init__(self, runs: Int64Array, samples: int) -> None:
        counts, self._ticks = runs[:, 0], runs[:, 1]
        self._samples = samples
        self._stops = np.minimum(np.cumsum(np.minimum(counts, samples)), samples)
        self._counts = np.diff(self._stops, prepend=0)
        self._times = np.cumsum(self._counts * self._ticks)

    def sample_at(self, times: Int64Array, side: str) -> Int64Array:
        """Return the number of the sample at each time, the first or last of several."""
        if not len(self._times):
            return np.full(len(times), self._samples if side == "right" else 0, np.int64)
        right = side == "right"
        run = np.searchsorted(self._times, times, "right" if right else "left")
        run = np.minimum(run, len(self._times) - 1)
        before = self._times[run] - self._counts[run] * self._ticks[run]
        within = (times - before) // np.maximum(self._ticks[run], 1) + int(right)
        last: Int64Array = self._counts[run]
        sample: Int64Array = self._stops[run] - last + np.clip(within, 0, last)
        return sample


def _ticks(times: Float64Array) -> Int64Array:
    return np.minimum(times, _ENDLESS).astype(np.int64)


def _inflate(packed: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, _MOST_HEADER_BYTES)
    except zlib.error:
        return b""  # FFmpeg cannot unpack it either

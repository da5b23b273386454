"""Opening a video: its packets, the order of its frames, its times, and its first frame."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.video.frame import VideoFrame

from engine.cancel import Check
from engine.errors import VideoError
from engine.types import Float64Array
from engine.video.index import Index, index_by_time, is_risky
from engine.video.packets import read_table
from engine.video.reader import Reader, decoded_order
from engine.video.source import Source, video_errors
from engine.video.times import average_fps, frame_times

_ARBITRARY_CLOCK_FORMATS = frozenset({"mpegts", "mpeg"})
_MICROSECONDS = 1e-6

_damaged_files: set[tuple[Path, int, int]] = set()
"""Files, with size and time of change, in which a frame failed to come after they were opened."""


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """A video that is ready to be read.

    Attributes
    ----------
    reader : Reader
        Standing behind the first frame.
    first : VideoFrame
        Frame 0.
    times_s : float64 array, (N,)
        Time of every frame in seconds, strictly increasing, read-only.
    fps : float
        Average frames per second.
    """

    reader: Reader
    first: VideoFrame
    times_s: Float64Array
    fps: float


@dataclass(frozen=True, slots=True)
class _Facts:
    codec_name: str
    time_base: Fraction
    stated_fps: float | None
    start_s: float


def open_reader(path: Path, *, verify: bool, check: Check) -> Opened:
    """Read the packets of a file and decode its first frame; as `engine.video.open_video`."""
    index, facts = _read_index(path, verify, check)
    reader, first = _read_first(path, index, facts, check)
    if first is None:  # the file promised more than it holds
        reader.close()
        index = decoded_order(path, index, facts.codec_name, check)
        reader, first = _read_first(path, index, facts, check)
    if first is None:
        reader.close()
        raise VideoError(
            f"{path} holds no frame that can be decoded.",
            "Check that it was copied completely.",
        )
    times_s = frame_times(index, facts.time_base, facts.stated_fps) - facts.start_s
    times_s.setflags(write=False)
    return Opened(reader, first, times_s, average_fps(times_s, facts.stated_fps))


def note_damage(path: Path) -> None:
    """Remember that a frame of this file failed to come: it is verified when opened again."""
    _damaged_files.add(_fingerprint(path))


def _read_index(path: Path, verify: bool, check: Check) -> tuple[Index, _Facts]:
    source = Source(path)
    try:
        with video_errors(path):
            table = read_table(source, check)
            facts = _facts(source)
            risky = is_risky(table, source.container.format.name, facts.codec_name)
    finally:
        source.close()
    index = index_by_time(table, facts.codec_name)
    if verify or risky or _fingerprint(path) in _damaged_files:
        index = decoded_order(path, index, facts.codec_name, check)
    return index, facts


def _read_first(
    path: Path, index: Index, facts: _Facts, check: Check
) -> tuple[Reader, VideoFrame | None]:
    reader = Reader(path, index, facts.codec_name)
    try:
        return reader, reader.read(0, lambda number, frame: None, check) if len(index) else None
    except VideoError:
        return reader, None
    except BaseException:
        reader.close()
        raise


def _facts(source: Source) -> _Facts:
    stream, container = source.stream, source.container
    rate = stream.average_rate or stream.guessed_rate
    own_clock = container.format.name in _ARBITRARY_CLOCK_FORMATS
    start_s = (container.start_time or 0) * _MICROSECONDS if own_clock else 0.0
    return _Facts(
        stream.codec_context.name,
        stream.time_base or Fraction(1, 1_000_000),
        float(rate) if rate else None,
        start_s,
    )


def _fingerprint(path: Path) -> tuple[Path, int, int]:
    facts = path.stat()
    return path.absolute(), facts.st_size, facts.st_mtime_ns

"""Opening a video: its packets, the order of its frames, its times, and its first frame."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, Protocol

from av.video.frame import VideoFrame

from engine.cancel import Check
from engine.errors import VideoError
from engine.types import Float64Array, Report
from engine.video.container.source import Source, Stream, video_errors
from engine.video.decode.reader import Reader, Seen
from engine.video.facts import FileFacts, file_facts
from engine.video.index.frame_index import Index, index_by_time, is_risky
from engine.video.index.index_store import fingerprint, load_index, save_index
from engine.video.index.packets import read_table
from engine.video.index.times import average_fps, frame_times
from engine.video.scan.verification import Verification

Verify = Literal["needed", "always", "later"]
"""When to decode all of a file to learn its frames: before it is used, where its packets do not
tell; before, for every file; or while it is used already, where its packets do not tell."""

_RAW_FORMATS = frozenset({"h264", "hevc", "vvc", "obu", "cavsvideo", "avs2", "avs3", "vc1"})
"""Streams without a container. FFmpeg makes up an average rate; the stream may state its own."""

_ARBITRARY_CLOCK_FORMATS = frozenset({"mpegts", "mpeg"})
_MICROSECONDS = 1e-6
_WORTH_KEEPING_S = 0.1


class FrameSource(Protocol):
    """Source of a video's frames: a stream of a file, or single pictures."""

    @property
    def lost(self) -> frozenset[int]:
        """Frames known not to decode."""

    def read(self, number: int, seen: Seen, check: Check) -> VideoFrame:
        """Decode one frame, and pass every frame on the way to ``seen``."""

    def close(self) -> None:
        """Close the files, if still open."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Clock of a stream: its unit, rate and start.

    Attributes
    ----------
    time_base : Fraction
        Unit of its times in seconds.
    stated_fps : float or None
        Frame rate that the file states.
    start_s : float
        Time at which the file starts, in seconds.
    freed_by : int
        Packet that the decoder gave the first frame at.
    """

    time_base: Fraction
    stated_fps: float | None
    start_s: float
    freed_by: int = 0

    def times_s(self, index: Index) -> Float64Array:
        """Return the frames' times in seconds: float64 (N,), strictly increasing, read-only."""
        times_s = frame_times(index, self.time_base, self.stated_fps, self.freed_by) - self.start_s
        times_s.setflags(write=False)
        return times_s

    def fps(self, times_s: Float64Array) -> float:
        """Average frames per second."""
        return average_fps(times_s, self.stated_fps)


@dataclass(frozen=True, slots=True, eq=False)
class OpenedStream:
    """A stream that is ready to be read.

    Attributes
    ----------
    stream : Stream
    name : str
        What its index is kept under.
    codec_name : str
        FFmpeg's name of the codec.
    index : Index
        Frames known by now.
    clock : Clock
    facts : FileFacts
    reader : Reader
        Standing behind the first frame.
    first : VideoFrame
        Frame 0.
    verification : Verification or None
        Still to be ended, where the index is not whole.
    """

    stream: Stream
    name: str
    codec_name: str
    index: Index
    clock: Clock
    facts: FileFacts
    reader: Reader
    first: VideoFrame
    verification: Verification | None

    def keep(self, index: Index) -> None:
        """Keep an index on disk for the next time."""
        save_index(self.name, index)


def open_stream(stream: Stream, *, verify: Verify, check: Check, report: Report) -> OpenedStream:
    """Read a stream's packets and decode its first frame, as `engine.video.open_video`."""
    source = Source(stream)
    try:
        return _opened(stream, source, verify, check, report)
    except BaseException:
        source.close()
        raise


def _opened(
    stream: Stream, source: Source, verify: Verify, check: Check, report: Report
) -> OpenedStream:
    clock, facts, codec_name = _clock(source), file_facts(source), source.stream.codec_context.name
    with video_errors(stream.path):
        name = fingerprint(stream.path, stream.number, verify == "always")
        index, verification = _known_index(stream, source, name, verify, check, report)
    reader = Reader(stream, index, source)
    first = _first_frame(reader, index, check)
    if first is None and verification is None:  # the file promised more than it holds
        reader.close()
        index = Verification(stream, index.packets, codec_name).finish(check)
        save_index(name, index)
        reader = Reader(stream, index)
        first = _first_frame(reader, index, check)
    if first is None:
        reader.close()
        raise VideoError(
            f"{stream.path} holds no frame that can be decoded.",
            "Check that it was copied completely.",
        )
    clock = replace(clock, freed_by=first.dts or 0)  # the decoder's packets are tagged by number
    return OpenedStream(stream, name, codec_name, index, clock, facts, reader, first, verification)


def _known_index(
    stream: Stream, source: Source, name: str, verify: Verify, check: Check, report: Report
) -> tuple[Index, Verification | None]:
    """Index kept or made now, and the pass that is still to make it whole, if any."""
    began = time.monotonic()
    index = load_index(name)
    codec_name = source.stream.codec_context.name
    is_stored = index is not None
    if index is None:
        index = index_by_time(read_table(source, check, report), codec_name)
    intra_only = source.stream.codec_context.codec.intra_only
    format_name = source.container.format.name
    risky = is_risky(index.packets, format_name, codec_name, intra_only=intra_only)
    if index.verified or not (risky or verify == "always"):
        if not is_stored and time.monotonic() - began > _WORTH_KEEPING_S:
            save_index(name, index)
        return index, None
    verification = Verification(stream, index.packets, codec_name)
    if verify == "later" and verification.advance(check, frames=1):
        return verification.index(), verification
    index = verification.finish(check)
    save_index(name, index)
    return index, None


def _first_frame(reader: Reader, index: Index, check: Check) -> VideoFrame | None:
    try:
        return reader.read(0, lambda number, frame: None, check) if len(index) else None
    except VideoError:
        return None
    except BaseException:
        reader.close()
        raise


def _clock(source: Source) -> Clock:
    stream, container = source.stream, source.container
    rates = stream.average_rate, stream.guessed_rate
    made_up = container.format.name in _RAW_FORMATS
    rate = next(filter(None, reversed(rates) if made_up else rates), None)
    own_clock = container.format.name in _ARBITRARY_CLOCK_FORMATS
    start_s = (container.start_time or 0) * _MICROSECONDS if own_clock else 0.0
    return Clock(stream.time_base or Fraction(1, 1_000_000), float(rate) if rate else None, start_s)

"""What a format reads bouts from and writes them for: a video, its times, and spans in seconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from engine.annotations.bouts import Bout, require_few
from engine.annotations.frame_times import FrameTimes
from engine.errors import EngineError


@dataclass(frozen=True, slots=True)
class VideoTimes:
    """The video that bouts are of.

    Attributes
    ----------
    name : str
        Its file name, without folders.
    times : FrameTimes
    fps : float
        Average frames per second.
    """

    name: str
    times: FrameTimes
    fps: float


@dataclass(frozen=True, slots=True)
class Span:
    """A bout in seconds, as files have it.

    Attributes
    ----------
    start_s, stop_s : float
    label, subject, comment : str
        As in `Bout`.
    """

    start_s: float
    stop_s: float
    label: str
    subject: str = ""
    comment: str = ""


def bouts_of(spans: Iterable[Span], times: FrameTimes) -> tuple[Bout, ...]:
    """Return spans as bouts on frames, sorted, each once.

    Raises
    ------
    EngineError
        If one cannot be a bout of the video, or there are too many.
    """
    bouts = set()
    for count, span in enumerate(spans, 1):
        require_few(count)
        frames = times.frames(span.start_s, span.stop_s)
        bouts.add(Bout(*frames, span.label, span.subject, span.comment))
    return tuple(sorted(bouts))


def spans_of(bouts: Iterable[Bout], times: FrameTimes) -> Iterator[Span]:
    """Iterate over bouts as spans in seconds, in order.

    Raises
    ------
    EngineError
        If one lies behind the video.
    """
    for bout in sorted(bouts):
        yield Span(*times.span_s(bout.first, bout.stop), bout.label, bout.subject, bout.comment)


def file_name(path: str) -> str:
    """Return the name of a file from its path on any system."""
    return PureWindowsPath(PurePosixPath(path).name).name


def number(value: object, what: str) -> float:
    """Return a time of a file.

    Raises
    ------
    EngineError
        If it is no number.
    """
    try:
        found = float(str(value).strip())
    except ValueError:
        found = float("nan")
    if found != found or abs(found) == float("inf"):
        raise EngineError(f"'{str(value)[:40]}' is no {what}.", "Write it in seconds, as 12.48.")
    return found

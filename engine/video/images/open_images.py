"""Opening of pictures without a stream: a folder of images, or an animated WebP."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path

from av.video.frame import VideoFrame

from engine.cancel import Check
from engine.errors import VideoError
from engine.types import Float64Array
from engine.video.container.limits import Limits
from engine.video.container.source import video_errors
from engine.video.facts import FileFacts
from engine.video.images.animation import AnimationReader, is_animated_webp
from engine.video.images.stills import DEFAULT_FPS, StillsReader, find_stills, still_times
from engine.video.scan.incremental_index import IndexState
from engine.video.scan.open_index import FrameSource


class CompleteIndex:
    """Index of pictures, which is complete from the start.

    Attributes
    ----------
    state : IndexState
    pending : bool
        Always false.
    """

    pending = False

    def __init__(self, times_s: Float64Array, fps: float) -> None:
        times_s.setflags(write=False)
        self.state = IndexState(times_s, fps)

    def work(self, check: Check) -> bool:
        """Do nothing. A `Task` of the worker."""
        return False

    def note_failures(self) -> None:
        """Do nothing, as pictures tell of every failure."""

    def note_lost_frame(self, check: Check) -> None:
        """Do nothing, as pictures do not depend on one another."""

    def close(self) -> None:
        """Do nothing, as there is nothing to close."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenedPictures:
    """Pictures that are ready to be read.

    Attributes
    ----------
    reader : FrameSource
    first_number : int
        First frame that decodes.
    first : VideoFrame
        That frame.
    facts : FileFacts
    index : CompleteIndex
    """

    reader: FrameSource
    first_number: int
    first: VideoFrame
    facts: FileFacts
    index: CompleteIndex


def open_pictures(path: Path, fps: float | None, check: Check) -> OpenedPictures | None:
    """Open a folder or pattern of pictures or an animated WebP, else return None.

    Parameters
    ----------
    path : Path
    fps : float or None
        Pictures per second, > 0; 25 by default. An animation has times of its own.
    check : callable
        May raise `Cancelled`.

    Raises
    ------
    VideoError
        If no picture can be read.
    """
    files = find_stills(path)
    if files is not None:
        rate = fps or DEFAULT_FPS
        return _opened(
            StillsReader(path, files),
            CompleteIndex(still_times(len(files), rate), rate),
            files,
            check,
        )
    if path.is_file() and is_animated_webp(path):
        animation = AnimationReader(path, Limits.from_environment())
        return _opened(animation, CompleteIndex(animation.times_s, animation.fps), [path], check)
    return None


def _opened(
    reader: FrameSource, index: CompleteIndex, files: list[Path], check: Check
) -> OpenedPictures:
    number, first = _first_readable(reader, len(index.state.times_s), check)
    with video_errors(files[0]):
        size = sum(file.stat().st_size for file in files)
    kind = files[0].suffix.lstrip(".").upper()
    facts = FileFacts("pictures" if len(files) > 1 else "animation", kind, size)
    return OpenedPictures(reader, number, first, facts, index)


def _first_readable(reader: FrameSource, total: int, check: Check) -> tuple[int, VideoFrame]:
    for number in count():
        try:
            return number, reader.read(number, lambda passed, frame: None, check)
        except VideoError:
            if number + 1 >= total:
                reader.close()
                raise
    raise AssertionError("unreachable")

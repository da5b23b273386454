"""Values that cross between reader thread and window: videos, requests, frames."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.store import Analysis
from engine.types import Float32Array, Float64Array, ModelSpec, UInt8Array
from gui.tasks.jobs import Failure


@dataclass(frozen=True, slots=True)
class VideoRequest:
    """A video to be opened, and how.

    Attributes
    ----------
    path : Path
    stream : int or None
        Which of its video streams, from 0; None takes its default.
    deinterlace : bool
        Whether interlaced pictures are made whole.
    """

    path: Path
    stream: int | None = None
    deinterlace: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class VideoInfo:
    """Properties of an open video.

    Attributes
    ----------
    path : Path
    frame_count : int
    fps : float
        Average frames per second.
    size : (int, int)
        Width and height in pixels, as they are to be shown.
    timestamps_s : float64 array, (N,)
        Seconds from the start of the file.
    request : VideoRequest
        What was asked for.
    stream, streams : int
        Number of the video stream that is shown, and how many there are.
    interlaced : bool
        Whether its pictures are marked as interlaced.
    progress : float
        Part of the file that is known, 0 to 1; below 1 more frames will come.
    damage : tuple of (int, int)
        Ranges of frames that may be missing or look wrong: the first, and the one after the last.
    lost : frozenset of int
        Frames that do not decode; the one before stands in.
    about : tuple of (str, str)
        What else there is to say of the file: names and texts.
    """

    path: Path
    frame_count: int
    fps: float
    size: tuple[int, int]
    timestamps_s: Float64Array
    request: VideoRequest
    stream: int = 0
    streams: int = 1
    interlaced: bool = False
    progress: float = 1.0
    damage: tuple[tuple[int, int], ...] = ()
    lost: frozenset[int] = frozenset()
    about: tuple[tuple[str, str], ...] = ()

    @property
    def whole_count(self) -> int | None:
        """The number of frames, or None while more will come."""
        return self.frame_count if self.progress >= 1 else None


@dataclass(frozen=True, slots=True)
class Extras:
    """Extra images of a frame request.

    Attributes
    ----------
    flow : bool
        Motion to the next frame.
    seen_by : ModelSpec or None
        The model whose view of the frame to add.
    """

    flow: bool = False
    seen_by: ModelSpec | None = None


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """A frame to read at a size in pixels, with extras."""

    frame: int
    size: tuple[int, int]
    extras: Extras = Extras()


@dataclass(frozen=True, slots=True, eq=False)
class FrameSet:
    """One frame as the panes need it.

    Attributes
    ----------
    frame : int
    picture : uint8 array, (H, W, 3)
        RGB, at the size asked for.
    flow : float32 array, (h, w, 2), or None
        Displacement (x, y) to the next frame in its own pixels; from the one before at the end.
    model_view : uint8 array, (h, w, 3), or None
        What the network is given of the frame.
    """

    frame: int
    picture: UInt8Array
    flow: Float32Array | None = None
    model_view: UInt8Array | None = None


def video_mismatch(
    analysis: Analysis, size: tuple[int, int] | None, frame_count: int | None
) -> Failure | None:
    """Return a failure if an analysis cannot be of a video of this size and length, if known."""
    header = analysis.header
    if (frame_count is None or header.stop <= frame_count) and header.size == size:
        return None
    return Failure(
        f"{analysis.folder.name} explains another video.",
        "Choose an analysis of the video that is open.",
    )

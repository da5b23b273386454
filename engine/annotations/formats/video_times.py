"""The times of an open video, as files of bouts need them."""

from __future__ import annotations

from engine.annotations.formats.source import VideoTimes
from engine.annotations.frame_times import FrameTimes
from engine.errors import EngineError
from engine.types import Float64Array
from engine.video import Video

_SLOWEST_FPS = 1e-3


def times_of(video: Video) -> VideoTimes:
    """Return the times of a video that is open."""
    return video_times(video.path.name, video.timestamps_s, video.fps)


def video_times(name: str, timestamps_s: Float64Array, fps: float) -> VideoTimes:
    """Return times of frames; the last is shown as long as frames are on average.

    Raises
    ------
    EngineError
        If there is no frame.
    """
    if not len(timestamps_s):
        raise EngineError(f"{name} has no frames.", "Choose another video.")
    end_s = float(timestamps_s[-1]) + 1 / max(fps, _SLOWEST_FPS)
    return VideoTimes(name, FrameTimes(timestamps_s, end_s), fps)

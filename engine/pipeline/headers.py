"""Header of an analysis before it begins: its range, and the frames that the model takes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.errors import VideoError
from engine.models import VideoModel, sample_frames, seen_rect
from engine.store import Header
from engine.types import Request
from engine.utils.frame_ranges import range_text
from engine.video import Video
from engine.video.content_hash import content_id


def checked_range(frames: tuple[int, int] | None, count: int, path: Path) -> tuple[int, int]:
    """Return the first frame, and the frame after the last, of a range inside a video.

    Raises
    ------
    VideoError
        If the range is empty or reaches outside the video.
    """
    start, stop = (0, count) if frames is None else frames
    if 0 <= start < stop <= count:
        return start, stop
    if start >= count:  # first: the end may be the video's own
        raise VideoError(
            f"The range begins at frame {start}, but {path.name} has {count} frames.",
            f"Frames count from 0: its last is {count - 1}.",
        )
    if start >= stop:
        raise VideoError(
            "The range of frames ends before it begins.",
            "Give its first and its last frame: 69-82.",
        )
    raise VideoError(
        f"The range {range_text(start, stop)} does not lie inside {path.name}, "
        f"which has {count} frames.",
        f"Frames count from 0, first and last included: {range_text(0, count)} is all of it.",
    )


def header_of(request: Request, model: VideoModel, video: Video) -> Header:
    """Return the header that an analysis of a request will have.

    Raises
    ------
    VideoError
        If the range of the request is empty or reaches outside the video.
    """
    start, stop = checked_range(request.frames, len(video), request.video)
    times = np.array(video.timestamps_s[start:stop], dtype=np.float64)
    return Header(
        request=replace(request, frames=(start, stop)),
        spec=model.spec,
        size=video.size,
        fps=video.fps,
        start=start,
        stop=stop,
        timestamps_s=times,
        step_frames=sample_frames(model.spec, video.timestamps_s, start, stop) - start,
        seen=seen_rect(model.spec, video.size),
        content=content_id(request.video),
    )

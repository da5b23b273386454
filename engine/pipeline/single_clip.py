"""One clip of a video, or of noise, for commands on a single clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.errors import VideoError
from engine.models.model import Clip, VideoModel
from engine.models.preprocess.frame_sampling import sample_frames
from engine.video import open_video


def clip_at(model: VideoModel, path: Path, start: int) -> Clip:
    """Return the clip that begins at a frame, padded with its last frame at the end.

    Raises
    ------
    VideoError
        If the video cannot be read, or does not have that frame.
    """
    with open_video(path) as video:
        if not 0 <= start < len(video):
            raise VideoError(
                f"Frame {start} does not lie inside {path.name}, which has {len(video)} frames.",
                f"Give a --start from 0 to {len(video) - 1}.",
            )
        steps = sample_frames(model.spec, video.timestamps_s, start, len(video))
        frames = steps[: model.spec.frames].tolist()
        frames += frames[-1:] * (model.spec.frames - len(frames))
        return model.preprocess(np.stack([video[index] for index in frames]))


def noise_clip(model: VideoModel) -> Clip:
    """Return a clip of noise of the network's input size, the same each time."""
    shape = (model.spec.frames, *model.spec.crop, 3)
    frames = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    return model.preprocess(frames)

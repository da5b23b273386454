"""Small videos for tests, written with PyAV."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from engine.types import UInt8Array


def moving_square(frames: int, size: tuple[int, int] = (96, 64)) -> UInt8Array:
    """A bright square that crosses a textured background, uint8 (T, H, W, 3)."""
    width, height = size
    rows, columns = np.mgrid[:height, :width]
    background = (96 + 48 * np.sin(rows / 5) * np.cos(columns / 7)).astype(np.uint8)
    clip = np.repeat(np.repeat(background[None, :, :, None], 3, axis=3), frames, axis=0)
    side = height // 4
    for index, picture in enumerate(clip):
        left = index * (width - side) // max(frames - 1, 1)
        picture[side : 2 * side, left : left + side] = (230, 210, 40)
    return clip


def write_clip(path: Path, frames: UInt8Array, fps: float = 15) -> Path:
    """Write frames as H.264 yuv420p."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(fps).limit_denominator(1001))
        stream.width, stream.height = frames.shape[2], frames.shape[1]
        stream.pix_fmt = "yuv420p"
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return path

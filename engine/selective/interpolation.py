"""Frames between sampled steps: where they lie, and what they are made of."""

from __future__ import annotations

import numpy as np

from engine.types import Float32Array, Float64Array, Int64Array


def frames_of_steps(step_frames: Int64Array, frame_count: int, steps: int) -> int:
    """Return the frames from the start of a range that its first steps cover."""
    if steps == len(step_frames):
        return frame_count
    return int(step_frames[steps - 1]) + 1 if steps else 0


def positions(step_frames: Int64Array, start: int, stop: int) -> Float64Array:
    """Return where frames [start, stop) lie among the steps, float64 (n,)."""
    steps = np.arange(len(step_frames))
    position: Float64Array = np.interp(np.arange(start, stop), step_frames, steps)
    return position


def between(steps: Float32Array, position: Float64Array) -> Float32Array:
    """Return planes at positions among some steps, interpolated, float32 (n, h, w)."""
    low = np.clip(position.astype(np.int64), 0, len(steps) - 1)
    high = np.clip(low + 1, 0, len(steps) - 1)
    part = (position - low).astype(np.float32)[:, None, None]
    planes: Float32Array = steps[low] * (1 - part) + steps[high] * part
    return planes

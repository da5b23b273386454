"""Frames between sampled steps: where they lie, and what they are made of."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from engine.types import BoolArray, Float32Array, Float64Array, Int64Array


def frames_of_steps(step_frames: Int64Array, frame_count: int, steps: int) -> int:
    """Return the frames from the start of a range that its first steps cover."""
    if steps == len(step_frames):
        return frame_count
    # a frame that serves further steps is not whole before they are there
    return min(int(step_frames[steps - 1]) + 1, int(step_frames[steps])) if steps else 0


class SampledSteps(Protocol):
    """Sampled steps, each belonging to a frame of a range."""

    @property
    def step_frames(self) -> Int64Array:
        """Frame of each step, counted from the start of the range, int64 (M,), in order."""

    @property
    def counted_steps(self) -> BoolArray:
        """Steps that the number of the clip is made of, bool (M,)."""

    @property
    def frame_count(self) -> int:
        """Frames in the range, N."""


def counted_frames(source: SampledSteps, steps: int, ready: int) -> Int64Array:
    """Return the frames below ``ready`` that the first steps count for, each once, increasing."""
    frames = np.unique(source.step_frames[:steps][source.counted_steps[:steps]])
    return frames[frames < ready]


def positions(step_frames: Int64Array, start: int, stop: int) -> Float64Array:
    """Return where frames [start, stop) lie among the steps, float64 (n,).

    A frame that serves several steps lies at its last one.
    """
    steps = np.arange(len(step_frames))
    position: Float64Array = np.interp(np.arange(start, stop), step_frames, steps)
    return position


class Span:
    """Frames [start, stop) of a range, and the steps that they are made of.

    Attributes
    ----------
    first, last : int
        Those steps, [first, last).
    """

    def __init__(self, step_frames: Int64Array, start: int, stop: int, ready: int) -> None:
        position = positions(step_frames, start, stop)
        self.first = int(np.searchsorted(step_frames, step_frames[int(position[0])]))
        self.last = min(int(np.ceil(position[-1])) + 1, ready)
        self._position = position - self.first
        self._each_is_a_step = np.array_equal(self._position, np.arange(self.last - self.first))
        shown = step_frames[self.first : self.last]
        again = np.flatnonzero(shown[:-1] == shown[1:])
        self._again = again[(shown[again] >= start) & (shown[again] < stop)]
        self._by = shown[self._again] - start

    def sums(self, steps: Float32Array) -> Float32Array:
        """Return planes of the frames, float32 (n, h, w), from those of the steps.

        A frame that serves several steps has their sum, and one between two is interpolated.
        """
        if self._each_is_a_step:
            return steps
        planes = _between(steps, self._position)
        np.add.at(planes, self._by, steps[self._again])
        return planes

    def means(self, steps: Float32Array) -> Float32Array:
        """Return planes as `sums`, with the mean of several steps."""
        planes = self.sums(steps)
        if len(self._again):
            planes /= (1 + np.bincount(self._by, minlength=len(planes)))[:, None, None]
        return planes


def _between(steps: Float32Array, position: Float64Array) -> Float32Array:
    """Return planes at positions among some steps, interpolated, float32 (n, h, w)."""
    low = np.clip(position.astype(np.int64), 0, len(steps) - 1)
    high = np.clip(low + 1, 0, len(steps) - 1)
    part = (position - low).astype(np.float32)[:, None, None]
    planes: Float32Array = steps[low] * (1 - part) + steps[high] * part
    return planes

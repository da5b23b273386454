"""Chunks of a long range: their relevance, and the values compared with the threshold.

A chunk is read with as many steps beyond its ends as the preset looks at, so that chunks put
together are what the whole would have been.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from engine.selective.derivative import derivative_between, time_means
from engine.selective.interpolation import SampledSteps
from engine.selective.presets import PresetParams
from engine.selective.smooth import smoothed_in_space
from engine.selective.variation import BORDER, REACH, neighbourhood, variation_of
from engine.types import Float32Array


class Source(SampledSteps, Protocol):
    """Source of relevance of sampled steps."""

    @property
    def steps_written(self) -> int:
        """Steps that can be read by now, M when complete."""

    @property
    def time_step(self) -> int:
        """Steps that share one time step of the relevance: 1, or more for coarse maps."""

    @property
    def window_steps(self) -> int:
        """Steps that the model is given at once."""

    def read_steps(self, start: int, stop: int) -> Float32Array:
        """Relevance of steps [start, stop), float32 (n, h, w)."""


def steps_final(source: Source, params: PresetParams) -> int:
    """Count the steps from the start whose comparison no later step can change."""
    written, together = source.steps_written, source.time_step
    if written == len(source.step_frames):
        return written
    ahead = REACH + BORDER if params.kind == "variation" else 1
    return max(written // together - ahead, 0) * together


def signed_chunk(
    source: Source, params: PresetParams, beyond: tuple[float, float], start: int, stop: int
) -> tuple[Float32Array, Float32Array]:
    """Return the relevance of steps [start, stop), and their signed derivative or variation.

    Parameters
    ----------
    source : Source
    params : PresetParams
    beyond : (float, float)
        Relevance before the range and after it, where that is not the nearest one: what is scaled
        to 0, where the relevance is scaled after all.
    start, stop : int
        Whole time steps, or up to the end of the range.

    Returns
    -------
    two float32 arrays, (stop - start, h, w)
    """
    if params.kind == "variation":
        return _variation(source, start, stop)
    return _derivative(source, params, beyond, start, stop)


def _derivative(
    source: Source, params: PresetParams, beyond: tuple[float, float], start: int, stop: int
) -> tuple[Float32Array, Float32Array]:
    total, together = len(source.step_frames), source.time_step
    low, high = max(start - together, 0), min(stop + together, total)
    volume = source.read_steps(low, high)
    means = time_means(volume, together)
    nearest = params.padding == "edge"
    before = [means[:1] if nearest else np.full_like(means[:1], beyond[0])] * (low == start)
    after = [means[-1:] if nearest else np.full_like(means[:1], beyond[1])] * (high == stop)
    padded = np.concatenate([*before, means, *after])
    derivative = derivative_between(padded[:-2] - padded[2:], params.padding)
    relevance = volume[start - low : stop - low]
    return relevance, _spread_out(derivative, together, stop - start)


def _variation(source: Source, start: int, stop: int) -> tuple[Float32Array, Float32Array]:
    together, count = source.time_step, len(source.step_frames)
    total, begin, end = -(-count // together), start // together, -(-stop // together)
    low, high = neighbourhood(total, begin, end)
    volume = source.read_steps(low * together, min(high * together, count))
    smooth = smoothed_in_space(time_means(volume, together))
    variation = variation_of(smooth, low, total, begin, end)
    relevance = volume[start - low * together : stop - low * together]
    return relevance, _spread_out(variation, together, stop - start)


def _spread_out(steps: Float32Array, together: int, count: int) -> Float32Array:
    return steps if together == 1 else steps.repeat(together, 0)[:count]

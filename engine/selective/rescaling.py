"""Signed relevance of a long range scaled to 0..1, step by step, as "paper-2020" has it.

Over the same volumes as the standard deviation (`engine.selective.spread`): the lowest and highest
relevance of the window around a step are its 0 and 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine.selective.spread import volume_starts
from engine.types import Float32Array


@dataclass(frozen=True, slots=True, eq=False)
class Extremes:
    """Lowest and highest relevance of each step, float32 (n,)."""

    low: Float32Array
    high: Float32Array


@dataclass(frozen=True, slots=True, eq=False)
class Rescaling:
    """The scale of each step: what becomes 0, and the distance to what becomes 1.

    Attributes
    ----------
    low, extent : float32 array, (n,)
        Where a volume has no negative value, 0 is its 0.
    """

    low: Float32Array
    extent: Float32Array

    def of_steps(self, relevance: Float32Array, start: int) -> Float32Array:
        """Return the relevance of the steps from ``start`` on, (n, h, w), scaled."""
        own = slice(start, start + len(relevance))
        low, extent = self.low[own, None, None], self.extent[own, None, None]
        scaled: Float32Array = (relevance - low) / extent
        return scaled


def extremes_of(relevance: Float32Array) -> Extremes:
    """Return the extremes of the steps of a volume (n, h, w)."""
    return Extremes(relevance.min((1, 2)), relevance.max((1, 2)))


def rescaling_of(extremes: Extremes, length: int, together: int) -> Rescaling | None:
    """Return the scales of the steps of a range, or None where no value is negative.

    Parameters
    ----------
    extremes : Extremes
        Of the steps of a range.
    length, together : int
        As for `engine.selective.spread.volume_starts`.
    """
    steps = len(extremes.low)
    if not steps or extremes.low.min() >= 0:
        return None
    own = volume_starts(steps, length, together)
    length = min(length, steps)
    low = np.minimum(sliding_window_view(extremes.low, length).min(1), np.float32(0))[own]
    extent = sliding_window_view(extremes.high, length).max(1)[own] - low
    return Rescaling(low, np.where(extent > 0, extent, np.float32(1)))

"""Thresholds of a long range: each step is compared within the volume of one window around it.

The paper takes one standard deviation over its volume, the clip that the network is given (Hiley et
al. 2020, section 3). A long range has many clips. One threshold for all of them would let a
strong second decide what counts as a change an hour later, and the number of a frame would depend
on where the range ends. So a step has the volume that is centred on it and as long as a window;
at the ends of the range it is the first or last such volume. A range of one window is the paper's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from engine.selective.presets import checked_sigma
from engine.types import Float32Array, Float64Array, Int64Array


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Moments of the values of each step.

    Attributes
    ----------
    mean, squares : float64 array, (n,)
        Mean of a step's values, and sum of their squared distances from it.
    count : int
        Values in a step.
    """

    mean: Float64Array
    squares: Float64Array
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """Mean and standard deviation in the volume of each step, as `split` has them of a whole one.

    Attributes
    ----------
    mean, std : float32 array, (n,)
        The deviation is unbiased.
    """

    mean: Float32Array
    std: Float32Array

    def thresholds(self, sigma: float, *, above_mean: bool) -> Float32Array:
        """Return sigma deviations, from 0 or from the mean, float32 (n,).

        Raises
        ------
        AttributionError
            If sigma is negative or not a finite number.
        """
        product: Float32Array = np.float32(checked_sigma(sigma)) * self.std
        return self.mean + product if above_mean else product


def moments_of(values: Float32Array) -> Moments:
    """Return the moments of the steps of a volume (n, h, w), in double precision."""
    flat = values.reshape(len(values), -1)
    count = flat.shape[1]
    mean = flat.mean(1, dtype=np.float64)
    return Moments(mean, flat.var(1, dtype=np.float64) * count, count)


def volume_starts(steps: int, length: int, together: int = 1) -> Int64Array:
    """Return the first step of each step's volume, int64 (steps,).

    Parameters
    ----------
    steps : int
        Steps in the range.
    length : int
        Steps in a volume; a shorter range is one.
    together : int
        Steps that share one time step of the relevance, and so their volume.
    """
    centres = np.arange(steps) // together * together + together // 2
    starts: Int64Array = np.clip(centres - length // 2, 0, max(steps - length, 0))
    return starts


def spread_of(moments: Moments, length: int, together: int = 1) -> Spread:
    """Pool the moments of the steps within each step's volume.

    Parameters
    ----------
    moments : Moments
        Of the steps of a range.
    length, together : int
        As for `volume_starts`.
    """
    steps = len(moments.mean)
    if not steps:
        return Spread(np.zeros(0, np.float32), np.zeros(0, np.float32))
    length = min(length, steps)
    means = sliding_window_view(moments.mean, length)
    mean = means.mean(1)
    inside = sliding_window_view(moments.squares, length).sum(1)
    between = moments.count * ((means - mean[:, None]) ** 2).sum(1)
    values = max(moments.count * length - 1, 1)
    std = np.sqrt((inside + between) / values)
    own = volume_starts(steps, length, together)
    return Spread(mean[own].astype(np.float32), std[own].astype(np.float32))

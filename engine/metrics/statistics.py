"""Agreement of two measures on an order, and the confidence interval of a figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.types import Float64Array

RESAMPLES = 2000
"""Random samples of an interval."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval.

    Attributes
    ----------
    value : float
        Of the data as they are; nan where there is none.
    low, high : float
        Percentiles 2.5 and 97.5 over resamples of the data; nan where there is none.
    """

    value: float
    low: float
    high: float


def ranks(values: npt.ArrayLike) -> Float64Array:
    """Rank values from 1 up, float64 (N,), equal values by the mean of their ranks."""
    array = np.asarray(values, dtype=np.float64)
    _, place, count = np.unique(array, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    means: Float64Array = (last - (count - 1) / 2)[place]
    return means


def spearman(first: npt.ArrayLike, second: npt.ArrayLike) -> float:
    """Correlate ranks, -1 to 1, or nan for fewer than three pairs or constant values.

    Pairs with a nan do not count. Source: Spearman 1904, "The proof and measurement of
    association between two things"; ties share the mean of their ranks.
    """
    pairs = np.stack([np.asarray(first, np.float64), np.asarray(second, np.float64)])
    pairs = pairs[:, np.isfinite(pairs).all(axis=0)]
    if pairs.shape[1] < 3 or np.ptp(pairs[0]) == 0 or np.ptp(pairs[1]) == 0:
        return float("nan")
    one, two = ranks(pairs[0]), ranks(pairs[1])
    return float(np.corrcoef(one, two)[0, 1])


def resampled(
    count: int,
    statistic: Callable[[npt.NDArray[np.int64]], float],
    *,
    seed: int = 0,
    resamples: int = RESAMPLES,
) -> Interval:
    """Bootstrap interval of a statistic (Efron 1979, percentile method).

    Parameters
    ----------
    count : int
        Number of things that are drawn with replacement, such as clips.
    statistic : callable
        From the indices drawn, int64 (count,), to the figure; nan where it cannot be had.
    seed : int
        Of the draws.
    resamples : int
        Number of draws.

    Returns
    -------
    Interval
        Draws whose figure is nan do not count.
    """
    if count == 0:
        return Interval(float("nan"), float("nan"), float("nan"))
    rng = np.random.default_rng(seed)
    drawn = np.array([statistic(rng.integers(0, count, count)) for _ in range(resamples)])
    known = drawn[np.isfinite(drawn)]
    low, high = np.percentile(known, [2.5, 97.5]) if known.size else (np.nan, np.nan)
    return Interval(statistic(np.arange(count)), float(low), float(high))


def mean_interval(values: npt.ArrayLike, *, seed: int = 0) -> Interval:
    """Return the mean with its interval, without values that are nan."""
    array = np.asarray(values, np.float64)
    known = array[np.isfinite(array)]
    return resampled(known.size, lambda drawn: float(known[drawn].mean()), seed=seed)

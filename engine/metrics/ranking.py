"""Rank statistics of voxels: relevance of one kind before relevance of another.

A selector with a threshold keeps what comes first in such an order. Its whole behaviour, at any
threshold, is a curve: share of the one relevance kept against share of the other. The area under
it is 1 where all of the one comes first, and 0.5 for a random order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.errors import EngineError
from engine.metrics.array_checks import FloatArray, check_same_shape, check_values
from engine.types import BoolArray, Float64Array, Int64Array


@dataclass(frozen=True, slots=True, eq=False)
class KeptCurve:
    """Shares of absolute relevance kept, from keeping nothing to keeping all.

    Attributes
    ----------
    wanted, other : float64 array, (K,)
        Share of the wanted relevance, and of the other one, that is kept; from 0 to 1, neither
        falls. Voxels of equal score are kept together.
    """

    wanted: Float64Array
    other: Float64Array

    @property
    def area(self) -> float:
        """Area under wanted against other, 0 to 1."""
        return float(np.trapezoid(self.wanted, self.other))

    def other_at(self, wanted: float) -> float:
        """Least share of the other relevance let through where so much of the wanted is kept.

        Voxels of equal score may be kept in part, so the curve is read between its points.
        """
        if np.isnan(self.wanted[-1]) or not wanted <= 1:
            return float("nan")
        after = int(np.searchsorted(self.wanted, wanted))
        before = max(after - 1, 0)
        between = slice(before, after + 1)
        return float(np.interp(wanted, self.wanted[between], self.other[between]))


def kept_curve(
    scores: FloatArray, relevance: FloatArray, wanted: BoolArray, other: BoolArray
) -> KeptCurve:
    """Lower a threshold on the scores, and see which relevance comes through.

    Parameters
    ----------
    scores : float array, any shape
        The higher, the sooner a voxel is kept. Not nan; may be infinite.
    relevance : float array, of the same shape
        Counts by its absolute value.
    wanted, other : bool array, of the same shape
        Where the relevance of either kind is. Voxels in neither do not count.

    Returns
    -------
    KeptCurve
        Of nan alone where either kind has no relevance.

    Raises
    ------
    EngineError
        If the shapes differ, the masks overlap, or relevance is empty, not floating or not finite.
    """
    check_values("relevance", relevance)
    for name, array in (("scores", scores), ("mask", wanted), ("mask", other)):
        check_same_shape(name, array.shape, "relevance", relevance.shape)
    if bool((wanted & other).any()) or bool(np.isnan(scores).any()):
        raise EngineError(
            "The masks overlap, or a score is nan.", "Give masks that share no voxel, and scores."
        )
    strength = np.abs(relevance)
    counts = (wanted | other) & (strength > 0)
    order = np.argsort(-scores[counts], kind="stable")
    first, second = (
        np.cumsum(np.where(mask[counts], strength[counts], 0)[order], dtype=np.float64)
        for mask in (wanted, other)
    )
    if not (first.size and first[-1] > 0 and second[-1] > 0):
        return KeptCurve(np.full(2, np.nan), np.full(2, np.nan))
    ranked = scores[counts][order]
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)[: ranked.size])
    return KeptCurve(_shares(first, ends), _shares(second, ends))


def _shares(kept: Float64Array, ends: Int64Array) -> Float64Array:
    return np.concatenate([[0.0], kept[ends] / kept[-1]])

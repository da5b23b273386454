"""Scores for people: a probability in percent, or the value of a model in its unit."""

from __future__ import annotations

import math

import numpy as np

from engine.types import Float64Array

_UNKNOWN = "-"


def score_text(score: float, unit: str | None) -> str:
    """Return a score as text: "62%", "71.3 bpm", or "-" where it is not known.

    Parameters
    ----------
    score : float
        A probability, 0 to 1, or a value.
    unit : str or None
        As `ModelSpec.score_unit`: None for a probability.
    """
    if not math.isfinite(score):
        return _UNKNOWN
    return f"{score:.0%}" if unit is None else f"{score:.4g} {unit}".rstrip()


def score_curve(scores: Float64Array, unit: str | None) -> Float64Array:
    """Return scores, float64 (n,), as a curve from 0 to 1: values from their lowest to highest."""
    known = scores[np.isfinite(scores)]
    if unit is None or not len(known):
        return scores
    low, high = float(known.min()), float(known.max())
    if low == high:
        return np.where(np.isfinite(scores), 0.5, np.nan)
    scaled: Float64Array = (scores - low) / (high - low)
    return scaled


def score_range(scores: Float64Array, unit: str | None) -> str:
    """Return what the height of a `score_curve` means: "61 to 74.2 bpm", or "" for percent."""
    known = scores[np.isfinite(scores)]
    if unit is None or not len(known):
        return ""
    return f"{float(known.min()):.4g} to {score_text(float(known.max()), unit)}"

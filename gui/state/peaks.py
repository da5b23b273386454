"""Motion peaks: prominent peaks of the motion relevance curve. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.types import Float64Array

_SMOOTH = 3
_LEAST_PROMINENCE = 0.05  # of the curve's range


@dataclass(frozen=True, slots=True)
class Peak:
    """A motion peak.

    Attributes
    ----------
    frame : int
        Of the video.
    changing_share : float
        Of that frame, 0 to 1.
    prominence : float
        How far the curve falls on both sides before it rises above the peak, in its own units.
    """

    frame: int
    changing_share: float
    prominence: float


def peaks_of(
    motion: Float64Array,
    changing_share: Float64Array,
    start: int,
    *,
    apart: int = 8,
    most: int = 12,
) -> tuple[Peak, ...]:
    """Return the most prominent peaks of motion relevance, in order of frames.

    Parameters
    ----------
    motion, changing_share : float64 array, (n,)
        Curves per frame; nan counts as zero.
    start : int
        Frame of the video that the first number belongs to.
    apart : int
        Frames between two peaks, at least.
    most : int
        How many, at most.
    """
    curve = _smoothed(np.nan_to_num(motion))
    span = float(np.ptp(curve)) if len(curve) else 0.0
    if not span:
        return ()
    tops = [(_prominence(curve, top), top) for top in _tops(curve)]
    chosen: list[tuple[float, int]] = []
    for prominence, top in sorted(tops, key=lambda item: (-item[0], item[1])):
        far = all(abs(top - other) >= apart for _, other in chosen)
        if far and prominence >= _LEAST_PROMINENCE * span and len(chosen) < most:
            chosen.append((prominence, top))
    shares = np.nan_to_num(changing_share)
    return tuple(
        Peak(start + top, float(shares[top]), prominence)
        for prominence, top in sorted(chosen, key=lambda item: item[1])
    )


def next_peak(peaks: Sequence[Peak], frame: int) -> Peak | None:
    """Return the first peak after a frame, or the first of all after the last."""
    return next((p for p in peaks if p.frame > frame), peaks[0] if peaks else None)


def previous_peak(peaks: Sequence[Peak], frame: int) -> Peak | None:
    """Return the last peak before a frame, or the last of all before the first."""
    return next((p for p in reversed(peaks) if p.frame < frame), peaks[-1] if peaks else None)


def _smoothed(curve: Float64Array) -> Float64Array:
    if len(curve) < _SMOOTH:
        return curve
    padded = np.pad(curve, _SMOOTH // 2, mode="edge")
    smoothed: Float64Array = np.convolve(padded, np.full(_SMOOTH, 1 / _SMOOTH), mode="valid")
    return smoothed


def _tops(curve: Float64Array) -> list[int]:
    """Middles of the level stretches that are higher than what lies on both sides."""
    starts = np.flatnonzero(np.diff(curve, prepend=np.nan) != 0)
    stops = np.append(starts[1:], len(curve))
    values = np.concatenate([[-np.inf], curve[starts], [-np.inf]])
    higher = (values[1:-1] > values[:-2]) & (values[1:-1] > values[2:])
    return [int((a + b - 1) // 2) for a, b in zip(starts[higher], stops[higher], strict=True)]


def _prominence(curve: Float64Array, top: int) -> float:
    height = curve[top]
    falls = []
    for side in (curve[:top][::-1], curve[top + 1 :]):
        above = np.flatnonzero(side > height)
        valley = side[: above[0]] if len(above) else side
        falls.append(float(valley.min()) if len(valley) else -np.inf)
    return float(height - max(*falls, float(curve.min())))

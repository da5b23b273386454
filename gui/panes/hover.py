"""Text of the pixel under the pointer: frame, pixel, relevance, its share and rank."""

from __future__ import annotations

import numpy as np

from engine.types import Float32Array, Rect


def place_text(frame: int, place: tuple[float, float], size: tuple[int, int]) -> str:
    """Name the frame and pixel of a place (x, y), in fractions of a picture (width, height)."""
    x, y = (min(int(p * length), length - 1) for p, length in zip(place, size, strict=True))
    return f"frame {frame}, pixel ({max(x, 0)}, {max(y, 0)})"


def heat_text(heat: Float32Array, seen: Rect, place: tuple[float, float]) -> str:
    """Name the relevance at a place, its share of the absolute relevance, and its rank.

    Parameters
    ----------
    heat : float32 array, (h, w)
        Signed relevance of the region ``seen``.
    seen : Rect
        In fractions of the picture.
    place : (float, float)
        x and y in fractions of the picture.
    """
    value = heat_at(heat, seen, place)
    if value is None:
        return "not seen by the model"
    sizes = np.abs(heat)
    total = float(sizes.sum(dtype=np.float64))
    share = abs(value) / total if total else 0.0
    above = int(np.count_nonzero(sizes > abs(value)))
    return f"relevance {value:+.3g}, {share:.3%} of the frame, rank {above + 1} of {heat.size}"


def heat_at(heat: Float32Array, seen: Rect, place: tuple[float, float]) -> float | None:
    """Return the relevance of the cell at a place, or None where the model did not look."""
    across = (place[0] - seen.left) / (seen.right - seen.left)
    down = (place[1] - seen.top) / (seen.bottom - seen.top)
    if not (0 <= across < 1 and 0 <= down < 1):
        return None
    return float(heat[int(down * heat.shape[0]), int(across * heat.shape[1])])

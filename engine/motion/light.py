"""Brightness that changes between two frames, taken off before their motion is measured.

Lamps flicker, cameras adjust their exposure, shutters roll under mains light. What brightness
does over the whole picture is not motion, yet optical flow supposes that it never changes.
"""

from __future__ import annotations

import numpy as np

from engine.motion.pixels import averaged
from engine.types import Float64Array, UInt8Array

_GRID = (16, 24)  # cells down and along
_DARK = 4.0  # levels added to both, so that black has a ratio as well
_ROUNDS = 8
_LEAST_SPREAD = 1e-3  # of the logarithms: rounding to levels
_LEAST_GAIN = 0.01  # below, pictures stay as they are


def evened(before: UInt8Array, after: UInt8Array) -> UInt8Array:
    """Return the second picture in the light of the first.

    The logarithm of the gain is a cubic in the place, fitted to the means of 16 x 24 cells by
    least squares that are weighted anew eight times (Cauchy's weights), so that a thing that
    moves, or texture that a pan brings in, does not pass for light.

    Parameters
    ----------
    before, after : uint8 array, (H, W)
        Two frames in grey, 0 to 255.

    Returns
    -------
    uint8 array, (H, W)
        `after` itself where the light changes by less than 1 % everywhere.
    """
    first, second = (averaged(grey, _GRID).astype(np.float64).ravel() for grey in (before, after))
    ratios = np.log((second + _DARK) / (first + _DARK))
    down, along = np.meshgrid(*(np.linspace(-1, 1, cells) for cells in _GRID), indexing="ij")
    terms = _terms(down.ravel(), along.ravel())
    gain = _robust_fit(terms, ratios)
    if np.abs(terms @ gain).max() < _LEAST_GAIN:
        return after
    rows, columns = (np.linspace(-1, 1, side) for side in after.shape)
    field = _smooth_field(gain, rows[:, None], columns)
    levels = (after + _DARK) * np.exp(-field) - _DARK
    return np.asarray(np.clip(np.rint(levels), 0, 255), np.uint8)


def _terms(down: Float64Array, along: Float64Array) -> Float64Array:
    one = np.ones_like(down)
    powers = (one, along, down, along**2, along * down, down**2, along**3, down**3)
    return np.stack(powers, axis=-1)


def _smooth_field(gain: Float64Array, down: Float64Array, along: Float64Array) -> Float64Array:
    """Evaluate the cubic on a grid of rows (H, 1) and columns (W,) without its terms in memory."""
    across = gain[0] + along * (gain[1] + along * (gain[3] + along * gain[6]))
    field: Float64Array = across + down * (gain[2] + along * gain[4]) + gain[5] * down**2
    field += gain[7] * down**3
    return field


def _robust_fit(terms: Float64Array, values: Float64Array) -> Float64Array:
    weights = np.ones(len(values))
    for _ in range(_ROUNDS):
        weighted = terms.T * weights
        found = np.linalg.solve(weighted @ terms, weighted @ values)
        off = np.abs(values - terms @ found)
        weights = 1 / (1 + np.square(off / max(1.5 * float(np.median(off)), _LEAST_SPREAD)))
    return np.asarray(found, np.float64)

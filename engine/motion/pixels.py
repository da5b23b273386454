"""Means over neighbourhoods, and pictures taken along a displacement."""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np

from engine.types import Float32Array, UInt8Array

Picture = TypeVar("Picture", UInt8Array, Float32Array)


def averaged(grey: UInt8Array, cells: tuple[int, int]) -> Float32Array:
    """Return the mean of a picture over each cell of a grid, float32 (rows, columns)."""
    found = cv2.resize(grey.astype(np.float32), cells[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(found, np.float32)


def smoothed(values: Picture, deviation_px: float) -> Picture:
    """Return values smoothed by a Gaussian, of their own type."""
    found: Picture = cv2.GaussianBlur(values, None, deviation_px)
    return found


def box_mean(values: Float32Array, radius_px: int) -> Float32Array:
    """Return the mean over a square around each pixel. Its cost does not depend on the radius."""
    side = 2 * radius_px + 1
    return np.asarray(cv2.blur(values, (side, side)), np.float32)


def fetched(values: Float32Array, flow: Float32Array) -> Float32Array:
    """Return at each pixel the value to which its displacement leads.

    Parameters
    ----------
    values : float32 array, (H, W)
    flow : float32 array, (H, W, 2)
        Displacement (x, y) in pixels. Beyond the picture its edge is repeated.
    """
    height, width = values.shape
    columns = flow[..., 0] + np.arange(width, dtype=np.float32)
    rows = flow[..., 1] + np.arange(height, dtype=np.float32)[:, None]
    found = cv2.remap(values, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found, np.float32)

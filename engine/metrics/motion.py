"""Agreement of motion relevance with optical flow.

The measure of Hiley et al. 2020 (arXiv 2003.14285): precision against optical flow.
A precision means nothing without its chance level, so both come in one value. The threshold is
in pixels per frame: scaling flow to 0..1 within each frame would turn noise into motion
where nothing moves.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.errors import EngineError
from engine.metrics.array_checks import FloatArray, check_same_shape, check_values
from engine.types import Float32Array, Float64Array


@dataclass(frozen=True, slots=True)
class FlowPrecision:
    """Agreement of the pixels kept as motion with optical flow.

    Attributes
    ----------
    precision : float
        Share of the kept pixels that move, 0 to 1; nan where none was kept.
    chance : float
        Share of all pixels that move, 0 to 1: what keeping pixels at random would score.
    kept : float
        Share of all pixels that were kept, 0 to 1.
    refused : float
        Share of the frames left out of the three, for the camera's motion could not be told.
    contested : float
        Share of the other frames where what was taken for the camera's motion may be that of a
        large thing.
    """

    precision: float
    chance: float
    kept: float
    refused: float = 0.0
    contested: float = 0.0


def flow_precision(
    motion: FloatArray, magnitude: FloatArray, *, threshold_px: float = 1.0
) -> FlowPrecision:
    """Compare the pixels kept as motion with those that move.

    Parameters
    ----------
    motion : float array, (T, H, W)
        Relevance kept as motion; a pixel is kept where it is not 0.
    magnitude : float array, (T, H, W)
        Length of the optical flow, in pixels per frame, >= 0.
    threshold_px : float
        A pixel moves where its magnitude exceeds this, in pixels per frame, >= 0.

    Returns
    -------
    FlowPrecision
        Precision, its chance level, and the share of pixels kept.

    Raises
    ------
    EngineError
        If the shapes differ or are not (T, H, W), an array is empty, not floating or not
        finite, or the threshold is not a number >= 0.
    """
    check_values("motion relevance", motion)
    check_values("flow magnitude", magnitude)
    _check_volumes(motion.shape, magnitude.shape)
    if not (np.isfinite(threshold_px) and threshold_px >= 0):
        raise EngineError(
            f"The flow threshold is {threshold_px}, but pixels per frame count from 0.",
            "Use 1, or more for shaky video.",
        )
    kept, moves = motion != 0, magnitude > threshold_px
    precision = float(moves[kept].mean()) if kept.any() else float("nan")
    return FlowPrecision(precision, float(moves.mean()), float(kept.mean()))


def magnitude_on(magnitude: FloatArray, size: tuple[int, int]) -> Float32Array:
    """Bring a magnitude map onto the relevance grid, by averaging over areas.

    Values stay as they are: pixels *of the source* per frame, however coarse the grid is.

    Parameters
    ----------
    magnitude : float array, (..., H, W)
        Length of the optical flow of the part of the picture that the grid covers, in pixels
        per frame.
    size : (int, int)
        Height and width of the relevance grid, from 1.

    Returns
    -------
    float32 array, (..., h, w)
        Mean magnitude over the area of each cell, in source pixels per frame.

    Raises
    ------
    EngineError
        If the map has no height and width, is empty, not floating or not finite, or the grid
        has no cells.
    """
    check_values("flow magnitude", magnitude)
    if magnitude.ndim < 2 or len(size) != 2 or min(size) < 1:
        raise EngineError(
            f"A flow magnitude of shape {magnitude.shape} does not go onto a grid of {size}.",
            "Give a map (H, W) and the grid's height and width, both from 1.",
        )
    rows = _shares(magnitude.shape[-2], size[0])
    columns = _shares(magnitude.shape[-1], size[1])
    return (rows @ magnitude.astype(np.float64) @ columns.T).astype(np.float32)


def _check_volumes(motion: tuple[int, ...], magnitude: tuple[int, ...]) -> None:
    if len(motion) != 3:
        raise EngineError(
            f"The motion relevance has shape {motion}, but a volume (T, H, W) is needed.",
            "Sum over colour channels and drop the batch axis first.",
        )
    if len(magnitude) == 3 and magnitude[0] == motion[0] and magnitude[1:] != motion[1:]:
        raise EngineError(
            f"The flow magnitude is {magnitude[1:]} pixels (height, width), "
            f"but the motion relevance is {motion[1:]}.",
            "Crop it to what the model saw and bring it onto the relevance grid: magnitude_on.",
        )
    check_same_shape("flow magnitude", magnitude, "motion relevance", motion)


def _shares(pixels: int, cells: int) -> Float64Array:
    """Return the share of each cell that each pixel covers, (cells, pixels), rows sum to 1."""
    edges = np.arange(pixels + 1) * (cells / pixels)
    first, last = edges[:-1], edges[1:]
    start = np.arange(cells)[:, None]
    overlap: Float64Array = np.minimum(last, start + 1) - np.maximum(first, start)
    return overlap.clip(min=0)

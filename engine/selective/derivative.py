"""The temporal derivative: a 3D Sobel along time, as three one-dimensional passes.

Kernel ``[1, 0, -1] (t) x [1, 2, 1] (y) x [1, 2, 1] (x)`` as a cross-correlation
(Hiley et al. 2020, arXiv 2003.14285, section 3): at time t it is relevance before
minus relevance after, smoothed in space.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

import cv2
import numpy as np

from engine.errors import AttributionError
from engine.selective.recipes import Padding

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    FloatArray = NDArray[np.floating]
    Volume = TypeVar("Volume", FloatArray, torch.Tensor)

_SMOOTH = np.array([1.0, 2.0, 1.0])
_BORDER = {"edge": cv2.BORDER_REPLICATE, "zeros": cv2.BORDER_CONSTANT}


def temporal_derivative(relevance: Volume, *, padding: Padding) -> Volume:
    """Differentiate a relevance volume along time.

    Parameters
    ----------
    relevance : float array or tensor, (T, H, W)
        Relevance, any finite values. Float32 and float64 keep their type; a tensor
        stays on its device.
    padding : "edge" or "zeros"
        Beyond the volume, in time and space: the nearest value, or zero.

    Returns
    -------
    float array or tensor, (T, H, W)
        The derivative at each voxel, in units of 16 times relevance per two frames.

    Raises
    ------
    AttributionError
        If the volume is not three-dimensional and floating, is empty, or has a value
        that is not finite.
    """
    if padding not in _BORDER:
        raise AttributionError(f"There is no padding {padding!r}.", 'Use "edge" or "zeros".')
    if isinstance(relevance, np.ndarray):
        check_volume(relevance)
        return derivative_between(before_and_after(relevance, padding), padding)
    return cast("Volume", _tensor_derivative(relevance, padding))


def check_volume(relevance: FloatArray) -> None:
    """Raise AttributionError unless the array is a finite floating (T, H, W) volume."""
    if relevance.ndim != 3 or relevance.size == 0:
        raise AttributionError(
            f"Relevance has shape {relevance.shape}, but a volume (T, H, W) is needed.",
            "Sum over colour channels and drop the batch axis first.",
        )
    if relevance.dtype.kind != "f":
        raise AttributionError(
            f"Relevance is of type {relevance.dtype}, not floating point.",
            "Convert it to float32 first.",
        )
    if not np.isfinite(relevance).all():
        raise AttributionError(
            "Relevance has values that are not finite (nan or inf).",
            "Check the model's weights and the input's value range.",
        )


def before_and_after(relevance: FloatArray, padding: Padding) -> FloatArray:
    """Relevance before minus relevance after each frame, (T, H, W)."""
    mode = "edge" if padding == "edge" else "constant"
    padded = np.pad(relevance, ((1, 1), (0, 0), (0, 0)), mode=mode)  # type: ignore[call-overload]
    return cast("FloatArray", padded[:-2] - padded[2:])


def derivative_between(difference: FloatArray, padding: Padding) -> FloatArray:
    """Smooth a difference of frames in space with ``[1, 2, 1]`` along y and x."""
    smooth = np.empty_like(difference)
    border = _BORDER[padding]
    depth = cv2.CV_64F if difference.dtype == np.float64 else cv2.CV_32F
    for plane, result in zip(difference, smooth, strict=True):
        cv2.sepFilter2D(plane, depth, _SMOOTH, _SMOOTH, result, borderType=border)
    return smooth


def _tensor_derivative(relevance: torch.Tensor, padding: Padding) -> torch.Tensor:
    import torch
    from torch.nn.functional import conv3d, pad

    if relevance.dim() != 3 or relevance.numel() == 0 or not relevance.is_floating_point():
        raise AttributionError(
            f"Relevance is a {relevance.dtype} tensor of shape {tuple(relevance.shape)}, "
            "but a floating volume (T, H, W) is needed.",
            "Sum over colour channels and drop the batch axis first.",
        )
    if not bool(torch.isfinite(relevance).all()):
        raise AttributionError(
            "Relevance has values that are not finite (nan or inf).",
            "Check the model's weights and the input's value range.",
        )
    mode = "replicate" if padding == "edge" else "constant"
    volume = pad(relevance[None, None], (1, 1, 1, 1, 1, 1), mode=mode)
    smooth = volume.new_tensor([1.0, 2.0, 1.0])
    volume = volume[:, :, :-2] - volume[:, :, 2:]
    volume = conv3d(volume, smooth.view(1, 1, 1, 3, 1))
    return conv3d(volume, smooth.view(1, 1, 1, 1, 3))[0, 0]

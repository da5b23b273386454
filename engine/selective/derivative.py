"""The temporal derivative: a 3D Sobel along time, as three one-dimensional passes.

Kernel ``[1, 0, -1] (t) x [1, 2, 1] (y) x [1, 2, 1] (x)`` as a cross-correlation
(Hiley et al. 2020, arXiv 2003.14285, section 3): at time t it is relevance before
minus relevance after, smoothed in space.

Arrays and tensors go through the same sums in the same order, so they agree to the last bit;
`cv2.sepFilter2D` rounds differently at the ends of rows, and conv3d on a GPU rounds its inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

import numpy as np

from engine.errors import AttributionError
from engine.selective.presets import Padding

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    FloatArray = NDArray[np.floating]
    Volume = TypeVar("Volume", FloatArray, torch.Tensor)

_MODES = {"edge": "edge", "zeros": "constant"}  # as NumPy calls them


def temporal_derivative(relevance: Volume, *, padding: Padding, time_step: int = 1) -> Volume:
    """Differentiate a relevance volume along time.

    A map that was made at a coarser time resolution is differentiated there: between the means
    of its time steps. Differentiating what was interpolated would measure the interpolation.

    Parameters
    ----------
    relevance : float array or tensor, (T, H, W)
        Relevance, any finite values. Float32 and float64 keep their type; a tensor
        stays on its device.
    padding : "edge" or "zeros"
        Beyond the volume, in time and space: the nearest value, or zero.
    time_step : int
        Frames that share one time step of the relevance, >= 1.

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
    if padding not in _MODES:
        raise AttributionError(f"There is no padding {padding!r}.", 'Use "edge" or "zeros".')
    checked_floats(relevance)
    if isinstance(relevance, np.ndarray):
        coarse = time_means(relevance, time_step)
        derivative = derivative_between(before_and_after(coarse, padding), padding)
        return derivative if time_step == 1 else derivative.repeat(time_step, 0)[: len(relevance)]
    return _tensor_derivative(relevance, padding, time_step)


def time_means(relevance: Volume, time_step: int) -> Volume:
    """Average each time step of a volume (T, H, W), the last of which may have fewer frames."""
    if time_step == 1:
        return relevance
    means = [relevance[at : at + time_step].mean(0) for at in range(0, len(relevance), time_step)]
    if isinstance(relevance, np.ndarray):
        return cast("Volume", np.stack(means))
    import torch

    return torch.stack(means)


def checked_floats(relevance: Volume) -> None:
    """Raise AttributionError unless the volume is finite float32 or float64, (T, H, W)."""
    if relevance.ndim != 3 or 0 in relevance.shape:
        raise AttributionError(
            f"Relevance has shape {tuple(relevance.shape)}, but a volume (T, H, W) is needed.",
            "Sum over colour channels and drop the batch axis first.",
        )
    if str(relevance.dtype).removeprefix("torch.") not in ("float32", "float64"):
        raise AttributionError(
            f"Relevance is of type {relevance.dtype}, not float32 or float64.",
            "Convert it to float32 first.",
        )
    if not np.isfinite(float(abs(relevance).max())):  # nan wins every comparison
        raise AttributionError(
            "Relevance has values that are not finite (nan or inf).",
            "Check the model's weights and the input's value range.",
        )


def before_and_after(relevance: FloatArray, padding: Padding) -> FloatArray:
    """Return the relevance before minus that after each frame, (T, H, W)."""
    mode = _MODES[padding]
    padded = np.pad(relevance, ((1, 1), (0, 0), (0, 0)), mode=mode)  # type: ignore[call-overload]
    return cast("FloatArray", padded[:-2] - padded[2:])


def derivative_between(difference: FloatArray, padding: Padding) -> FloatArray:
    """Smooth a difference of frames in space with ``[1, 2, 1]`` along y and x."""
    mode = _MODES[padding]
    padded = np.pad(difference, ((0, 0), (1, 1), (1, 1)), mode=mode)  # type: ignore[call-overload]
    return _smoothed(cast("FloatArray", padded))


def _smoothed(padded: Volume) -> Volume:
    along_x = padded[..., :-2] + padded[..., 2:] + 2 * padded[..., 1:-1]
    smooth: Volume = along_x[:, :-2] + along_x[:, 2:] + 2 * along_x[:, 1:-1]
    return smooth


def _tensor_derivative(relevance: torch.Tensor, padding: Padding, time_step: int) -> torch.Tensor:
    from torch.nn.functional import pad

    mode = "replicate" if padding == "edge" else "constant"
    coarse = time_means(relevance, time_step)
    volume = pad(coarse[None, None], (1, 1, 1, 1, 1, 1), mode=mode)
    derivative = _smoothed(volume[0, 0, :-2] - volume[0, 0, 2:])
    return derivative.repeat_interleave(time_step, 0)[: len(relevance)]

"""Baselines, clips without information: black, the mean colour, blurred, or frozen."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from engine.models.model import Clip

_BLUR_SHARE = 0.1  # standard deviation of the blur, as a share of the shorter side


def baseline_of(name: str, clip: Clip) -> Tensor:
    """Return a clip without information.

    Parameters
    ----------
    name : str
        "black"; "mean", the colour that the model's normalisation takes to zero; "blur", every
        frame blurred by a Gaussian of a tenth of its shorter side; "frozen", the middle frame
        repeated: the clip without its movement.
    clip : Clip

    Returns
    -------
    Tensor, (N, C, T, h, w)
    """
    values = clip.tensor
    if name == "black":
        return clip.low.to(values).expand_as(values)
    if name == "mean":
        return torch.zeros_like(values)
    if name == "frozen":
        return frozen(values)
    return blurred(values)


def frozen(values: Tensor, frame: int | None = None) -> Tensor:
    """Repeat one frame, by default the middle one."""
    index = values.shape[2] // 2 if frame is None else frame
    return values[:, :, index : index + 1].expand_as(values)


def blurred(values: Tensor) -> Tensor:
    """Blur every frame by a Gaussian, edges repeated."""
    sigma = max(_BLUR_SHARE * min(values.shape[-2:]), 0.5)
    reach = int(3 * sigma + 0.5)
    places = torch.arange(-reach, reach + 1, dtype=values.dtype, device=values.device)
    kernel = torch.exp(-0.5 * (places / sigma) ** 2)
    kernel = kernel / kernel.sum()
    planes = values.reshape(-1, 1, *values.shape[-2:])
    across = functional.pad(planes, (reach, reach, 0, 0), mode="replicate")
    across = functional.conv2d(across, kernel.view(1, 1, 1, -1))
    down = functional.pad(across, (0, 0, reach, reach), mode="replicate")
    return functional.conv2d(down, kernel.view(1, 1, -1, 1)).view_as(values)

"""Clips that allow no verdict: nothing changes in them, or they are noise."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_NOISE = 0.5
"""Correlation of neighbouring pixels below which a clip is noise."""


def reason_untold(values: Tensor) -> str:
    """Return why a clip allows no verdict, or an empty text.

    Parameters
    ----------
    values : Tensor, (1, C, T, h, w)
    """
    if bool((values == values[:, :, :1]).all()):
        return "Nothing changes in this clip, so it has no movement that could matter."
    if _neighbour_correlation(values) < _NOISE:
        return "The clip is noise: pixels beside each other have nothing in common."
    return ""


def _neighbour_correlation(values: Tensor) -> float:
    """Correlate each pixel of the clip with the one on its right, -1 to 1; nan for flat ones."""
    left, right = values[..., :-1].double().flatten(), values[..., 1:].double().flatten()
    if len(left) < 2:
        return math.nan
    return float(torch.corrcoef(torch.stack([left, right]))[0, 1])

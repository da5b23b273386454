"""Clips that allow no verdict: nothing changes in them, or they are noise."""

from __future__ import annotations

import math

import torch
from torch import Tensor

_NOISE = 0.5
"""Correlation of neighbouring pixels below which a clip is noise."""

_STEP = 0.5
"""Standard deviations of the clip from which a pixel changes from one frame to the next."""

_UNRELATED = 0.2
"""Correlation of a frame with the next below which frames have nothing in common."""


def reason_untold(values: Tensor) -> str:
    """Return why a clip allows no verdict, or an empty text.

    Parameters
    ----------
    values : Tensor, (1, C, T, h, w)
    """
    if bool((values == values[:, :, :1]).all()):
        return "Nothing changes in this clip, so it has no movement that could matter."
    clip = values.double()
    if _correlation(clip[..., :-1], clip[..., 1:]) < _NOISE:
        return "The clip is noise: pixels beside each other have nothing in common."
    if _correlation(clip[:, :, :-1], clip[:, :, 1:]) < _UNRELATED and _changes_everywhere(clip):
        return "The clip is noise: frames after each other have nothing in common."
    return ""


def _changes_everywhere(clip: Tensor) -> bool:
    """Tell whether most pixels change from most frames to the next: no thing just passes by."""
    steps = (clip[:, :, 1:] - clip[:, :, :-1]).abs()
    return bool((steps > _STEP * clip.std()).double().mean() > 0.5)


def _correlation(one: Tensor, other: Tensor) -> float:
    """Correlate values, -1 to 1, nan where they do not vary."""
    if one.numel() < 3:
        return math.nan
    first, second = ((part - part.mean()).flatten() for part in (one, other))
    spread = torch.sqrt(torch.dot(first, first) * torch.dot(second, second))
    return float(torch.dot(first, second) / spread)

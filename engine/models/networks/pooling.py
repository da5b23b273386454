"""Pooling before a classifier, for networks that score larger pictures place by place."""

from __future__ import annotations

import torch
from torch.nn import functional

from engine.models.networks.network import Triple


def window_averages(features: torch.Tensor, window: Triple) -> torch.Tensor:
    """Average (N, C, T, H, W) in every position of a window, cut to the input's size.

    Larger pictures than the network was trained on have several positions.
    """
    sizes = [min(pair) for pair in zip(features.shape[2:], window, strict=True)]
    averages: torch.Tensor = functional.avg_pool3d(features, sizes, 1)
    return averages


def averaged(features: torch.Tensor, window: Triple) -> torch.Tensor:
    """Average (N, C, T, H, W) over all positions of a window, to (N, C).

    A linear classifier after it gives the average of the logits of all positions.
    """
    return window_averages(features, window).mean((2, 3, 4))

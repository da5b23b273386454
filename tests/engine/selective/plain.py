"""Selective relevance as slowly and plainly as it can be written, to compare with."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional


def derivative(relevance: np.ndarray, padding: str) -> np.ndarray:
    """The 27 products of the Sobel kernel, one shifted volume at a time."""
    mode = {"edge": "edge", "zeros": "constant"}[padding]
    padded = np.pad(relevance, 1, mode=mode)
    frames, height, width = relevance.shape
    total = np.zeros_like(relevance)
    for t, along_t in enumerate((1, 0, -1)):
        for y, along_y in enumerate((1, 2, 1)):
            for x, along_x in enumerate((1, 2, 1)):
                shifted = padded[t : t + frames, y : y + height, x : x + width]
                total += along_t * along_y * along_x * shifted
    return total


def masked(relevance: np.ndarray, sigma: float, preset: str) -> tuple[np.ndarray, np.ndarray]:
    """What is masked, and the mask."""
    if preset == "recommended":
        change = derivative(relevance, "edge")
        return relevance, np.abs(change) > threshold(change, sigma)
    if preset == "code-2021":
        change = np.abs(derivative(relevance, "zeros"))
        return relevance, change > threshold(change, sigma)
    if relevance.min() < 0:
        relevance = (relevance - relevance.min()) / (relevance.max() - relevance.min())
    change = derivative(relevance, "zeros")
    return relevance, change > threshold(change, sigma)


def threshold(change: np.ndarray, sigma: float) -> np.floating:
    """Sigma unbiased standard deviations, in the precision of the volume."""
    return change.dtype.type(sigma) * change.dtype.type(change.std(dtype=np.float64, ddof=1))


def authors_motion(relevance: torch.Tensor, sigma: float) -> torch.Tensor:
    """Absolute Sobel masking as the authors' published code does it, in float32 throughout."""
    kernel = torch.einsum(
        "t,y,x->tyx",
        torch.tensor([1.0, 0.0, -1.0]),
        torch.tensor([1.0, 2.0, 1.0]),
        torch.tensor([1.0, 2.0, 1.0]),
    )
    change = functional.conv3d(relevance[None, None], kernel[None, None], padding=1)[0, 0].abs()
    return relevance * (change > sigma * torch.std(change))

"""Selective relevance as slowly and plainly as it can be written, to compare with."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional

from engine.selective import Prepared, temporal_derivative


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


def around(picture: np.ndarray, radius: int) -> np.ndarray:
    """Mean over a square, pixel by pixel."""
    height, width = picture.shape
    found = np.zeros_like(picture)
    for y in range(height):
        for x in range(width):
            rows = np.arange(y - radius, y + radius + 1).clip(0, height - 1)
            columns = np.arange(x - radius, x + radius + 1).clip(0, width - 1)
            found[y, x] = picture[np.ix_(rows, columns)].mean()
    return found


def variation(relevance: np.ndarray) -> np.ndarray:
    """Departure from expectation, step by step, in double precision."""
    frames, height, width = relevance.shape
    padded = np.pad(relevance.astype(np.float64), ((0, 0), (1, 1), (1, 1)), mode="edge")
    smooth = np.zeros(relevance.shape)
    for y, along_y in enumerate((1, 2, 1)):
        for x, along_x in enumerate((1, 2, 1)):
            smooth += along_y * along_x * padded[:, y : y + height, x : x + width] / 16
    radius = max(1, round(min(height, width) / 22))
    strength = np.stack([around(np.abs(one), radius) for one in smooth])
    border = min(2, max(0, (frames - 4) // 2))
    found = np.zeros(relevance.shape)
    for t in range(frames):
        centre = min(max(t, border), frames - border - 1)
        near = [u for u in range(border, frames - border) if abs(u - centre) <= 10]
        faint = 0.05 * strength[near].mean()
        whole = strength[near].mean(axis=0) + faint
        whole[whole == 0] = 1
        expected = smooth[near].mean(axis=0) * (strength[near] + faint) / whole
        level = np.abs(smooth[near]).mean(axis=0)
        level = level + level.mean()
        level[level == 0] = 1
        squares = ((smooth[near] - expected) ** 2).mean(axis=0)
        squares[squares <= (1e-5 * level) ** 2] = 0
        found[t] = around(np.sqrt(squares / level), radius)
    return found.astype(relevance.dtype)


def masked(relevance: np.ndarray, sigma: float, preset: str) -> tuple[np.ndarray, np.ndarray]:
    """What is masked, and the mask."""
    if preset == "variation":
        change = variation(relevance)
        return relevance, change > change.mean(dtype=np.float64) + threshold(change, sigma)
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


def local_masks(
    volume: np.ndarray, preset: str, sigma: float, window: int
) -> tuple[np.ndarray, np.ndarray]:
    """Masks and thresholds of a long range, each step within one window around it."""
    masks, thresholds = [], []
    signed = temporal_derivative(volume, padding="edge")
    for step in range(len(volume)):
        first = max(0, min(step - window // 2, len(volume) - window))
        near = slice(first, first + window)
        compared = Prepared(volume, preset).compared
        if preset == "paper-2020":
            low, high = volume[near].min(), volume[near].max()
            scaled = (volume - low) / (high - low) if low < 0 else volume
            compared = temporal_derivative(scaled, padding="zeros")
        std = (signed if preset == "recommended" else compared)[near].std(ddof=1)
        mean = compared[near].mean() if preset == "variation" else 0.0
        thresholds.append(mean + sigma * std)
        masks.append(compared[step] > thresholds[-1])
    return np.stack(masks), np.array(thresholds)

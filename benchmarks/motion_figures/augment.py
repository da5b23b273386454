"""Cheap random changes of a training clip that leave its activity alone."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import torch

from engine.models.networks.figures import FIGURES_MEAN, FIGURES_STD

UInt8Array = npt.NDArray[np.uint8]


def normalise(frames: UInt8Array) -> torch.Tensor:
    """Turn frames, uint8 (T, H, W, 3), into the network's input, float32 (3, T, H, W)."""
    values = torch.tensor(frames).permute(3, 0, 1, 2).float() / 255
    mean = torch.tensor(FIGURES_MEAN)[:, None, None, None]
    std = torch.tensor(FIGURES_STD)[:, None, None, None]
    return (values - mean) / std


def augment(
    frames: UInt8Array, rng: np.random.Generator, size: int, recolour: bool = True
) -> torch.Tensor:
    """Flip, crop, scale, and change the colours of a clip at random.

    Parameters
    ----------
    frames : uint8 array, (T, H, W, 3)
        RGB.
    rng : numpy Generator
        Decides everything.
    size : int
        Height and width of the result, in pixels.
    recolour : bool
        Whether colour channels may change places; not where a colour means something.

    Returns
    -------
    float32 tensor, (3, T, size, size)
        Normalised as the network expects it.
    """
    cropped = _crop(frames, rng)
    if rng.random() < 0.5:
        cropped = cropped[:, :, ::-1]
    if recolour and rng.random() < 0.3:
        cropped = cropped[..., rng.permutation(3)]
    how = cv2.INTER_LINEAR if size >= cropped.shape[1] else cv2.INTER_AREA
    scaled = [
        cv2.resize(np.ascontiguousarray(frame), (size, size), interpolation=how)
        for frame in cropped
    ]
    gain = torch.tensor(rng.uniform(0.75, 1.25, (3, 1, 1, 1)), dtype=torch.float32)
    return normalise(np.stack(scaled)) * gain + float(rng.normal(0, 0.25))


def _crop(frames: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    height, width = frames.shape[1:3]
    share = rng.uniform(0.84, 1.0)
    high, wide = int(height * share), int(width * min(1.0, share * rng.uniform(0.95, 1.05)))
    top, left = rng.integers(height - high + 1), rng.integers(width - wide + 1)
    return frames[:, top : top + high, left : left + wide]

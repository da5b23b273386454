"""Networks whose answer rests on one thing, by construction."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from engine.models import VideoModel
from engine.types import ModelSpec, UInt8Array

FRAMES = 16


class Movement(nn.Module):
    """Says "fast" where frames differ from those before them."""

    def forward(self, clip: Tensor) -> Tensor:
        """Map (N, 3, T, h, w) to logits (N, 3)."""
        change = (clip[:, :, 1:] - clip[:, :, :-1]).abs().mean((1, 2, 3, 4))
        return torch.stack([40 * change - 4, 4 - 40 * change, torch.zeros_like(change)], 1)


class Direction(nn.Module):
    """Says "right" where a bright column goes to the right."""

    def forward(self, clip: Tensor) -> Tensor:
        """Map (N, 3, T, h, w) to logits (N, 3)."""
        weights = clip.mean((1, 3)).softmax(2)
        places = (weights * torch.linspace(-1, 1, clip.shape[-1])).sum(2)
        drift = (places[:, 1:] - places[:, :-1]).clamp(-0.3, 0.3).mean(1)
        return torch.stack([90 * drift, -90 * drift, torch.zeros_like(drift)], 1)


class Brightness(nn.Module):
    """Says "bright" by the mean of all frames: one picture tells."""

    def forward(self, clip: Tensor) -> Tensor:
        """Map (N, 3, T, h, w) to logits (N, 3)."""
        level = clip.mean((1, 2, 3, 4))
        return torch.stack([8 * level, -8 * level, torch.zeros_like(level)], 1)


class Gathering(nn.Module):
    """Says how much of the picture was bright in any frame: several pictures tell."""

    def forward(self, clip: Tensor) -> Tensor:
        """Map (N, 3, T, h, w) to logits (N, 3)."""
        seen = (clip.amax(2).mean(1) > 0.5).float().mean((1, 2))
        return torch.stack([16 * seen - 8, 8 - 16 * seen, torch.zeros_like(seen)], 1)


def model_of(module: nn.Module, labels: tuple[str, ...] = ("yes", "no", "neither")) -> VideoModel:
    """Return a model of 16 frames of 32 x 32 pixels from -1 to 1."""
    spec = ModelSpec(
        name="toy", labels=labels, frames=FRAMES, fps=None, stride=1, resize=32, crop=(32, 32),
        mean=(0.5,) * 3, std=(0.5,) * 3,
    )  # fmt: skip
    return VideoModel(spec, module.eval().requires_grad_(False), torch.device("cpu"))


def sweeping() -> UInt8Array:
    """Return frames in which a bright bar sweeps to the right over blobs, (16, 32, 32, 3)."""
    frames = still_frames_of(60)
    for index in range(FRAMES):
        frames[index, :, 2 * index : 2 * index + 2] = 255
    return frames


def still_frames_of(level: int = 100) -> UInt8Array:
    """Return frames in which nothing changes: soft blobs around a level."""
    rows, columns = np.mgrid[0:32, 0:32] / 32
    picture = level * (1 + 0.3 * np.sin(5 * rows) * np.cos(4 * columns))
    return np.repeat(picture[None, :, :, None], 3, -1).repeat(FRAMES, 0).astype(np.uint8)

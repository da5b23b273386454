"""X3D: depthwise convolutions, swish, and squeeze-and-excitation, under PyTorchVideo's names.

The published XS, S and M are one network; they differ in what they are given.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import nn
from torch.nn import functional

from engine.models.networks.network import Network, window_averages
from engine.models.networks.stages import (
    ZOO,
    Bottleneck,
    ResBlock,
    ResStage,
    Stem,
    convolution,
    zoo_spec,
)

_DEPTHS = (3, 5, 11, 7)
_WIDTHS = (24, 48, 96, 192)
_EXPANSION = 2.25


class SqueezeExcitation(nn.Module):
    """A gate for each channel, made of all channels' averages, ``squeezed`` inside."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv3d(channels, squeezed, 1),
            nn.ReLU(),
            nn.Conv3d(squeezed, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, channels, T, H, W) to the same shape."""
        gated: torch.Tensor = features * self.block(features.mean((2, 3, 4), keepdim=True))
        return gated


class SeparateStem(nn.Module):
    """Convolution over space, then over time in each channel, published with names swapped."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_t = convolution(3, channels, (1, 3, 3), 2)
        self.conv_xy = convolution(channels, channels, (5, 1, 1), groups=channels)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to (N, channels, T, H / 2, W / 2)."""
        out: torch.Tensor = self.conv_xy(self.conv_t(clip))
        return out


class ProjectedPool(nn.Module):
    """Widen, average over a window, widen again."""

    def __init__(self, channels: int, inner: int, out: int, places: int) -> None:
        super().__init__()
        self.pre_conv = convolution(channels, inner, (1, 1, 1))
        self.pre_norm = nn.BatchNorm3d(inner)
        self.post_conv = convolution(inner, out, (1, 1, 1))
        self._places = places

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, channels, T, H, W) to (N, out, 1, positions, positions)."""
        widened = functional.relu(self.pre_norm(self.pre_conv(features)))
        window = (widened.shape[2], self._places, self._places)
        return functional.relu(self.post_conv(window_averages(widened, window)))


class X3DHead(nn.Module):
    """Projected pooling and the classifier."""

    def __init__(self, channels: int, inner: int, classes: int, places: int) -> None:
        super().__init__()
        self.pool = ProjectedPool(channels, inner, 2048, places)
        self.proj = nn.Linear(2048, classes)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, channels, T, H, W) to logits (N, classes), averaged over positions."""
        logits: torch.Tensor = self.proj(self.pool(features).mean((2, 3, 4)))
        return logits


class X3D(nn.Module):
    """Scores clips of any size.

    Published code makes probabilities of the logits of each position of the last window, and
    averages those. Here the logits are averaged: the same order of classes where there is one
    position, as in training.

    Parameters
    ----------
    classes : int
        Number of logits.
    places : int
        Height and width of the last features in training: the window of the last pooling.
    """

    def __init__(self, classes: int, places: int) -> None:
        super().__init__()
        stem = Stem(SeparateStem(_WIDTHS[0]), _WIDTHS[0], pool=False)
        before = (_WIDTHS[0], *_WIDTHS[:-1])
        stages = [_stage(*facts) for facts in zip(before, _WIDTHS, _DEPTHS, strict=True)]
        head = X3DHead(_WIDTHS[-1], _inner(_WIDTHS[-1]), classes, places)
        self.blocks = nn.Sequential(stem, *stages, head)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to logits (N, classes)."""
        logits: torch.Tensor = self.blocks(clip)
        return logits


def _inner(width: int) -> int:
    return int(_EXPANSION * width)


def _stage(before: int, width: int, depth: int) -> ResStage:
    """Build one stage, in which every other block is gated."""
    inner = _inner(width)
    blocks = []
    for block in range(depth):
        stride = 1 if block else 2
        gate = nn.Identity() if block % 2 else SqueezeExcitation(inner, _squeezed(inner))
        branch = Bottleneck(
            (before, inner, width),
            (1, 1, 1),
            (3, 3, 3),
            stride,
            groups=inner,
            norm_b=nn.Sequential(nn.BatchNorm3d(inner), gate),
            act_b=nn.SiLU(),
        )
        blocks.append(ResBlock(before, width, stride, branch))
        before = width
    return ResStage(blocks)


def _squeezed(channels: int) -> int:
    """Return a sixteenth, as a multiple of 8 that is not less than 0.9 of it."""
    sixteenth = channels / 16
    nearest = max(8, int(sixteenth + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * sixteenth else nearest


def _network(size: str, frames: int, every: int, resize: int, places: int) -> Network:
    """Describe one published size: frames, their step at 30 frames/s, height and width."""
    spec = zoo_spec(f"x3d_{size}", frames, 30 / every, resize, "blocks.4")
    source = f"Feichtenhofer 2020, arXiv 2004.04730; names of {ZOO}"
    return Network(spec, "blocks.5.proj.weight", partial(X3D, places=places), source)


NETWORKS = {
    "x3d_xs": _network("xs", frames=4, every=12, resize=182, places=5),
    "x3d_s": _network("s", frames=13, every=6, resize=182, places=5),
    "x3d_m": _network("m", frames=16, every=5, resize=256, places=7),
}

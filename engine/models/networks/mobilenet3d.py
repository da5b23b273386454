"""3D MobileNet and MobileNetV2 (2019): depthwise 3x3x3 and full 1x1x1 convolutions.

Their widths are read from the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from engine.models.networks.jester import SOURCE, jester_spec
from engine.models.networks.network import Network, Triple, rows
from engine.models.weights.checkpoint import State

_WIDTHS = (32, 64, 128, 256, 512, 1024)
_DEPTHS = (1, 2, 2, 6, 2)
_STRIDES = (2, 2, 2, 2, 1)
"""Channels after the first convolution and after each stage; blocks and first stride of each."""

_WIDTHS_V2 = (32, 16, 24, 32, 64, 96, 160, 320, 1280)
_DEPTHS_V2 = (1, 2, 3, 4, 3, 3, 1)
_STRIDES_V2 = (1, 2, 2, 2, 1, 2, 1)
_EXPANSIONS_V2 = (1, 6, 6, 6, 6, 6, 6)
"""As above, and a last convolution; channels inside a block over those of its input."""


class SeparableBlock(nn.Module):
    """A depthwise and a full convolution, each with BatchNorm and ReLU."""

    def __init__(self, before: int, after: int, stride: int) -> None:
        super().__init__()
        self.conv1 = _depthwise(before, stride)
        self.bn1 = nn.BatchNorm3d(before)
        self.conv2 = nn.Conv3d(before, after, 1, bias=False)
        self.bn2 = nn.BatchNorm3d(after)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, before, T, H, W) to (N, after, T / stride, H / stride, W / stride)."""
        hidden = functional.relu(self.bn1(self.conv1(features)))
        return functional.relu(self.bn2(self.conv2(hidden)))


class InvertedResidual(nn.Module):
    """A depthwise convolution between two full ones, beside a shortcut where shapes are equal."""

    def __init__(self, before: int, after: int, stride: int, expansion: int) -> None:
        super().__init__()
        inner = before * expansion
        widening = _normed(before, inner, 1, 1) if expansion > 1 else ()
        self.conv = nn.Sequential(
            *widening,
            _depthwise(inner, stride),
            nn.BatchNorm3d(inner),
            nn.ReLU6(),
            nn.Conv3d(inner, after, 1, bias=False),
            nn.BatchNorm3d(after),
        )
        self._is_added = stride == 1 and before == after

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, before, T, H, W) to (N, after, T / stride, H / stride, W / stride)."""
        out: torch.Tensor = self.conv(features)
        return features + out if self._is_added else out


class MobileNet3D(nn.Module):
    """Scores clips of any size by the average of the last features."""

    def __init__(self, features: Sequence[nn.Module], channels: int, classes: int) -> None:
        super().__init__()
        self.features = nn.Sequential(*features)
        self.classifier = nn.Sequential(nn.Identity(), nn.Linear(channels, classes))

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to logits (N, classes)."""
        logits: torch.Tensor = self.classifier(self.features(clip).mean((2, 3, 4)))
        return logits


def mobilenet(classes: int, widths: Sequence[int] = _WIDTHS) -> MobileNet3D:
    """Build a MobileNet (version 1) with those channels."""
    first = _normed(3, widths[0], 3, (1, 2, 2), nn.ReLU())
    blocks: list[nn.Module] = [nn.Sequential(*first)]
    channels = widths[0]
    for width, depth, stride in zip(widths[1:], _DEPTHS, _STRIDES, strict=True):
        for number in range(depth):
            blocks.append(SeparableBlock(channels, width, 1 if number else stride))
            channels = width
    return MobileNet3D(blocks, channels, classes)


def mobilenet_v2(classes: int, widths: Sequence[int] = _WIDTHS_V2) -> MobileNet3D:
    """Build a MobileNetV2 with those channels."""
    blocks: list[nn.Module] = [nn.Sequential(*_normed(3, widths[0], 3, (1, 2, 2)))]
    channels = widths[0]
    stages = zip(widths[1:-1], _DEPTHS_V2, _STRIDES_V2, _EXPANSIONS_V2, strict=True)
    for width, depth, stride, expansion in stages:
        for number in range(depth):
            blocks.append(InvertedResidual(channels, width, 1 if number else stride, expansion))
            channels = width
    blocks.append(nn.Sequential(*_normed(channels, widths[-1], 1, 1)))
    return MobileNet3D(blocks, widths[-1], classes)


def _depthwise(channels: int, stride: int) -> nn.Conv3d:
    return nn.Conv3d(channels, channels, 3, stride, 1, groups=channels, bias=False)


def _normed(
    before: int, after: int, kernel: int, stride: int | Triple, act: nn.Module | None = None
) -> tuple[nn.Module, ...]:
    """Return a convolution that keeps the size but for its stride, BatchNorm, and ReLU6."""
    convolution = nn.Conv3d(before, after, kernel, stride, kernel // 2, bias=False)
    return convolution, nn.BatchNorm3d(after), act or nn.ReLU6()


def _first_blocks(depths: Sequence[int]) -> list[int]:
    """Return the position of each stage's first block, counted after the first convolution."""
    return [1 + sum(depths[:stage]) for stage in range(len(depths))]


def _options(state: State) -> dict[str, Any]:
    blocks = (f"features.{index}.conv2.weight" for index in _first_blocks(_DEPTHS))
    widths = rows(state, ("features.0.0.weight", *blocks))
    return {"widths": widths} if len(widths) == len(_WIDTHS) else {}


def _options_v2(state: State) -> dict[str, Any]:
    first, *others = _first_blocks(_DEPTHS_V2)
    blocks = (f"features.{index}.conv.6.weight" for index in others)
    last = f"features.{1 + sum(_DEPTHS_V2)}.0.weight"
    names = ("features.0.0.weight", f"features.{first}.conv.3.weight", *blocks, last)
    widths = rows(state, names)
    return {"widths": widths} if len(widths) == len(_WIDTHS_V2) else {}


_HEAD = "classifier.1.weight"

NETWORKS = {
    "mobilenet3d": Network(
        jester_spec("mobilenet3d", "features"), _HEAD, mobilenet, SOURCE, options=_options
    ),
    "mobilenetv2_3d": Network(
        jester_spec("mobilenetv2_3d", "features"), _HEAD, mobilenet_v2, SOURCE, options=_options_v2
    ),
}

"""S3D and S3D-G: Inception whose convolutions are separate in space and time. G has gates.

S3D under the names of the port kylemin/S3D (torchvision's S3D has others), S3D-G under those of
the network trained on HowTo100M.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from engine.models.networks.i3d import MIXED
from engine.models.networks.network import (
    Network,
    Triple,
    averaged,
    kinetics_labels,
    numbered,
    weight_called,
)
from engine.models.weights.checkpoint import State
from engine.types import ModelSpec

_EPSILON = 1e-3
"""Of S3D's BatchNorm, as TensorFlow has it."""


class PlainUnit(nn.Module):
    """A 1x1x1 convolution, BatchNorm and ReLU."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.conv = nn.Conv3d(before, after, 1, bias=False)
        self.bn = nn.BatchNorm3d(after, _EPSILON)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, before, T, H, W) to (N, after, T, H, W)."""
        return functional.relu(self.bn(self.conv(features)))


class SeparateUnit(nn.Module):
    """A convolution in space, then one in time, each with BatchNorm and ReLU."""

    def __init__(self, before: int, after: int, extent: int = 3, stride: int = 1) -> None:
        super().__init__()
        around = extent // 2
        self.conv_s = nn.Conv3d(
            before, after, (1, extent, extent), (1, stride, stride), (0, around, around), bias=False
        )
        self.bn_s = nn.BatchNorm3d(after, _EPSILON)
        self.conv_t = nn.Conv3d(
            after, after, (extent, 1, 1), (stride, 1, 1), (around, 0, 0), bias=False
        )
        self.bn_t = nn.BatchNorm3d(after, _EPSILON)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, before, T, H, W) to (N, after, T, H, W), each over the stride."""
        hidden = functional.relu(self.bn_s(self.conv_s(features)))
        return functional.relu(self.bn_t(self.conv_t(hidden)))


class Mixed(nn.Module):
    """Four branches side by side."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        before, b0, b1a, b1b, b2a, b2b, b3b = widths
        self.branch0 = nn.Sequential(PlainUnit(before, b0))
        self.branch1 = nn.Sequential(PlainUnit(before, b1a), SeparateUnit(b1a, b1b))
        self.branch2 = nn.Sequential(PlainUnit(before, b2a), SeparateUnit(b2a, b2b))
        self.branch3 = nn.Sequential(nn.MaxPool3d(3, 1, 1), PlainUnit(before, b3b))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, C, T, H, W) to the channels of all branches, (N, C', T, H, W)."""
        branches = (self.branch0, self.branch1, self.branch2, self.branch3)
        return torch.cat([branch(features) for branch in branches], 1)


class S3D(nn.Module):
    """Scores clips of any size. Logits are averaged over every two steps in time."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        mixed = {name: Mixed(widths) for name, widths in MIXED.items()}
        self.base = nn.Sequential(
            SeparateUnit(3, 64, 7, 2),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),
            PlainUnit(64, 64),
            SeparateUnit(64, 192),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),
            *(mixed[name] for name in mixed if name[0] == "3"),
            nn.MaxPool3d(3, 2, 1),
            *(mixed[name] for name in mixed if name[0] == "4"),
            nn.MaxPool3d(2, 2),
            *(mixed[name] for name in mixed if name[0] == "5"),
        )
        self.fc = nn.Sequential(nn.Conv3d(1024, classes, 1))

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to logits (N, classes)."""
        features = self.base(clip)
        average = averaged(features, (2, features.shape[3], features.shape[4]))
        logits: torch.Tensor = self.fc(average[:, :, None, None, None]).flatten(1)
        return logits


class Gate(nn.Module):
    """A gate for each channel, made of all channels' averages."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Linear(channels, channels)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, channels, T, H, W) to the same shape."""
        gates = torch.sigmoid(self.fc(features.mean((2, 3, 4))))
        return gates[:, :, None, None, None] * features


class GatedUnit(nn.Module):
    """A convolution with BatchNorm and ReLU, or one in space and one in time."""

    def __init__(self, before: int, after: int, *, separate: bool) -> None:
        super().__init__()
        kernel, around = ((1, 3, 3), (0, 1, 1)) if separate else ((1, 1, 1), (0, 0, 0))
        self.conv1 = nn.Conv3d(before, after, kernel, 1, around, bias=False)
        self.bn1 = nn.BatchNorm3d(after)
        if separate:
            self.conv2 = nn.Conv3d(after, after, (3, 1, 1), 1, (1, 0, 0), bias=False)
            self.bn2 = nn.BatchNorm3d(after)
        self._separate = separate

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, before, T, H, W) to (N, after, T, H, W)."""
        out = functional.relu(self.bn1(self.conv1(features)))
        return functional.relu(self.bn2(self.conv2(out))) if self._separate else out


class GatedMixed(nn.Module):
    """Four gated branches side by side."""

    def __init__(self, widths: tuple[int, ...]) -> None:
        super().__init__()
        before, b0, b1a, b1b, b2a, b2b, b3b = widths
        self.conv_b0 = GatedUnit(before, b0, separate=False)
        self.conv_b1_a = GatedUnit(before, b1a, separate=False)
        self.conv_b1_b = GatedUnit(b1a, b1b, separate=True)
        self.conv_b2_a = GatedUnit(before, b2a, separate=False)
        self.conv_b2_b = GatedUnit(b2a, b2b, separate=True)
        self.maxpool_b3 = nn.MaxPool3d(3, 1, 1)
        self.conv_b3_b = GatedUnit(before, b3b, separate=False)
        for number, width in enumerate((b0, b1b, b2b, b3b)):
            self.add_module(f"gating_b{number}", Gate(width))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, C, T, H, W) to the channels of all branches, (N, C', T, H, W)."""
        branches = (
            self.conv_b0(features),
            self.conv_b1_b(self.conv_b1_a(features)),
            self.conv_b2_b(self.conv_b2_a(features)),
            self.conv_b3_b(self.maxpool_b3(features)),
        )
        gated = [self.get_submodule(f"gating_b{n}")(out) for n, out in enumerate(branches)]
        return torch.cat(gated, 1)


class GatedStem(nn.Module):
    """The first convolution. With ``packed``, over blocks of 2x2x2 pixels."""

    def __init__(self, packed: bool) -> None:
        super().__init__()
        if packed:
            self.conv1 = nn.Conv3d(24, 64, (2, 4, 4), 1, (1, 2, 2), bias=False)
        else:
            self.conv1 = nn.Conv3d(3, 64, (3, 7, 7), 2, (1, 3, 3), bias=False)
        self.bn1 = nn.BatchNorm3d(64)
        self._packed = packed

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W), sizes even, to (N, 64, T / 2, H / 2, W / 2)."""
        pixels = _blocks(clip) if self._packed else clip
        features = functional.relu(self.bn1(self.conv1(pixels)))
        return features[:, :, 1:, 1:, 1:] if self._packed else features


class S3DG(nn.Module):
    """Scores clips of even sizes by the average of the last features.

    Parameters
    ----------
    classes : int
        Number of logits; the published weights give 512 values to compare with texts.
    packed : bool
        Whether the first convolution sees blocks of 2x2x2 pixels.
    """

    def __init__(self, classes: int, packed: bool = True) -> None:
        super().__init__()
        self.conv1 = GatedStem(packed)
        self.conv_2b = GatedUnit(64, 64, separate=False)
        self.conv_2c = GatedUnit(64, 192, separate=True)
        self.gating = Gate(192)
        for name, widths in MIXED.items():
            self.add_module(f"mixed_{name}", GatedMixed(widths))
        self.fc = nn.Linear(1024, classes)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to logits (N, classes)."""
        features = _pooled(self.conv1(clip), (1, 3, 3))
        features = _pooled(self.gating(self.conv_2c(self.conv_2b(features))), (1, 3, 3))
        for name in MIXED:
            if name in _POOLED_BEFORE:
                features = _pooled(features, _POOLED_BEFORE[name])
            features = self.get_submodule(f"mixed_{name}")(features)
        logits: torch.Tensor = self.fc(features.mean((2, 3, 4)))
        return logits


_POOLED_BEFORE: dict[str, Triple] = {"4b": (3, 3, 3), "5b": (2, 2, 2)}


def _blocks(clip: torch.Tensor) -> torch.Tensor:
    """Make channels of blocks of pixels: (N, C, T, H, W) to (N, 8 C, T / 2, H / 2, W / 2)."""
    clips, channels, *sizes = clip.shape
    halves = [size for whole in sizes for size in (whole // 2, 2)]
    parts = clip.reshape(clips, channels, *halves)
    return parts.permute(0, 3, 5, 7, 1, 2, 4, 6).flatten(1, 4)


def _pooled(features: torch.Tensor, kernel: Triple) -> torch.Tensor:
    """Pool with a stride of 2 where the extent is above 1, padded at the end as TensorFlow does."""
    strides = tuple(min(extent, 2) for extent in kernel)
    after = [extent - step for extent, step in zip(kernel, strides, strict=True)]
    padded = functional.pad(features, (0, after[2], 0, after[1], 0, after[0]))
    pooled: torch.Tensor = functional.max_pool3d(padded, kernel, strides, ceil_mode=True)
    return pooled


def _options(state: State) -> dict[str, Any]:
    first = weight_called(state, "conv1.conv1.weight")
    return {"packed": False} if first is not None and first.shape[1:2] == (3,) else {}


_PAPER = "Xie et al. 2018, arXiv 1712.04851; names of"

NETWORKS = {
    "s3d_kinetics": Network(
        ModelSpec(
            name="s3d_kinetics",
            labels=kinetics_labels(),
            frames=64,
            fps=25.0,
            stride=None,
            resize=256,
            crop=(224, 224),
            mean=(0.0, 0.0, 0.0),
            std=(1.0, 1.0, 1.0),
            value_range=(-1.0, 1.0),
            layer="base",
        ),
        "fc.0.weight",
        S3D,
        f"{_PAPER} kylemin/S3D",
    ),
    "s3dg": Network(
        ModelSpec(
            name="s3dg",
            labels=numbered(512),
            frames=32,
            fps=10.0,
            stride=None,
            resize=224,
            crop=(224, 224),
            mean=(0.0, 0.0, 0.0),
            std=(1.0, 1.0, 1.0),
            layer="mixed_5c",
        ),
        "fc.weight",
        S3DG,
        f"{_PAPER} antoine77340/S3D_HowTo100M (Miech et al. 2020, arXiv 1912.06430)",
        options=_options,
        unused="text_module.",
    ),
}

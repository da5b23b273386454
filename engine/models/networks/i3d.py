"""I3D: Inception-v1 inflated into time, for RGB.

Padding is TensorFlow's "SAME", where the weights came from: as much as makes the output the
input's size over the stride, and the odd one at the end.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from engine.models.networks.network import Network, Triple, averaged, kinetics_labels
from engine.types import ModelSpec

MIXED = {
    "3b": (192, 64, 96, 128, 16, 32, 32),
    "3c": (256, 128, 128, 192, 32, 96, 64),
    "4b": (480, 192, 96, 208, 16, 48, 64),
    "4c": (512, 160, 112, 224, 24, 64, 64),
    "4d": (512, 128, 128, 256, 24, 64, 64),
    "4e": (512, 112, 144, 288, 32, 64, 64),
    "4f": (528, 256, 160, 320, 32, 128, 128),
    "5b": (832, 256, 160, 320, 32, 128, 128),
    "5c": (832, 384, 192, 384, 48, 128, 128),
}
"""Channels: the input's, and those of the branches b0, b1a, b1b, b2a, b2b, b3b."""


class Unit(nn.Module):
    """Convolution, BatchNorm and ReLU, or the convolution with its bias alone."""

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        kernel: Triple = (1, 1, 1),
        stride: Triple = (1, 1, 1),
        norm: bool = True,
    ) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(channels_in, channels_out, kernel, stride, bias=not norm)
        # Sonnet's epsilon, with which the weights were trained; PyTorch's own is 1e-5.
        self.bn = nn.BatchNorm3d(channels_out, eps=1e-3) if norm else None
        self._kernel, self._stride = kernel, stride

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, channels_in, T, H, W) to (N, channels_out, T, H, W) over the stride."""
        out: torch.Tensor = self.conv3d(padded(features, self._kernel, self._stride))
        return out if self.bn is None else functional.relu(self.bn(out))


class SamePool(nn.Module):
    """Max pooling whose zero padding never wins over a ReLU's output, save a tie."""

    def __init__(self, kernel: Triple, stride: Triple) -> None:
        super().__init__()
        self._kernel, self._stride = kernel, stride

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, C, T, H, W), none negative, to the same over the stride."""
        around = padded(features, self._kernel, self._stride)
        pooled: torch.Tensor = functional.max_pool3d(around, self._kernel, self._stride)
        return pooled


class Mixed(nn.Module):
    """Four branches side by side, see `MIXED`."""

    def __init__(
        self, channels: int, b0: int, b1a: int, b1b: int, b2a: int, b2b: int, b3b: int
    ) -> None:
        super().__init__()
        cube = (3, 3, 3)
        self.b0 = Unit(channels, b0)
        self.b1a, self.b1b = Unit(channels, b1a), Unit(b1a, b1b, cube)
        self.b2a, self.b2b = Unit(channels, b2a), Unit(b2a, b2b, cube)
        self.b3a, self.b3b = SamePool(cube, (1, 1, 1)), Unit(channels, b3b)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, channels, T, H, W) to (N, b0 + b1b + b2b + b3b, T, H, W)."""
        branches = (
            self.b0(features),
            self.b1b(self.b1a(features)),
            self.b2b(self.b2a(features)),
            self.b3b(self.b3a(features)),
        )
        return torch.cat(branches, 1)


class I3D(nn.Module):
    """Scores clips of any size by logits averaged over time, as its authors do."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.Conv3d_1a_7x7 = Unit(3, 64, (7, 7, 7), (2, 2, 2))
        self.MaxPool3d_2a_3x3 = SamePool((1, 3, 3), (1, 2, 2))
        self.Conv3d_2b_1x1 = Unit(64, 64)
        self.Conv3d_2c_3x3 = Unit(64, 192, (3, 3, 3))
        self.MaxPool3d_3a_3x3 = SamePool((1, 3, 3), (1, 2, 2))
        self._add_mixed("3b", "3c")
        self.MaxPool3d_4a_3x3 = SamePool((3, 3, 3), (2, 2, 2))
        self._add_mixed("4b", "4c", "4d", "4e", "4f")
        self.MaxPool3d_5a_2x2 = SamePool((2, 2, 2), (2, 2, 2))
        self._add_mixed("5b", "5c")
        self._body = tuple(name for name, _ in self.named_children())
        self.logits = Unit(1024, classes, norm=False)

    def _add_mixed(self, *names: str) -> None:
        for name in names:
            self.add_module(f"Mixed_{name}", Mixed(*MIXED[name]))

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to logits (N, classes)."""
        features = clip
        for name in self._body:
            features = self.get_submodule(name)(features)
        pooled = averaged(features, (2, 7, 7))
        logits: torch.Tensor = self.logits(pooled[:, :, None, None, None])
        return torch.flatten(logits, 1)


def padded(features: torch.Tensor, kernel: Triple, stride: Triple) -> torch.Tensor:
    """Pad (N, C, T, H, W) with zeros, as many as TensorFlow's "SAME" adds."""
    amounts: list[int] = []
    for size, extent, step in zip(features.shape[2:], kernel, stride, strict=True):
        whole = max((-(-size // step) - 1) * step + extent - size, 0)
        amounts = [whole // 2, whole - whole // 2, *amounts]  # the last dimension comes first
    return functional.pad(features, amounts) if any(amounts) else features


_I3D = Network(
    ModelSpec(
        name="i3d",
        labels=kinetics_labels(),
        frames=64,
        fps=25.0,
        stride=None,
        resize=256,
        crop=(224, 224),
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        value_range=(-1.0, 1.0),
        layer="Mixed_5c",
    ),
    "logits.conv3d.weight",
    I3D,
    "Carreira and Zisserman 2017, arXiv 1705.07750; names of piergiaj/pytorch-i3d",
)

NETWORKS = {"i3d": _I3D}

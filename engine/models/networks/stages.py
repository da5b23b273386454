"""Residual stages as PyTorchVideo names them, shared by SlowFast, X3D and CSN."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional

from engine.models.networks.network import Triple, kinetics_labels
from engine.types import ModelSpec

ZOO = "the model zoo of facebookresearch/pytorchvideo"


class Stem(nn.Module):
    """First convolution, BatchNorm, ReLU, and max pooling over space.

    Parameters
    ----------
    conv : nn.Module
        The convolution, or several.
    channels : int
        Its output channels.
    pool : bool
        Whether max pooling follows.
    """

    def __init__(self, conv: nn.Module, channels: int, pool: bool) -> None:
        super().__init__()
        self.conv = conv
        self.norm = nn.BatchNorm3d(channels)
        self.pool = nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)) if pool else nn.Identity()

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to (N, channels, T, H / 2, W / 2), a quarter after pooling."""
        pooled: torch.Tensor = self.pool(functional.relu(self.norm(self.conv(clip))))
        return pooled


class Bottleneck(nn.Module):
    """Three convolutions, the middle one over space and with the stride.

    Parameters
    ----------
    channels : (int, int, int)
        Of the input, inside, of the output.
    kernel_a, kernel_b : (int, int, int)
        Odd extents of the first and the second convolution.
    stride : int or (int, int, int)
        Stride in height and width, or in time, height and width.
    groups : int
        Groups of the second convolution.
    norm_b, act_b : nn.Module, optional
        What follows it. By default BatchNorm and ReLU.
    """

    def __init__(
        self,
        channels: Triple,
        kernel_a: Triple,
        kernel_b: Triple,
        stride: int | Triple,
        *,
        groups: int = 1,
        norm_b: nn.Module | None = None,
        act_b: nn.Module | None = None,
    ) -> None:
        super().__init__()
        before, inner, after = channels
        self.conv_a = convolution(before, inner, kernel_a)
        self.norm_a = nn.BatchNorm3d(inner)
        self.conv_b = convolution(inner, inner, kernel_b, stride, groups)
        self.norm_b = norm_b or nn.BatchNorm3d(inner)
        self.act_b = act_b or nn.ReLU()
        self.conv_c = convolution(inner, after, (1, 1, 1))
        self.norm_c = nn.BatchNorm3d(after)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, before, T, H, W) to (N, after, T, H / stride, W / stride)."""
        narrowed = functional.relu(self.norm_a(self.conv_a(features)))
        inside = self.act_b(self.norm_b(self.conv_b(narrowed)))
        widened: torch.Tensor = self.norm_c(self.conv_c(inside))
        return widened


class ResBlock(nn.Module):
    """A bottleneck to whose result its input is added.

    Parameters
    ----------
    before, after : int
        Channels of the input and of the output.
    stride : int or (int, int, int)
        Stride of the bottleneck.
    branch2 : nn.Module
        The bottleneck.
    """

    def __init__(self, before: int, after: int, stride: int | Triple, branch2: nn.Module) -> None:
        super().__init__()
        fitting = before != after or stride != 1
        self.branch1_conv = convolution(before, after, (1, 1, 1), stride) if fitting else None
        self.branch1_norm = nn.BatchNorm3d(after) if before != after else None
        self.branch2 = branch2

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, before, T, H, W) to (N, after, T, H / stride, W / stride)."""
        shortcut = features if self.branch1_conv is None else self.branch1_conv(features)
        shortcut = shortcut if self.branch1_norm is None else self.branch1_norm(shortcut)
        return functional.relu(shortcut + self.branch2(features))


class ResStage(nn.Module):
    """Blocks one after the other."""

    def __init__(self, blocks: list[ResBlock]) -> None:
        super().__init__()
        self.res_blocks = nn.Sequential(*blocks)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, C, T, H, W) to the shape that the blocks make of it."""
        out: torch.Tensor = self.res_blocks(features)
        return out


def convolution(
    before: int, after: int, kernel: Triple, stride: int | Triple = 1, groups: int = 1
) -> nn.Conv3d:
    """Make a convolution without bias that keeps the size but for its stride, an int in space."""
    around = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
    steps = (1, stride, stride) if isinstance(stride, int) else stride
    return nn.Conv3d(before, after, kernel, steps, around, groups=groups, bias=False)


def zoo_spec(name: str, frames: int, fps: float, side_px: int, layer: str) -> ModelSpec:
    """Describe the input that PyTorchVideo's weights for Kinetics-400 were trained on."""
    return ModelSpec(
        name=name,
        labels=kinetics_labels(),
        frames=frames,
        fps=fps,
        stride=None,
        resize=side_px,
        crop=(side_px, side_px),
        mean=(0.45, 0.45, 0.45),
        std=(0.225, 0.225, 0.225),
        layer=layer,
    )

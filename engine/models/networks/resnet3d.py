"""3D ResNet, ResNeXt and wide ResNet of the 3D-ResNets-PyTorch project, 2017 and 2020.

The weights of 2017 (Kinetics-400) and 2020 (Kinetics-700 and larger) have the same names. They
differ in what the network is given (0 to 255 less a mean; 0 to 1, standardised), in the
shortcuts of the small ones, and in the first convolution of ResNeXt and wide ResNet: 64
channels in 2017, 128 in the code of 2020. Shortcuts and first convolution are read from the
weights. Those of Efficient-3DCNNs are as those of 2017.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from engine.models.networks.network import Network, kinetics_labels, numbered, weight_called
from engine.models.weights.checkpoint import State
from engine.types import ModelSpec


class PaddedShortcut(nn.Module):
    """Shortcut type A: skips places and fills new channels with zeros, without weights."""

    def __init__(self, added: int, stride: int) -> None:
        super().__init__()
        self._added, self._stride = added, stride

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, C, T, H, W) to (N, C + added, T / stride, H / stride, W / stride)."""
        step = self._stride
        strided = features[:, :, ::step, ::step, ::step]
        return functional.pad(strided, (0, 0, 0, 0, 0, 0, 0, self._added))


class Residual(nn.Module):
    """Convolutions with BatchNorm, to whose result the input is added.

    Parameters
    ----------
    convolutions : sequence of nn.Conv3d
        Two (basic block) or three (bottleneck).
    shortcut : nn.Module or None
        What fits the input to the result where their shapes differ.
    """

    def __init__(self, convolutions: Sequence[nn.Conv3d], shortcut: nn.Module | None) -> None:
        super().__init__()
        self._count = len(convolutions)
        for number, convolution in enumerate(convolutions, 1):
            self.add_module(f"conv{number}", convolution)
            self.add_module(f"bn{number}", nn.BatchNorm3d(convolution.out_channels))
        self.downsample = shortcut

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, C, T, H, W) to the shape that the block makes of it."""
        out = features
        for number in range(1, self._count + 1):
            out = self.get_submodule(f"bn{number}")(self.get_submodule(f"conv{number}")(out))
            out = functional.relu(out) if number < self._count else out
        shortcut = features if self.downsample is None else self.downsample(features)
        return functional.relu(out + shortcut)


class ResNet3D(nn.Module):
    """Scores clips of any size, each stage but the first halving time, height and width.

    Parameters
    ----------
    classes : int
        Number of logits.
    depths : sequence of int
        Blocks in each of the four stages.
    expansion : int
        Output channels of a block over its inner ones; 1 makes basic blocks, more bottlenecks.
    width : int
        Inner channels of the first stage; each later one has twice as many.
    groups : int
        Groups of the middle convolution (the cardinality of ResNeXt).
    shortcut : str
        "A" or "B": how the input fits where shapes differ, see He et al. 2015.
    stem : int
        Channels of the first convolution.
    stem_frames : int
        Its extent in time, in frames (``conv1_t_size``).
    max_pool : bool
        Whether max pooling follows it (not ``no_max_pool``).
    """

    def __init__(
        self,
        classes: int,
        *,
        depths: Sequence[int],
        expansion: int,
        width: int = 64,
        groups: int = 1,
        shortcut: str = "B",
        stem: int = 64,
        stem_frames: int = 7,
        max_pool: bool = True,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(
            3, stem, (stem_frames, 7, 7), (1, 2, 2), (stem_frames // 2, 3, 3), bias=False
        )
        self.bn1 = nn.BatchNorm3d(stem)
        self.maxpool = nn.MaxPool3d(3, 2, 1) if max_pool else nn.Identity()
        block = partial(_block, expansion=expansion, groups=groups, shortcut=shortcut)
        channels = stem
        for stage, depth in enumerate(depths):
            inner, stride = width * 2**stage, 2 if stage else 1
            later = (block(inner * expansion, inner, 1) for _ in range(depth - 1))
            blocks = nn.Sequential(block(channels, inner, stride), *later)
            self.add_module(f"layer{stage + 1}", blocks)
            channels = inner * expansion
        self.fc = nn.Linear(channels, classes)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to logits (N, classes)."""
        features = self.maxpool(functional.relu(self.bn1(self.conv1(clip))))
        for stage in range(1, 5):
            features = self.get_submodule(f"layer{stage}")(features)
        logits: torch.Tensor = self.fc(features.mean((2, 3, 4)))
        return logits


def _block(
    channels: int, inner: int, stride: int, *, expansion: int, groups: int, shortcut: str
) -> Residual:
    """Build one block from that many channels to ``inner * expansion``."""
    convolutions = _convolutions(channels, inner, expansion, stride, groups)
    return Residual(convolutions, _shortcut(channels, inner * expansion, stride, shortcut))


def _convolutions(
    channels: int, inner: int, expansion: int, stride: int, groups: int
) -> list[nn.Conv3d]:
    if expansion == 1:
        return [
            nn.Conv3d(channels, inner, 3, stride, 1, bias=False),
            nn.Conv3d(inner, inner, 3, 1, 1, bias=False),
        ]
    return [
        nn.Conv3d(channels, inner, 1, bias=False),
        nn.Conv3d(inner, inner, 3, stride, 1, groups=groups, bias=False),
        nn.Conv3d(inner, inner * expansion, 1, bias=False),
    ]


def _shortcut(channels: int, out: int, stride: int, kind: str) -> nn.Module | None:
    if stride == 1 and channels == out:
        return None
    if kind == "A":
        return PaddedShortcut(out - channels, stride)
    return nn.Sequential(nn.Conv3d(channels, out, 1, stride, bias=False), nn.BatchNorm3d(out))


def _spec(name: str, published: int) -> ModelSpec:
    """Describe the input for weights of a year: consecutive frames at any rate."""
    standardised = published == 2020
    return ModelSpec(
        name=name,
        labels=numbered(700) if standardised else kinetics_labels(),
        frames=16,
        fps=None,
        stride=1,
        resize=112,
        crop=(112, 112),
        mean=(0.4345, 0.4051, 0.3775) if standardised else (114.7748, 107.7354, 99.4750),
        std=(0.2768, 0.2713, 0.2737) if standardised else (1.0, 1.0, 1.0),
        value_range=(0.0, 1.0) if standardised else (0.0, 255.0),
        layer="layer4",
    )


def _network(name: str, published: int, build: Callable[[int], nn.Module]) -> Network:
    paper = "Hara et al. 2018, arXiv 1711.09577"
    if published == 2020:
        paper = "Kataoka et al. 2020, arXiv 2004.04968"
    source = f"{paper}; names of kenshohara/3D-ResNets-PyTorch ({published})"
    return Network(_spec(name, published), "fc.weight", build, source, options=_options)


def _options(state: State) -> dict[str, Any]:
    """Return the shortcuts, which have weights or have none, and the first convolution."""
    first = weight_called(state, "conv1.weight")
    if first is None or first.ndim != 5:
        return {}
    fitted = weight_called(state, "layer2.0.downsample.0.weight") is not None
    stem, _, frames = first.shape[:3]
    return {"shortcut": "B" if fitted else "A", "stem": int(stem), "stem_frames": int(frames)}


_18 = partial(ResNet3D, depths=(2, 2, 2, 2), expansion=1)
_34 = partial(ResNet3D, depths=(3, 4, 6, 3), expansion=1)
_50 = partial(ResNet3D, depths=(3, 4, 6, 3), expansion=4)
_101 = partial(ResNet3D, depths=(3, 4, 23, 3), expansion=4)
_WIDE_50 = partial(ResNet3D, depths=(3, 4, 6, 3), expansion=2, width=128)
_NEXT_101 = partial(ResNet3D, depths=(3, 4, 23, 3), expansion=2, width=128, groups=32)

_PUBLISHED = (
    ("resnet3d_18", 2017, partial(_18, shortcut="A")),
    ("resnet3d_34", 2017, partial(_34, shortcut="A")),
    ("resnet3d_50", 2017, _50),
    ("resnet3d_101", 2017, _101),
    ("resnext3d_101", 2017, _NEXT_101),
    ("wide_resnet3d_50", 2017, _WIDE_50),
    ("resnet3d_18_2020", 2020, _18),
    ("resnet3d_34_2020", 2020, _34),
    ("resnet3d_50_2020", 2020, _50),
    ("resnet3d_101_2020", 2020, _101),
)

NETWORKS = {facts[0]: _network(*facts) for facts in _PUBLISHED}

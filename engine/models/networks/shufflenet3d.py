"""3D ShuffleNet (2019): grouped 1x1x1 and depthwise 3x3x3 convolutions with shuffled channels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from engine.models.networks.jester import SOURCE, jester_spec
from engine.models.networks.network import Network, rows, weight_called
from engine.models.weights.checkpoint import State

_DEPTHS = (4, 8, 4)
_WIDTHS = (24, 240, 480, 960)
"""Channels after the first convolution and after each layer, at width 1 and three groups."""


class ShuffleUnit(nn.Module):
    """A bottleneck of grouped convolutions whose channels change groups in between.

    Parameters
    ----------
    channels_in, channels_out : int
        Channels before and after.
    strided : bool
        Whether it halves time, height and width. Its branch then stands beside an average of
        the input, not upon the input.
    groups : int
        Groups of the convolutions, and of the shuffled channels.
    """

    def __init__(self, channels_in: int, channels_out: int, strided: bool, groups: int) -> None:
        super().__init__()
        inner, stride = channels_out // 4, 2 if strided else 1
        added = channels_out - channels_in if strided else channels_out
        # The published code knows the first layer by the 24 channels that it has at width 1.
        first_groups = 1 if channels_in == _WIDTHS[0] else groups
        self.conv1 = nn.Conv3d(channels_in, inner, 1, groups=first_groups, bias=False)
        self.bn1 = nn.BatchNorm3d(inner)
        self.conv2 = nn.Conv3d(inner, inner, 3, stride, 1, groups=inner, bias=False)
        self.bn2 = nn.BatchNorm3d(inner)
        self.conv3 = nn.Conv3d(inner, added, 1, groups=groups, bias=False)
        self.bn3 = nn.BatchNorm3d(added)
        self._shuffle = nn.ChannelShuffle(groups)
        self._average = nn.AvgPool3d((2, 3, 3), 2, (0, 1, 1)) if strided else None

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, channels_in, T, H, W) to (N, channels_out, T, H, W), halved where strided."""
        hidden = functional.relu(self.bn1(self.conv1(features)))
        hidden = self.bn2(self.conv2(self._shuffle(hidden)))
        branch = self.bn3(self.conv3(hidden))
        if self._average is None:
            return functional.relu(branch + features)
        return functional.relu(torch.cat([branch, self._average(features)], 1))


class ShuffleNet3D(nn.Module):
    """Scores clips of any height and width, of 16 frames or a multiple of them.

    Parameters
    ----------
    classes : int
        Number of logits.
    widths : sequence of four int
        Channels after the first convolution and after each layer.
    groups : int
        Groups of the 1x1x1 convolutions.
    """

    def __init__(self, classes: int, widths: Sequence[int] = _WIDTHS, groups: int = 3) -> None:
        super().__init__()
        first = nn.Conv3d(3, widths[0], 3, (1, 2, 2), 1, bias=False)
        self.conv1 = nn.Sequential(first, nn.BatchNorm3d(widths[0]), nn.ReLU())
        self.maxpool = nn.MaxPool3d(3, 2, 1)
        self.layer1 = _layer(widths[0], widths[1], _DEPTHS[0], groups)
        self.layer2 = _layer(widths[1], widths[2], _DEPTHS[1], groups)
        self.layer3 = _layer(widths[2], widths[3], _DEPTHS[2], groups)
        self.classifier = nn.Sequential(nn.Identity(), nn.Linear(widths[3], classes))

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to logits (N, classes)."""
        features = self.maxpool(self.conv1(clip))
        features = self.layer3(self.layer2(self.layer1(features)))
        logits: torch.Tensor = self.classifier(features.mean((2, 3, 4)))
        return logits


def _layer(channels_in: int, channels_out: int, depth: int, groups: int) -> nn.Sequential:
    first = ShuffleUnit(channels_in, channels_out, strided=True, groups=groups)
    later = (
        ShuffleUnit(channels_out, channels_out, strided=False, groups=groups)
        for _ in range(depth - 1)
    )
    return nn.Sequential(first, *later)


def _options(state: State) -> dict[str, Any]:
    """Return widths and groups: a grouped convolution has a group's channels in its weight."""
    widths = rows(state, ("conv1.0.weight", *(f"layer{n}.1.conv3.weight" for n in (1, 2, 3))))
    last = weight_called(state, "layer1.1.conv3.weight")
    if len(widths) < 4 or last is None or last.ndim != 5 or not last.shape[1]:
        return {}
    return {"widths": widths, "groups": max(1, widths[1] // 4 // int(last.shape[1]))}


def _widths(factor: float) -> tuple[int, ...]:
    return tuple(int(channels * factor) for channels in _WIDTHS)


def _network(name: str, factor: float) -> Network:
    """Describe a published width, for weights whose clips are squeezed to a square."""
    spec = jester_spec(name, "layer3", (112, 112))
    build = partial(ShuffleNet3D, widths=_widths(factor))
    return Network(spec, "classifier.1.weight", build, SOURCE)


NETWORKS = {
    "shufflenet3d": Network(
        jester_spec("shufflenet3d", "layer3"),
        "classifier.1.weight",
        ShuffleNet3D,
        SOURCE,
        options=_options,
    ),
    "shufflenet3d_x0_5": _network("shufflenet3d_x0_5", 0.5),
    "shufflenet3d_x1_0": _network("shufflenet3d_x1_0", 1.0),
    "shufflenet3d_x1_5": _network("shufflenet3d_x1_5", 1.5),
    "shufflenet3d_x2_0": _network("shufflenet3d_x2_0", 2.0),
}
"""Any width and groups as the weights have them; and the published widths of three groups."""

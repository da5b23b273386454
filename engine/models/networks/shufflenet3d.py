"""3D ShuffleNet (2019): grouped 1x1x1 and depthwise 3x3x3 convolutions with shuffled channels.

The input is that of the weights published for Jester, 27 gestures of the hand: 16 frames, every
second one, squeezed to a square, less the mean of ActivityNet in 0 to 255.
"""

from __future__ import annotations

from functools import partial

import torch
from torch import nn
from torch.nn import functional

from engine.models.networks.network import Network
from engine.types import ModelSpec

_GROUPS = 3
_DEPTHS = (4, 8, 4)
_WIDTHS = (24, 240, 480, 960)
"""Channels after the first convolution and after each layer, at width 1 and three groups."""

_LABELS = (
    "Doing other things",
    "Drumming fingers",
    "No gesture",
    "Pulling hand in",
    "Pulling two fingers in",
    "Pushing hand away",
    "Pushing two fingers away",
    "Rolling hand backward",
    "Rolling hand forward",
    "Shaking hand",
    "Sliding two fingers down",
    "Sliding two fingers left",
    "Sliding two fingers right",
    "Sliding two fingers up",
    "Stop sign",
    "Swiping down",
    "Swiping left",
    "Swiping right",
    "Swiping up",
    "Thumb down",
    "Thumb up",
    "Turning hand clockwise",
    "Turning hand counterclockwise",
    "Zooming in with full hand",
    "Zooming in with two fingers",
    "Zooming out with full hand",
    "Zooming out with two fingers",
)
"""The gestures of Jester in alphabetical order, the classes' order here."""


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
    width : float
        Factor of all channels.
    """

    def __init__(self, classes: int, width: float) -> None:
        super().__init__()
        widths = [int(channels * width) for channels in _WIDTHS]
        first = nn.Conv3d(3, widths[0], 3, (1, 2, 2), 1, bias=False)
        self.conv1 = nn.Sequential(first, nn.BatchNorm3d(widths[0]), nn.ReLU())
        self.maxpool = nn.MaxPool3d(3, 2, 1)
        self.layer1 = _layer(widths[0], widths[1], _DEPTHS[0])
        self.layer2 = _layer(widths[1], widths[2], _DEPTHS[1])
        self.layer3 = _layer(widths[2], widths[3], _DEPTHS[2])
        self.classifier = nn.Sequential(nn.Identity(), nn.Linear(widths[3], classes))

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to logits (N, classes)."""
        features = self.maxpool(self.conv1(clip))
        features = self.layer3(self.layer2(self.layer1(features)))
        logits: torch.Tensor = self.classifier(features.mean((2, 3, 4)))
        return logits


def _layer(channels_in: int, channels_out: int, depth: int) -> nn.Sequential:
    first = ShuffleUnit(channels_in, channels_out, strided=True, groups=_GROUPS)
    later = (
        ShuffleUnit(channels_out, channels_out, strided=False, groups=_GROUPS)
        for _ in range(depth - 1)
    )
    return nn.Sequential(first, *later)


def _network(name: str, width: float) -> Network:
    spec = ModelSpec(
        name=name,
        labels=_LABELS,
        frames=16,
        fps=None,
        stride=2,
        resize=(112, 112),
        crop=(112, 112),
        mean=(114.7748, 107.7354, 99.4750),
        std=(1.0, 1.0, 1.0),
        value_range=(0.0, 255.0),
        layer="layer3",
        trained_on="Jester (27 hand gestures)",
    )
    source = "Köpüklü et al. 2019, arXiv 1904.02422; names of okankop/Efficient-3DCNNs"
    return Network(spec, "classifier.1.weight", partial(ShuffleNet3D, width=width), source)


NETWORKS = {
    "shufflenet3d_x0_5": _network("shufflenet3d_x0_5", 0.5),
    "shufflenet3d_x1_0": _network("shufflenet3d_x1_0", 1.0),
    "shufflenet3d_x1_5": _network("shufflenet3d_x1_5", 1.5),
    "shufflenet3d_x2_0": _network("shufflenet3d_x2_0", 2.0),
}
"""The published widths, all with three groups."""

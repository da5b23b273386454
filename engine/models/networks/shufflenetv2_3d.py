"""3D ShuffleNetV2 (2019): half of the channels pass a unit unchanged, then all are shuffled.

The widths are read from the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from engine.models.networks.jester import SOURCE, jester_spec
from engine.models.networks.network import Network, Triple, rows
from engine.models.weights.checkpoint import State

_WIDTHS = (24, 116, 232, 464, 1024)
"""Channels after the first convolution, after each stage, and after the last convolution."""
_DEPTHS = (4, 8, 4)
_FIRST_UNITS = (0, 4, 12)


class SplitUnit(nn.Module):
    """A unit whose branches are put beside each other and shuffled.

    Parameters
    ----------
    before, after : int
        Channels.
    strided : bool
        Whether it halves time, height and width. Both branches then have convolutions and see
        all channels; else each has a half, and the first one stays as it is.
    """

    def __init__(self, before: int, after: int, strided: bool) -> None:
        super().__init__()
        half, stride = after // 2, 2 if strided else 1
        if strided:
            self.banch1 = nn.Sequential(  # the published code spells it so
                *_depthwise(before, stride), *_rectified(before, half, 1, 1)
            )
        self.banch2 = nn.Sequential(
            *_rectified(before if strided else half, half, 1, 1),
            *_depthwise(half, stride),
            *_rectified(half, half, 1, 1),
        )
        self._strided = strided
        self._shuffle = nn.ChannelShuffle(2)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, before, T, H, W) to (N, after, T, H, W), halved where strided."""
        if self._strided:
            parts = [self.banch1(features), self.banch2(features)]
        else:
            kept, changed = features.chunk(2, 1)
            parts = [kept, self.banch2(changed)]
        shuffled: torch.Tensor = self._shuffle(torch.cat(parts, 1))
        return shuffled


class ShuffleNetV23D(nn.Module):
    """Scores clips of any size by the average of the last features.

    Parameters
    ----------
    classes : int
        Number of logits.
    widths : sequence of five int
        Channels after the first convolution, each stage, and the last convolution.
    """

    def __init__(self, classes: int, widths: Sequence[int] = _WIDTHS) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(*_rectified(3, widths[0], 3, (1, 2, 2)))
        self.maxpool = nn.MaxPool3d(3, 2, 1)
        units = []
        for depth, before, after in zip(_DEPTHS, widths, widths[1:], strict=False):
            units += [SplitUnit(before if n == 0 else after, after, n == 0) for n in range(depth)]
        self.features = nn.Sequential(*units)
        self.conv_last = nn.Sequential(*_rectified(widths[3], widths[4], 1, 1))
        self.classifier = nn.Sequential(nn.Identity(), nn.Linear(widths[4], classes))

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to logits (N, classes)."""
        features = self.conv_last(self.features(self.maxpool(self.conv1(clip))))
        logits: torch.Tensor = self.classifier(features.mean((2, 3, 4)))
        return logits


def _rectified(before: int, after: int, kernel: int, stride: int | Triple) -> tuple[nn.Module, ...]:
    """Return a convolution that keeps the size but for its stride, BatchNorm, and ReLU."""
    convolution = nn.Conv3d(before, after, kernel, stride, kernel // 2, bias=False)
    return convolution, nn.BatchNorm3d(after), nn.ReLU()


def _depthwise(channels: int, stride: int) -> tuple[nn.Module, ...]:
    convolution = nn.Conv3d(channels, channels, 3, stride, 1, groups=channels, bias=False)
    return convolution, nn.BatchNorm3d(channels)


def _options(state: State) -> dict[str, Any]:
    halves = rows(state, (f"features.{index}.banch2.5.weight" for index in _FIRST_UNITS))
    ends = rows(state, ("conv1.0.weight", "conv_last.0.weight"))
    if len(halves) < 3 or len(ends) < 2:
        return {}
    return {"widths": (ends[0], *(2 * half for half in halves), ends[1])}


NETWORKS = {
    "shufflenetv2_3d": Network(
        jester_spec("shufflenetv2_3d", "conv_last"),
        "classifier.1.weight",
        ShuffleNetV23D,
        SOURCE,
        options=_options,
    )
}

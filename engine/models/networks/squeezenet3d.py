"""3D SqueezeNet (2019): few channels are squeezed out of many, then expanded two ways.

The published versions 1.0 and 1.1 have other first convolutions, and pool at other places; the
weights tell which one they are of.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from engine.models.networks.jester import SOURCE, jester_spec
from engine.models.networks.network import Network, rows
from engine.models.weights.checkpoint import State

_FIRES = ((16, 64), (16, 64), (32, 128), (32, 128), (48, 192), (48, 192), (64, 256), (64, 256))
"""Channels squeezed to, and expanded to by each of two convolutions, of the eight Fire modules."""

_STEMS = {"1.0": (96, 7), "1.1": (64, 3)}
"""Channels and extent of the first convolution."""

_POOLED_AFTER = {"1.0": (0, 2, 4, 7), "1.1": (0, 2, 4, 6)}
"""Numbers of Fire modules after which a max pooling halves time, height and width."""


class Fire(nn.Module):
    """A 1x1x1 convolution to few channels, then 1x1x1 and 3x3x3 ones side by side."""

    def __init__(self, before: int, squeezed: int, expanded: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv3d(before, squeezed, 1)
        self.squeeze_bn = nn.BatchNorm3d(squeezed)
        self.expand1x1 = nn.Conv3d(squeezed, expanded, 1)
        self.expand1x1_bn = nn.BatchNorm3d(expanded)
        self.expand3x3 = nn.Conv3d(squeezed, expanded, 3, padding=1)
        self.expand3x3_bn = nn.BatchNorm3d(expanded)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, before, T, H, W) to (N, 2 expanded, T, H, W). Equal channels are added."""
        narrow = functional.relu(self.squeeze_bn(self.squeeze(features)))
        parts = [
            self.expand1x1_bn(self.expand1x1(narrow)),
            self.expand3x3_bn(self.expand3x3(narrow)),
        ]
        wide = torch.cat(parts, 1)
        added = wide.shape[1] == features.shape[1]
        return functional.relu(wide + features if added else wide)


class SqueezeNet3D(nn.Module):
    """Scores clips of any size: logits of places, none negative, are averaged.

    Parameters
    ----------
    classes : int
        Number of logits.
    version : str
        "1.0" or "1.1".
    """

    def __init__(self, classes: int, version: str = "1.1") -> None:
        super().__init__()
        channels, kernel = _STEMS[version]
        first = nn.Conv3d(3, channels, kernel, (1, 2, 2), kernel // 2)
        layers: list[nn.Module] = [first, nn.BatchNorm3d(channels), nn.ReLU()]
        for number, (squeezed, expanded) in enumerate(_FIRES):
            if number in _POOLED_AFTER[version]:
                layers.append(nn.MaxPool3d(3, 2, 1))
            layers.append(Fire(channels, squeezed, expanded))
            channels = 2 * expanded
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Identity(), nn.Conv3d(channels, classes, 1), nn.ReLU())

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to logits (N, classes)."""
        logits: torch.Tensor = self.classifier(self.features(clip)).mean((2, 3, 4))
        return logits


def _options(state: State) -> dict[str, Any]:
    stem = rows(state, ("features.0.weight",))
    return {"version": "1.0"} if stem == (_STEMS["1.0"][0],) else {}


NETWORKS = {
    "squeezenet3d": Network(
        jester_spec("squeezenet3d", "features"),
        "classifier.1.weight",
        SqueezeNet3D,
        SOURCE,
        options=_options,
    )
}

"""C3D: eight 3x3x3 convolutions and three dense layers over 16 frames, also with BatchNorm.

The weights for Sports-1M came out of Caffe, which was given frames as OpenCV reads them: blue
first, 0 to 255, less a mean. The script beside the PyTorch port gives red first and subtracts
nothing. Weights tuned further want what they were tuned on, so both are offered.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from engine.models.networks.jester import SOURCE, jester_spec
from engine.models.networks.network import Network, numbered, weight_called
from engine.models.preprocess.input_layout import packing
from engine.models.weights.checkpoint import State
from engine.types import ModelSpec

_BLOCKS = (("1",), ("2",), ("3a", "3b"), ("4a", "4b"), ("5a", "5b"))
_WIDTHS = (64, 128, 256, 512, 512)


class RectifiedConv(nn.Conv3d):
    """A 3x3x3 convolution and its ReLU, in one so that the weight keeps its published name."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(channels_in, channels_out, 3, padding=1)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, channels_in, T, H, W) to (N, channels_out, T, H, W), none negative."""
        return functional.relu(super().forward(features))


class C3D(nn.Module):
    """Scores clips of exactly 16 frames of 112x112."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        channels = 3
        for number, (names, width) in enumerate(zip(_BLOCKS, _WIDTHS, strict=True), 1):
            for name in names:
                self.add_module(f"conv{name}", RectifiedConv(channels, width))
                channels = width
            self.add_module(f"pool{number}", _pooling(number))
        self.fc6 = nn.Linear(512 * 4 * 4, 4096)
        self.fc7 = nn.Linear(4096, 4096)
        self.fc8 = nn.Linear(4096, classes)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, 16, 112, 112) to logits (N, classes)."""
        features = clip
        for number, names in enumerate(_BLOCKS, 1):
            for name in names:
                features = self.get_submodule(f"conv{name}")(features)
            features = self.get_submodule(f"pool{number}")(features)
        hidden = functional.relu(self.fc6(torch.flatten(features, 1)))
        logits: torch.Tensor = self.fc8(functional.relu(self.fc7(hidden)))
        return logits


class C3DNormed(nn.Module):
    """C3D with BatchNorm under the names of Efficient-3DCNNs.

    Parameters
    ----------
    classes : int
        Number of logits.
    places : int
        Positions in time, height and width that are left before the dense layers: 16 for 16
        frames of 112x112.
    """

    def __init__(self, classes: int, places: int = 16) -> None:
        super().__init__()
        channels = 3
        for number, (names, width) in enumerate(zip(_BLOCKS, _WIDTHS, strict=True), 1):
            layers: list[nn.Module] = []
            for _ in names:
                convolution = nn.Conv3d(channels, width, 3, padding=1)
                layers += [convolution, nn.BatchNorm3d(width), nn.ReLU()]
                channels = width
            self.add_module(f"group{number}", nn.Sequential(*layers, _pooling_normed(number)))
        self.fc1 = nn.Sequential(nn.Linear(512 * places, 4096), nn.ReLU())
        self.fc2 = nn.Sequential(nn.Linear(4096, 4096), nn.ReLU())
        self.fc = nn.Sequential(nn.Linear(4096, classes))

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W), by default (N, 3, 16, 112, 112), to logits (N, classes)."""
        features = clip
        for number in range(1, len(_BLOCKS) + 1):
            features = self.get_submodule(f"group{number}")(features)
        logits: torch.Tensor = self.fc(self.fc2(self.fc1(torch.flatten(features, 1))))
        return logits


def _pooling_normed(number: int) -> nn.MaxPool3d:
    if number == 5:
        return nn.MaxPool3d((1, 2, 2), 2, (0, 1, 1))
    return nn.MaxPool3d(2, (1, 2, 2) if number == 1 else 2)


def _options(state: State) -> dict[str, Any]:
    dense = weight_called(state, "fc1.0.weight")
    return {} if dense is None or dense.ndim != 2 else {"places": int(dense.shape[1]) // 512}


def _pooling(number: int) -> nn.MaxPool3d:
    size = (1, 2, 2) if number == 1 else (2, 2, 2)
    return nn.MaxPool3d(size, size, (0, 1, 1) if number == 5 else 0)


def _spec(name: str, mean: tuple[float, float, float]) -> ModelSpec:
    return ModelSpec(
        name=name,
        labels=numbered(487),
        frames=16,
        fps=None,
        stride=1,
        resize=(128, 171),
        crop=(112, 112),
        mean=mean,
        std=(1.0, 1.0, 1.0),
        value_range=(0.0, 255.0),
        layer="conv5b",
    )


_SOURCE = (
    "Tran et al. 2015, arXiv 1412.0767; names of the ports DavideA/c3d-pytorch and "
    "jfzhang95/pytorch-video-recognition"
)

NETWORKS = {
    "c3d": Network(
        _spec("c3d", (102.0, 98.0, 90.0)), "fc8.weight", C3D, _SOURCE, packing("NCTHW", "bgr")
    ),
    "c3d_rgb": Network(_spec("c3d_rgb", (0.0, 0.0, 0.0)), "fc8.weight", C3D, _SOURCE),
    "c3d_bn": Network(
        jester_spec("c3d_bn", "group5"), "fc.0.weight", C3DNormed, SOURCE, options=_options
    ),
}

"""The bundled network of Motion Figures: a small 3D CNN, architecture and constants only.

It is apart from loading so that the training script and the registry of models share one
definition, and so that both stay small.
"""

from __future__ import annotations

import torch
from torch import nn

FIGURES_LABELS: tuple[str, ...] = (
    "walking",
    "jogging",
    "running",
    "boxing",
    "hand waving",
    "hand clapping",
    "jumping jack",
    "squatting",
)
"""The eight activities, in the order of the logits."""

FIGURES_FRAMES = 16
"""Frames in one input clip."""

FIGURES_FPS = 15.0
"""Frame rate of the clips, in frames per second."""

FIGURES_SIZE = 112
"""Height and width of the input, in pixels."""

FIGURES_MEAN: tuple[float, float, float] = (0.5, 0.5, 0.5)
"""Mean per channel (RGB) of values in [0, 1]."""

FIGURES_STD: tuple[float, float, float] = (0.25, 0.25, 0.25)
"""Standard deviation per channel (RGB) of values in [0, 1]."""


class ConvUnit(nn.Module):
    """Convolution over time and space, batch normalisation, ReLU.

    Parameters
    ----------
    channels_in, channels_out : int
        Channels before and after.
    stride : int
        Stride in height and width; time is never strided.
    kernel : (int, int, int)
        Odd extent in time, height and width, in cells.
    """

    def __init__(
        self,
        channels_in: int,
        channels_out: int,
        stride: int = 1,
        kernel: tuple[int, int, int] = (3, 3, 3),
    ) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
        self.conv = nn.Conv3d(
            channels_in, channels_out, kernel, (1, stride, stride), padding, bias=False
        )
        self.norm = nn.BatchNorm3d(channels_out)
        self.relu = nn.ReLU()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, channels_in, T, H, W) to (N, channels_out, T, H / stride, W / stride)."""
        activated: torch.Tensor = self.relu(self.norm(self.conv(features)))
        return activated


class ResidualUnit(nn.Module):
    """One `ConvUnit` of unchanged shape whose input is added to its output."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.unit = ConvUnit(channels, channels)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Map (N, channels, T, H, W) to the same shape."""
        added: torch.Tensor = features + self.unit(features)
        return added


class FiguresNet(nn.Module):
    """Names the activity of one figure in a clip.

    Time keeps its full resolution up to the global average, so an explanation can be sharp
    in time; space is halved four times, so that it is fast on a CPU.
    """

    def __init__(self, classes: int = len(FIGURES_LABELS)) -> None:
        super().__init__()
        self.features = nn.Sequential(
            ConvUnit(3, 16, stride=2, kernel=(3, 5, 5)),
            ConvUnit(16, 32, stride=2),
            ResidualUnit(32),
            ConvUnit(32, 80, stride=2),
            ResidualUnit(80),
            ConvUnit(80, 128, stride=2),
            ResidualUnit(128),
        )
        self.pool = nn.AdaptiveAvgPool3d(1)
        self.head = nn.Linear(128, classes)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Score a batch of clips.

        Parameters
        ----------
        clip : float32 tensor, (N, 3, T, H, W)
            RGB in [0, 1], less `FIGURES_MEAN`, over `FIGURES_STD`. T is `FIGURES_FRAMES`, H and
            W are `FIGURES_SIZE`.

        Returns
        -------
        float32 tensor, (N, classes)
            Logits, before any softmax, in the order of `FIGURES_LABELS`.
        """
        pooled = torch.flatten(self.pool(self.features(clip)), 1)
        logits: torch.Tensor = self.head(pooled)
        return logits

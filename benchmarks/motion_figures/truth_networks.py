"""Small networks of several architectures, whose reliance on movement is planted by training.

They share their first layers, those of the bundled network and of one that reads signs, so that
the rest learns in seconds. Three can see the order of frames. Two see single frames and forget
their order, so their true share of movement is 0. All take (N, 3, T, 112, 112) and give logits
(N, 8).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.models.networks.figures import FIGURES_FRAMES, FIGURES_LABELS, FiguresNet

CLASSES = len(FIGURES_LABELS)
DEPTH = 5
"""Layers of each network in the stem; after them a picture has 14 x 14 cells."""

STEM_CHANNELS = 160
GRID = 7
WIDTH = 48


class Stem(nn.Module):
    """The first layers of two trained networks side by side, not trained any more."""

    def __init__(self, networks: tuple[FiguresNet, FiguresNet]) -> None:
        super().__init__()
        self.paths = nn.ModuleList(network.features[:DEPTH] for network in networks)

    def forward(self, clip: Tensor) -> Tensor:
        """Map (N, 3, T, 112, 112) to (N, 160, T, 7, 7).

        Computed in bfloat16: six times as fast on CPUs that have it, and what the tops learn on.
        """
        with torch.autocast(clip.device.type, torch.bfloat16):
            features = torch.cat([path(clip) for path in self.paths], 1)
        return functional.avg_pool3d(features.float(), (1, 2, 2))


class FrameStem(nn.Module):
    """The same layers on every frame by itself: filters summed over time, as a still has them."""

    def __init__(self, networks: tuple[FiguresNet, FiguresNet]) -> None:
        super().__init__()
        self.paths = nn.ModuleList(network.features[:DEPTH] for network in networks)
        for module in self.modules():
            if isinstance(module, nn.Conv3d):
                module.weight = nn.Parameter(module.weight.detach().sum(2, keepdim=True))
                module.kernel_size = (1, *module.kernel_size[1:])
                module.padding = (0, *module.padding[1:])

    forward = Stem.forward


class SeparableTop(nn.Module):
    """Convolutions in space and in time by turns, the (2+1)D of Tran et al. 2018."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Conv3d(STEM_CHANNELS, WIDTH, 1)
        self.layers = nn.ModuleList(
            nn.Sequential(
                nn.Conv3d(WIDTH, WIDTH, (1, 3, 3), (1, 2, 2), (0, 1, 1)),
                nn.ReLU(),
                nn.Conv3d(WIDTH, WIDTH, (3, 1, 1), 1, (1, 0, 0)),
                nn.ReLU(),
            )
            for _ in range(2)
        )
        self.head = nn.Linear(WIDTH, CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, 160, T, 7, 7) to logits."""
        features = functional.relu(self.enter(features))
        for layer in self.layers:
            features = layer(features)
        logits: Tensor = self.head(features.mean((2, 3, 4)))
        return logits


class FrameVectors(nn.Module):
    """A vector for every frame: (N, 160, T, 7, 7) to (N, T, 48)."""

    def __init__(self) -> None:
        super().__init__()
        self.enter = nn.Conv3d(STEM_CHANNELS, WIDTH, 1)
        self.space = nn.Conv3d(WIDTH, WIDTH, (1, 3, 3), (1, 2, 2), (0, 1, 1))

    def forward(self, features: Tensor) -> Tensor:
        """Map every frame by itself."""
        features = functional.relu(self.space(functional.relu(self.enter(features))))
        return features.amax((3, 4)).transpose(1, 2)


class LstmTop(nn.Module):
    """An LSTM over the vectors of the frames, whose states are averaged."""

    def __init__(self) -> None:
        super().__init__()
        self.vectors = FrameVectors()
        self.lstm = nn.LSTM(WIDTH, 64, batch_first=True)
        self.head = nn.Linear(64, CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, 160, T, 7, 7) to logits."""
        states, _ = self.lstm(self.vectors(features))
        logits: Tensor = self.head(states.mean(1))
        return logits


class Block(nn.Module):
    """Self-attention and a perceptron, each after LayerNorm and added to its input."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self._heads = heads
        self.before_attention, self.before_mlp = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, tokens: Tensor) -> Tensor:
        """Map (N, L, width) to the same shape."""
        parts = self.qkv(self.before_attention(tokens)).unflatten(2, (3, self._heads, -1))
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(query, key, value)
        tokens = tokens + self.out(seen.transpose(1, 2).flatten(2))
        result: Tensor = tokens + self.mlp(self.before_mlp(tokens))
        return result


class TransformerTop(nn.Module):
    """Tokens of two frames and a quarter of the picture's sides, with places, and two blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv3d(STEM_CHANNELS, WIDTH, (2, 3, 3), (2, 2, 2), (0, 1, 1))
        self.places = nn.Parameter(0.02 * torch.randn(1, FIGURES_FRAMES // 2 * 16, WIDTH))
        self.blocks = nn.Sequential(Block(WIDTH, 4), Block(WIDTH, 4))
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, 160, T, 7, 7) to logits."""
        tokens = self.patches(features).flatten(2).transpose(1, 2) + self.places
        logits: Tensor = self.head(self.norm(self.blocks(tokens)).mean(1))
        return logits


class FrameMeanTop(nn.Module):
    """Logits of every frame, averaged: order makes no difference."""

    def __init__(self) -> None:
        super().__init__()
        self.vectors, self.head = FrameVectors(), nn.Linear(WIDTH, CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, 160, T, 7, 7) to logits."""
        logits: Tensor = self.head(self.vectors(features)).mean(1)
        return logits


class FrameSetTop(nn.Module):
    """Attention over the vectors of the frames, without places: a set of pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.vectors, self.block = FrameVectors(), Block(WIDTH, 4)
        self.norm, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, CLASSES)

    def forward(self, features: Tensor) -> Tensor:
        """Map (N, 160, T, 7, 7) to logits."""
        tokens = self.norm(self.block(self.vectors(features)))
        logits: Tensor = self.head(tokens.amax(1))
        return logits


TOPS: dict[str, Callable[[], nn.Module]] = {
    "separable": SeparableTop,
    "lstm": LstmTop,
    "transformer": TransformerTop,
    "frame-mean": FrameMeanTop,
    "frame-set": FrameSetTop,
}
"""What stands on the stem, untrained."""

BLIND_TO_ORDER = ("frame-mean", "frame-set")
"""Those that no order of the frames makes a difference to; they stand on the `FrameStem`."""

"""A network of torchvision for pictures that sees each frame, and what joins the frames."""

from __future__ import annotations

import torch
from torch import nn
from torchvision import models

JOINTS = ("mean", "max", "last", "final")
"""What is made of values over time: their mean, their maximum, those of the last frame, or the
final state of a recurrent layer, which where it runs both ways has seen all frames twice."""

_AMBIGUOUS = ("googlenet", "inception_v3")
"""Networks that change the colours of their input, or do not, as the weights do not tell."""


class FrameNetwork(nn.Module):
    """Scores clips by features of their frames.

    Parameters
    ----------
    frames : nn.Module
        From pictures (N, 3, H, W) to features (N, C).
    recurrent : nn.RNNBase or None
        Runs over the features of the frames, batch first.
    head : nn.Module or None
        From joined features to logits; None where the frames have logits already.
    joint : str
        One of `JOINTS`; "final" needs a recurrent layer.
    """

    def __init__(
        self, frames: nn.Module, recurrent: nn.RNNBase | None, head: nn.Module | None, joint: str
    ) -> None:
        super().__init__()
        self.frames = frames
        self.recurrent = recurrent
        self.head = head
        self.joint = joint

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        """Map (N, 3, T, H, W) to logits (N, classes)."""
        pictures = clip.transpose(1, 2)
        steps = self.frames(pictures.flatten(0, 1)).unflatten(0, pictures.shape[:2])
        state: torch.Tensor | None = None
        if self.recurrent is not None:
            steps, states = self.recurrent(steps)
            state = states[0] if isinstance(states, tuple) else states
        joined = self._joined(steps, state)
        return joined if self.head is None else self.head(joined)

    def _joined(self, steps: torch.Tensor, state: torch.Tensor | None) -> torch.Tensor:
        """Join (N, T, C) over time to (N, C)."""
        if self.joint == "final" and state is not None and self.recurrent is not None:
            ways = 2 if self.recurrent.bidirectional else 1
            return state[-ways:].transpose(0, 1).flatten(1)
        if self.joint == "last":
            return steps[:, -1]
        return steps.amax(1) if self.joint == "max" else steps.mean(1)


def picture_networks() -> list[str]:
    """Return the names of torchvision's classifiers of pictures that can be used on frames."""
    names: list[str] = models.list_models(module=models)
    return [name for name in names if name not in _AMBIGUOUS and "squeezenet" not in name]


def picture_network(name: str) -> tuple[nn.Module, str]:
    """Build one of `picture_networks` with random weights, and name its last linear layer."""
    network: nn.Module = models.get_model(name, weights=None)
    linear = [part for part, module in network.named_modules() if isinstance(module, nn.Linear)]
    return network, linear[-1]

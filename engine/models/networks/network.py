"""Description of a network: definition, input, weights. What several definitions share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torchvision.models import get_model_weights

from engine.cancel import Check
from engine.models.weights.checkpoint import State
from engine.types import ModelSpec, Report

START = r"(?<![^.])"
"""In a regular expression of names: the beginning of a name, or of what is behind a prefix."""

Triple = tuple[int, int, int]
"""Something of time, height and width."""


@dataclass(frozen=True, slots=True)
class Network:
    """A kind of network and its default weights.

    Attributes
    ----------
    spec : ModelSpec
        Input and classes of the default or published weights.
    head : str
        Name of the classifier's weight; its first dimension is the number of classes.
    build : callable
        Number of classes -> network with random weights, for explaining: without dropout and
        without a final softmax.
    source : str
        Paper, and the project whose published weights have these names, for weights to bring.
    pack : callable or None
        From clips (N, 3, T, h, w) to what the network takes, where that is something else.
    default_weights : callable or None
        (report, check) -> state dict; may download. None where the user brings the weights.
    options : callable or None
        Of a name that stands for networks of several sizes: weights -> keyword arguments of
        ``build`` (widths, groups, depth) as the shapes tell them, none where they do not fit.
    renames : sequence of (str, str)
        Regular expressions and what replaces them, one after the other: names of another project
        that publishes weights of the network. They begin with `START`.
    unused : str
        Beginning of the names of weights that are published with it and belong to another part.
    """

    spec: ModelSpec
    head: str
    build: Callable[..., nn.Module]
    source: str = ""
    pack: Callable[[torch.Tensor], Any] | None = None
    default_weights: Callable[[Report, Check], State] | None = None
    options: Callable[[State], dict[str, Any]] | None = None
    renames: Sequence[tuple[str, str]] = ()
    unused: str = ""

    def renamed(self, state: State) -> State:
        """Return weights under the names of this definition, behind the prefixes they have."""
        for pattern, new in self.renames:
            state = {re.sub(pattern, new, name): weight for name, weight in state.items()}
        if not self.unused:
            return state
        return {name: state[name] for name in state if f".{self.unused}" not in f".{name}"}

    def built_for(self, state: State, classes: int) -> nn.Module:
        """Return the network in the size of weights, itself with random ones.

        Weights of another network leave the usual size: fitting them then tells what differs.
        """
        options = {} if self.options is None else self.options(state)
        if options and not self._holds(state, classes, options):
            options = {}
        return self.build(classes, **options)

    def _holds(self, state: State, classes: int, options: dict[str, Any]) -> bool:
        """Return whether weights are enough for a size, and there is one like it."""
        try:
            with torch.device("meta"):
                needed = self.build(classes, **options).parameters()
        except (ValueError, RuntimeError):  # of torch: groups that do not divide, no channels
            return False
        others = (one for one in needed if one.shape[1:2] != (3,))  # one channel has fewer
        return sum(one.numel() for one in others) <= sum(one.numel() for one in state.values())


def numbered(count: int) -> tuple[str, ...]:
    """Return numbered names for classes without a list of names."""
    return tuple(f"class {index}" for index in range(count))


def kinetics_labels() -> tuple[str, ...]:
    """Return the 400 names of Kinetics-400 in alphabetical order, the classes' order here."""
    return tuple(get_model_weights("r3d_18").DEFAULT.meta["categories"])


def weight_called(state: State, name: str) -> torch.Tensor | None:
    """Return a weight by its name, or the only one with that name behind a wrapper's."""
    if name in state:
        return state[name]
    behind = [tensor for key, tensor in state.items() if key.endswith(f".{name}")]
    return behind[0] if len(behind) == 1 else None


def rows(state: State, names: Iterable[str]) -> tuple[int, ...]:
    """Return the first dimensions (output channels) of those of the weights that are there."""
    found = (weight_called(state, name) for name in names)
    return tuple(int(weight.shape[0]) for weight in found if weight is not None and weight.ndim)


def take_one_channel(module: nn.Module) -> None:
    """Make a network that takes three colours take one channel instead, in place.

    Its weights are to be loaded anew: those of the first convolutions keep one channel of three.
    """
    for part in module.modules():
        if isinstance(part, nn.Conv2d | nn.Conv3d) and part.in_channels == 3 and part.groups == 1:
            part.in_channels = 1
            part.weight = nn.Parameter(part.weight[:, :1].clone(), part.weight.requires_grad)


def depths(state: State) -> tuple[int, ...]:
    """Return how many blocks the weights have in layer1 to layer4, where they have these."""
    blocks = {match[0] for name in state for match in re.findall(r"\b(layer([1-4])\.\d+)\.", name)}
    counts = Counter(int(block[len("layer")]) for block in blocks)
    return tuple(counts[layer] for layer in range(1, 5)) if len(counts) == 4 else ()


def window_averages(features: torch.Tensor, window: Triple) -> torch.Tensor:
    """Average (N, C, T, H, W) in every position of a window, cut to the input's size.

    Larger pictures than the network was trained on have several positions.
    """
    sizes = [min(pair) for pair in zip(features.shape[2:], window, strict=True)]
    averages: torch.Tensor = functional.avg_pool3d(features, sizes, 1)
    return averages


def averaged(features: torch.Tensor, window: Triple) -> torch.Tensor:
    """Average (N, C, T, H, W) over all positions of a window, to (N, C).

    A linear classifier after it gives the average of the logits of all positions.
    """
    return window_averages(features, window).mean((2, 3, 4))

"""Description of a network whose weights the user brings: definition, input, sources."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torchvision.models import get_model_weights

from engine.types import ModelSpec

Triple = tuple[int, int, int]
"""Something of time, height and width."""


@dataclass(frozen=True, slots=True)
class Network:
    """A published network.

    Attributes
    ----------
    title : str
        Name for people.
    spec : ModelSpec
        Input and classes of the published weights.
    head : str
        Name of the classifier's weight; its first dimension is the number of classes.
    build : callable
        Number of classes -> network with random weights, for explaining: without dropout and
        without a final softmax.
    source : str
        Paper, and the project whose published weights have these names.
    pack : callable or None
        From clips (N, 3, T, h, w) to what the network takes, where that is something else.
    """

    title: str
    spec: ModelSpec
    head: str
    build: Callable[[int], nn.Module]
    source: str
    pack: Callable[[torch.Tensor], Any] | None = None


def numbered(count: int) -> tuple[str, ...]:
    """Return numbered names for classes without a list of names."""
    return tuple(f"class {index}" for index in range(count))


def kinetics_labels() -> tuple[str, ...]:
    """Return the 400 names of Kinetics-400 in alphabetical order, the classes' order here."""
    return tuple(get_model_weights("r3d_18").DEFAULT.meta["categories"])

"""Sources of the catalogue's models: their builders and default weights."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.cancel import Check
from engine.errors import ModelError
from engine.models.cards.library import known_models
from engine.models.networks import NETWORKS
from engine.models.networks.figures import (
    FIGURES_FPS,
    FIGURES_FRAMES,
    FIGURES_LABELS,
    FIGURES_MEAN,
    FIGURES_SIZE,
    FIGURES_STD,
    FiguresNet,
)
from engine.models.networks.torchvision_zoo import (
    TORCHVISION_NAMES,
    build_network,
    download_weights,
    head_of,
    spec_of,
)
from engine.models.weights.checkpoint import State, read_weights
from engine.types import ModelSpec, Report
from engine.utils.hints import did_you_mean
from resources import resource_bytes, resource_path

_BUNDLED = "figures.safetensors"
_RECORD = "figures.json"


@dataclass(frozen=True, slots=True)
class Source:
    """A kind of network and its default weights.

    Attributes
    ----------
    spec : ModelSpec
        For the default weights.
    head : str
        Name of the classifier's weight; its first dimension is the number of classes.
    build : callable
        Number of classes -> network with random weights.
    default_weights : callable or None
        (report, check) -> state dict; may download. None where the user brings the weights.
    origin : str
        Where weights to bring come from, for a hint.
    pack : callable or None
        From clips (N, 3, T, h, w) to what the network takes, as in `VideoModel`.
    """

    spec: ModelSpec
    head: str
    build: Callable[[int], nn.Module]
    default_weights: Callable[[Report, Check], State] | None = None
    origin: str = ""
    pack: Callable[[torch.Tensor], Any] | None = None


def find_source(name: str) -> Source:
    """Return the source of a model by name.

    Raises
    ------
    ModelError
        If no model has that name; the hint has the nearest ones.
    """
    if name == "figures":
        return _figures()
    if name in TORCHVISION_NAMES:
        return _torchvision(name)
    if name in NETWORKS:
        network = NETWORKS[name]
        return Source(
            network.spec, network.head, network.build, origin=network.source, pack=network.pack
        )
    raise _unknown(name)


def _figures() -> Source:
    spec = ModelSpec(
        name="figures",
        labels=FIGURES_LABELS,
        frames=FIGURES_FRAMES,
        fps=FIGURES_FPS,
        stride=None,
        resize=FIGURES_SIZE,
        crop=(FIGURES_SIZE, FIGURES_SIZE),
        mean=FIGURES_MEAN,
        std=FIGURES_STD,
        layer="features",
        trained_on="rendered figures",
        least_familiar=_least_familiar(),
    )
    return Source(spec, "head.weight", FiguresNet, _bundled_weights)


@cache
def _least_familiar() -> float:
    """Read the limit that `benchmarks.motion_figures.familiar` calibrated with the weights."""
    return float(json.loads(resource_bytes(_RECORD))["least_familiar"])


def _bundled_weights(_report: Report, _check: Check) -> State:
    try:
        with resource_path(_BUNDLED) as path:
            return read_weights(path)
    except FileNotFoundError as error:
        raise ModelError(
            f"The bundled weights {_BUNDLED} are missing from this installation.",
            "Install the program again.",
        ) from error


def _torchvision(name: str) -> Source:
    return Source(
        spec_of(name),
        head_of(name),
        lambda classes: build_network(name, classes),
        lambda report, check: download_weights(name, report, check),
    )


def _unknown(name: str) -> ModelError:
    if Path(name).is_file():
        return ModelError(
            f"{name} is a file, not the name of a model.",
            "Name the network and give the file as its weights (--model NAME --weights FILE), "
            "or describe it in a model card (--model CARD.toml).",
        )
    return ModelError(f"There is no model {name!r}.", did_you_mean(name, known_models()))

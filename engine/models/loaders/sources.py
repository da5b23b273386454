"""Sources of the catalogue's models: their builders and default weights."""

from __future__ import annotations

import json
from functools import cache, partial
from pathlib import Path

from engine.cancel import Check
from engine.errors import ModelError
from engine.models.cards.library import known_models
from engine.models.networks import NETWORKS, Network
from engine.models.networks.figures import (
    FIGURES_FPS,
    FIGURES_FRAMES,
    FIGURES_LABELS,
    FIGURES_MEAN,
    FIGURES_SIZE,
    FIGURES_STD,
    FiguresNet,
)
from engine.models.networks.torchvision_zoo import HEADS, build_network, download_weights, spec_of
from engine.models.weights.checkpoint import State, read_weights
from engine.types import ModelSpec, Report
from engine.utils.bounded_files import is_regular
from engine.utils.hints import did_you_mean
from resources import resource_bytes, resource_path

_BUNDLED = "figures.safetensors"
_RECORD = "figures.json"


def find_network(name: str) -> Network:
    """Return the network of a model by name, with its default weights.

    Raises
    ------
    ModelError
        If no model has that name; the hint has the nearest ones.
    """
    if name == "figures":
        return _figures()
    if name in HEADS:
        return _torchvision(name)
    if name in NETWORKS:
        return NETWORKS[name]
    raise _unknown(name)


def _figures() -> Network:
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
    return Network(spec, "head.weight", FiguresNet, default_weights=_bundled_weights)


@cache
def _least_familiar() -> float:
    """Read the limit that `benchmarks.motion_figures.familiar` calibrated with the weights."""
    return float(json.loads(resource_bytes(_RECORD))["least_familiar"])


def _bundled_weights(_report: Report, _check: Check) -> State:
    try:
        with resource_path(_BUNDLED) as path:
            return read_weights(path).state
    except FileNotFoundError as error:
        raise ModelError(
            f"The bundled weights {_BUNDLED} are missing from this installation.",
            "Install the program again.",
        ) from error


def _torchvision(name: str) -> Network:
    return Network(
        spec_of(name),
        HEADS[name],
        lambda classes: build_network(name, classes),
        default_weights=partial(download_weights, name),
    )


def _unknown(name: str) -> ModelError:
    if is_regular(Path(name)):
        return ModelError(
            f"{name} is a file, not the name of a model.",
            "Name the network and give the file as its weights (--model NAME --weights FILE), "
            "or describe it in a model card (--model CARD.toml).",
        )
    return ModelError(f"There is no model {name!r}.", did_you_mean(name, known_models()))

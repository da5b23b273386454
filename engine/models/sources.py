"""Where the models of the catalogue come from: how each is built, and its default weights.

Everything about torchvision's networks (labels, resize, crop, mean, std, rate, address and
checksum of the weights) is read from torchvision's own metadata; nothing is retyped here.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torchvision.models import WeightsEnum, get_model, get_model_weights

from engine.cancel import Check
from engine.errors import ModelError
from engine.models.catalogue import MODELS
from engine.models.checkpoint import State, read_weights
from engine.models.download import Download, Report, fetch
from engine.models.figures import (
    FIGURES_FPS,
    FIGURES_FRAMES,
    FIGURES_LABELS,
    FIGURES_MEAN,
    FIGURES_SIZE,
    FIGURES_STD,
    FiguresNet,
)
from engine.types import ModelSpec
from resources import resource_path

_BUNDLED = "figures.safetensors"

_TORCHVISION_HEADS = {
    "r3d_18": "fc.weight",
    "mc3_18": "fc.weight",
    "r2plus1d_18": "fc.weight",
    "s3d": "classifier.1.weight",
}

_LAYERS = {"r3d_18": "layer4", "mc3_18": "layer4", "r2plus1d_18": "layer4", "s3d": "features"}
"""The last layer with space: where class activation maps are made."""

_CLIP_FRAMES = {"s3d": 64}
"""Frames a clip where we leave the metadata. torchvision scores s3d on 128 frames, 8.5 s of
video: more than many clips have, and 5 GB of memory for one gradient. The network averages
its logits over time and takes any length; its paper (arXiv 1712.04851) trains it on 64."""


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
    default_weights : callable
        (report, check) -> state dict; may download.
    """

    spec: ModelSpec
    head: str
    build: Callable[[int], nn.Module]
    default_weights: Callable[[Report, Check], State]


def find_source(name: str) -> Source:
    """Source of a model by name.

    Raises
    ------
    ModelError
        If no model has that name; the hint has the nearest one and all names.
    """
    if name == "figures":
        return _figures()
    if name in _TORCHVISION_HEADS:
        return _torchvision(name)
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
    )
    return Source(spec, "head.weight", FiguresNet, _bundled_weights)


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
    weights = get_model_weights(name).DEFAULT

    def build(classes: int) -> nn.Module:
        network: nn.Module = get_model(name, weights=None, num_classes=classes)
        return network

    def downloaded(report: Report, check: Check) -> State:
        folder = Path(torch.hub.get_dir()) / "checkpoints"  # where torchvision looks, too
        return read_weights(fetch(Download(weights.url, folder, f"{name} weights"), report, check))

    return Source(_torchvision_spec(name, weights), _TORCHVISION_HEADS[name], build, downloaded)


def _torchvision_spec(name: str, weights: WeightsEnum) -> ModelSpec:
    """Translate the metadata of torchvision's weights."""
    preset = weights.transforms()
    resize = preset.resize_size
    return ModelSpec(
        name=name,
        labels=tuple(weights.meta["categories"]),
        frames=_CLIP_FRAMES.get(name, int(_evaluated_with(weights, "clip_len"))),
        fps=_evaluated_with(weights, "frame_rate"),
        stride=None,
        resize=resize[0] if len(resize) == 1 else (resize[0], resize[1]),
        crop=(preset.crop_size[0], preset.crop_size[1]),
        mean=tuple(preset.mean),
        std=tuple(preset.std),
        layer=_LAYERS.get(name, ""),
    )


def _evaluated_with(weights: WeightsEnum, setting: str) -> float:
    """A setting of torchvision's evaluation; it stands only in the words of the metadata."""
    found = re.search(rf"`{setting}=([\d.]+)`", weights.meta["_docs"])
    if found is None:
        raise ModelError(
            f"torchvision's metadata of {weights} does not tell its {setting}.",
            "Install a version of torchvision that this program was tested with.",
        )
    return float(found.group(1))


def _unknown(name: str) -> ModelError:
    known = f"Known models: {', '.join(MODELS)}."
    if Path(name).is_file():
        return ModelError(
            f"{name} is a file, not the name of a model.",
            "Name the network and give the file as its weights "
            f"(--model NAME --weights FILE). {known}",
        )
    nearest = difflib.get_close_matches(name.lower(), MODELS, n=1, cutoff=0.5)
    guess = f"Did you mean {nearest[0]}? " if nearest else ""
    return ModelError(f"There is no model {name!r}.", f"{guess}{known}")

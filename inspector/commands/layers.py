"""layers: the layers of a model that class activation maps can be made of."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from engine.utils.printable import printable_lines
from inspector import cli_options as options
from inspector.commands import Command
from inspector.terminal import print_text
from inspector.trust_prompt import run_with_trust_prompt

if TYPE_CHECKING:
    from engine.attribution import LayerInfo


def layers(
    model: options.ModelArgument = options.DEFAULT_MODEL,
    weights: options.Weights = None,
    trust: options.Trust = False,
) -> None:
    """Print layers with the shapes of their outputs."""
    print_text(run_with_trust_prompt(lambda: layers_table(model, weights), trusted=trust))


def layers_table(name: str, weights: Path | None) -> str:
    """Return the layers of a model with the shapes of their outputs, as a table.

    Raises
    ------
    EngineError
        If the model cannot be used.
    """
    from engine.attribution.layers import last_usable, layers_of  # here: it imports torch
    from engine.models import load_model

    model = load_model(name, weights=weights, device="cpu")
    size = (model.spec.frames, *model.spec.crop, 3)
    clip = model.preprocess(np.zeros(size, np.uint8))
    infos = layers_of(model, clip)
    default = model.spec.layer or last_usable(model, infos)
    name_width = max(len(layer.name) for layer in infos)
    kind_width = max(len(layer.kind) for layer in infos)
    lines = [
        f"{'*' if layer.name == default else ' '} {layer.name:{name_width}}  "
        f"{layer.kind:{kind_width}}  {_usable(layer)}"
        for layer in infos
    ]
    return printable_lines([*lines, "* what class activation maps are made of by default"])


def _usable(layer: LayerInfo) -> str:
    """Return the extents of a layer's map, by what its output has, or why it makes none."""
    if layer.reason:
        return layer.reason
    *_, steps, height, width = layer.shape
    if len(layer.shape) == 5:  # clips, channels, steps, height, width
        return f"map of {steps} steps of {height} x {width}"
    if len(layer.shape) == 4:  # frames, channels, height, width
        return f"map of {height} x {width} in each frame"
    return "map of its tokens"


COMMAND = Command(
    "layers",
    layers,
    "List the layers of a model that class activation maps can be made of.",
    order=100,
)

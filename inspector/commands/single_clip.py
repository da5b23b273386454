"""Answers about one clip or one model, for the terminal: motion use, layers. Never imports Qt."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.attribution import LayerInfo, MotionUse, layers_of
from engine.attribution import motion_use as score_variants
from engine.models import load_model
from engine.pipeline.single_clip import clip_at
from engine.types import ModelSpec


def motion_use_table(
    video: Path,
    model_name: str,
    weights: Path | None,
    labels: Path | None,
    target: str | None,
    start: int,
    device: str,
) -> str:
    """Scores of one clip of a video, and of it frozen, reversed and shuffled, as a table.

    Raises
    ------
    EngineError
        If the video, the model or the class cannot be used.
    """
    model = load_model(model_name, weights=weights, labels=labels, device=device)
    use = score_variants(model, clip_at(model, video, start), target)
    return _table(use, model.spec)


def layers_table(model_name: str, weights: Path | None) -> str:
    """Layers of a model with the shapes of their outputs, as a table.

    Raises
    ------
    EngineError
        If the model cannot be used.
    """
    model = load_model(model_name, weights=weights, device="cpu")
    size = (model.spec.frames, *model.spec.crop, 3)
    clip = model.preprocess(np.zeros(size, np.uint8))
    found = layers_of(model, clip)
    name_width = max(len(layer.name) for layer in found)
    kind_width = max(len(layer.kind) for layer in found)
    lines = [
        f"{'*' if layer.name == model.spec.layer else ' '} {layer.name:{name_width}}  "
        f"{layer.kind:{kind_width}}  {_usable(layer)}"
        for layer in found
    ]
    return "\n".join([*lines, "* what class activation maps are made of by default"])


def _usable(layer: LayerInfo) -> str:
    return layer.reason or "map of " + "x".join(str(extent) for extent in layer.shape[-3:])


def _table(use: MotionUse, spec: ModelSpec) -> str:
    names = ("as it is", "frozen", "reversed", f"shuffled (mean of {use.shuffles})")
    scores = (use.original, use.frozen, use.reversed, use.shuffled)
    chances = use.probabilities or (float("nan"),) * 4
    label = "" if use.target is None else spec.label(use.target)
    lines = [f"{'Explained: ' + label:28} {'logit':>9} {'probability':>12}"]
    for name, score, chance in zip(names, scores, chances, strict=True):
        lines.append(f"{name:28} {score:9.3f} {chance:12.1%}")
    return "\n".join(lines)

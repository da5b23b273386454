"""One forward pass: the layout that a network takes, and what its outputs are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.attribution.base.explained_model import evaluating
from engine.attribution.base.outputs import SoftmaxWatch, read_logits
from engine.errors import AttributionError
from engine.model_check.input_checks import failed, passed, warned
from engine.models.model import Clip, VideoModel
from engine.types import Finding, ModelSpec


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One forward pass: its findings, and its logits (1, K), without history, if it has them."""

    findings: list[Finding]
    logits: Tensor | None = None


def run_forward(model: VideoModel, clip: Clip) -> Run:
    """Score a clip, or find out which layout the network would take if that fails."""
    try:
        output = output_of(model, clip.tensor)
    except Exception as error:  # noqa: BLE001 - whatever a library raises
        return Run([failed("layout", _layout_text(model, clip, error))])
    scores = output if isinstance(output, Tensor) else None
    if scores is not None and scores.dim() == 2 and len(scores) == model.spec.frames > 1:
        text = (
            f"The network gives {len(scores)} rows of scores for one clip, one a frame: it takes "
            "frames as a batch. Wrap it in a module that averages them."
        )
        return Run([failed("layout", text)])
    try:
        logits, notices = read_logits(output, 1, len(model.spec.labels))
    except AttributionError as error:
        return Run([failed("output", f"{error} {error.hint}")])
    layout = passed("layout", f"It takes {_shape(model.arguments(clip.tensor))}.")
    return Run([layout, _softmax(logits, notices), _count(model.spec, logits)], logits)


def output_of(model: VideoModel, values: Tensor) -> Any:
    """Return the output of a network for clips (N, 3, T, h, w), with logits before a softmax."""
    with evaluating(model.module), torch.no_grad(), SoftmaxWatch():
        return model.module(*model.arguments(values.clone()))


def logits_of(model: VideoModel, values: Tensor) -> Tensor:
    """Return the logits (1, K) of one clip, without history."""
    return read_logits(output_of(model, values), 1, len(model.spec.labels))[0].detach()


def _shape(arguments: tuple[Any, ...]) -> str:
    parts = arguments[0] if isinstance(arguments[0], list) else arguments
    return " and ".join(str(tuple(part.shape)) for part in parts)


def _layout_text(model: VideoModel, clip: Clip, error: Exception) -> str:
    values = clip.tensor
    others = {
        'layout = "NCTHW"': values,
        'layout = "NTCHW"': values.transpose(1, 2),
        "frames last (N, T, H, W, C), which a module around it must make": values.permute(
            0, 2, 3, 4, 1
        ),
        "frames as a batch (N*T, C, H, W); wrap it in a module that folds them and averages the "
        "scores": values[0].transpose(0, 1),
    }
    for text, other in others.items():
        try:
            with evaluating(model.module), torch.no_grad():
                model.module(other.clone())
        except Exception:  # noqa: BLE001 - every library has its own; no picture came
            continue
        return (
            f"The network fails on {_shape(model.arguments(values))}, but takes "
            f"{tuple(other.shape)}: {text}."
        )
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return (
        f"The network fails on {_shape(model.arguments(values))} and on every other order of its "
        f"dimensions: {lines[0]}. Check frames, crop and layout."
    )


def _softmax(logits: Tensor, notices: list[str]) -> Finding:
    values = logits.detach()
    if notices:
        return warned("softmax", " ".join(notices))
    if values.shape[1] > 1 and bool(((values >= 0) & (values <= 1)).all()):
        return warned(
            "softmax",
            "All outputs lie between 0 and 1: does the forward end in a sigmoid? Explanations "
            "are best of the logits before it.",
        )
    return passed("softmax", "The outputs are logits.")


def _count(spec: ModelSpec, logits: Tensor) -> Finding:
    outputs, known = logits.shape[1], len(spec.labels)
    if outputs != known:
        return failed(
            "classes",
            f"The network has {outputs} outputs, but there are {known} labels: names would be "
            "wrong.",
        )
    return passed("classes", f"{outputs} outputs, {known} labels.")

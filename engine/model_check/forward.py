"""One forward pass: the layout that a network takes, and what its outputs are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.attribution.base.explained_model import evaluating
from engine.attribution.base.network_call import called
from engine.attribution.base.network_faults import described
from engine.attribution.base.network_habits import habits_of
from engine.attribution.base.outputs import Outputs, read_outputs
from engine.descriptions import Finding
from engine.errors import AttributionError, EngineError
from engine.model_check.head_checks import count_finding, head_findings
from engine.model_check.input_checks import failed, passed
from engine.models.model import Clip, VideoModel


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One forward pass: its findings, and its outputs, without history, if they can be used."""

    findings: list[Finding]
    outputs: Outputs | None = None


def run_forward(model: VideoModel, clip: Clip) -> Run:
    """Score a clip, or find out which layout the network would take if that fails."""
    try:
        output = output_of(model, clip.tensor)
    except EngineError as error:
        return Run([failed("output", f"{error} {error.hint}")])
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a network raises
        return Run([failed("layout", _layout_text(model, clip, error))])
    try:
        outputs = read_outputs(output, 1, model.spec)
    except AttributionError as error:
        return Run([failed("output", f"{error} {error.hint}")])
    layout = passed("layout", f"It takes {_shape(model.arguments(clip.tensor))}.")
    if not bool(torch.isfinite(outputs.logits).all()):
        return Run([layout, _not_finite()])
    heads = head_findings(model, clip, outputs, output_of)
    return Run([layout, *heads, count_finding(model.spec, outputs)], outputs)


def output_of(model: VideoModel, values: Tensor) -> Any:
    """Return the output of a network for clips (N, 3, T, h, w), with logits before a softmax."""
    with evaluating(model.module), torch.no_grad(), habits_of(model).minded(model.module):
        return called(model, model.planes(values.clone())).output


def logits_of(model: VideoModel, values: Tensor) -> Tensor:
    """Return the logits (1, K) of one clip, without history."""
    return read_outputs(output_of(model, values), 1, model.spec).logits.detach()


def _shape(arguments: tuple[Any, ...]) -> str:
    first = arguments[0]
    if isinstance(first, dict):
        return " and ".join(f"{name} {tuple(part.shape)}" for name, part in first.items())
    parts = first if isinstance(first, list) else arguments
    return " and ".join(str(tuple(part.shape)) for part in parts)


def _layout_text(model: VideoModel, clip: Clip, error: BaseException) -> str:
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
        except (Exception, SystemExit):  # noqa: BLE001 - whatever a network raises
            continue
        return (
            f"The network fails on {_shape(model.arguments(values))}, but takes "
            f"{tuple(other.shape)}: {text}."
        )
    return (
        f"The network fails on {_shape(model.arguments(values))} and on every other order of its "
        f"dimensions: {described(error)}. Check frames, crop and layout."
    )


def _not_finite() -> Finding:
    return failed(
        "output",
        "The outputs are not finite (nan or inf): check the weights, and the value range of the "
        "input.",
    )

"""One forward pass: the layout that a network takes, and what its outputs are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.attribution.base.evaluating import evaluating
from engine.attribution.base.network_call import called
from engine.attribution.base.network_habits import habits_of
from engine.attribution.base.outputs import Outputs, read_outputs
from engine.attribution.base.precision import matmul_precision
from engine.descriptions import Finding
from engine.errors import AttributionError, EngineError
from engine.model_check.head_checks import count_finding, head_findings
from engine.model_check.input_checks import failed, passed, warned
from engine.models.model import Clip, VideoModel
from engine.utils.foreign_code import described, exits_as_errors


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
    except Exception as error:  # noqa: BLE001 - whatever a network raises
        return Run([failed("layout", _layout_text(model, clip, error))])
    try:
        outputs = read_outputs(output, 1, model.spec)
    except AttributionError as error:
        return Run([failed("output", f"{error} {error.hint}")])
    layout = _layout_finding(model, clip)
    if not bool(torch.isfinite(outputs.logits).all()):
        return Run([layout, _not_finite()])
    heads = head_findings(model, clip, outputs, output_of)
    return Run([layout, *heads, count_finding(model.spec, outputs)], outputs)


def output_of(model: VideoModel, values: Tensor) -> Any:
    """Return the output of a network for clips (N, 3, T, h, w), with logits before a softmax."""
    exact = matmul_precision(model.device, rounded=False)
    minded = habits_of(model).minded(model.module)
    with evaluating(model.module), torch.no_grad(), exact, minded:
        return called(model, model.planes(values.clone())).output


def logits_of(model: VideoModel, values: Tensor) -> Tensor:
    """Return the logits (1, K) of one clip, without history."""
    return read_outputs(output_of(model, values), 1, model.spec).logits.detach()


def _layout_finding(model: VideoModel, clip: Clip) -> Finding:
    """Say what a network takes, and if frames in the place of channels do as well."""
    values, taken = clip.tensor, f"It takes {_shape(model.arguments(clip.tensor))}"
    swapped = values.transpose(1, 2).contiguous()
    one_order = model.spec.inputs or model.spec.grey or model.scores_only
    if one_order or swapped.shape == values.shape:
        return passed("layout", f"{taken}.")
    try:
        read_outputs(output_of(model, swapped), 1, model.spec)
    except Exception:  # noqa: BLE001 - whatever a network raises
        return passed("layout", f"{taken}.")
    return warned(
        "layout",
        f"{taken}, and {_shape(model.arguments(swapped))} as well, so it cannot tell frames from "
        'channels. Write in the card what your training gave it: layout = "NCTHW" or "NTCHW", or '
        'frames stacked as channels by layout = "NCHW" in a table [[inputs]].',
    )


def _shape(arguments: tuple[Any, ...]) -> str:
    first = arguments[0]
    if isinstance(first, dict):
        return " and ".join(f"{name} {tuple(part.shape)}" for name, part in first.items())
    parts = first if isinstance(first, list) else arguments
    return " and ".join(str(tuple(part.shape)) for part in parts)


def _layout_text(model: VideoModel, clip: Clip, error: BaseException) -> str:
    fails = f"The network fails on {_shape(model.arguments(clip.tensor))}"
    for text, other in _orders(clip.tensor, "grey" if model.spec.grey else "rgb").items():
        try:
            with evaluating(model.module), torch.no_grad():
                values = other.clone(memory_format=torch.contiguous_format)
                with exits_as_errors():
                    model.module(values)
        except Exception:  # noqa: BLE001 - whatever a network raises
            continue
        return f"{fails}, but takes {tuple(other.shape)}: {text}."
    return (
        f"{fails} and on every other order of its dimensions: {described(error)}. Check frames, "
        "crop and layout."
    )


def _orders(clip: Tensor, kind: str) -> dict[str, Tensor]:
    """Return a clip (1, 3, T, h, w) in the orders that networks take, by what is said of them."""
    values = clip[:, :1] if kind == "grey" else clip
    frames_first = values.transpose(1, 2)
    return {
        'layout = "NCTHW"': values,
        'layout = "NTCHW"': frames_first,
        "frames last (N, T, H, W, C), which a module around it must make": values.permute(
            0, 2, 3, 4, 1
        ),
        "frames stacked as channels (N, T*C, H, W), which a table [[inputs]] gives it with "
        f'kind = "{kind}" and layout = "NCHW"': frames_first.flatten(1, 2),
        "frames as a batch (N*T, C, H, W); wrap it in a module that folds them and averages the "
        "scores": frames_first[0],
    }


def _not_finite() -> Finding:
    return failed(
        "output",
        "The outputs are not finite (nan or inf): check the weights, and the value range of the "
        "input.",
    )

"""Class activation maps: a layer's channels, weighted by what they mean for the score.

The map has the layer's own resolution. In space it is scaled up smoothly; in time each frame
shows the slice that it belongs to, because a map interpolated in time would seem to move.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.base.explained_model import ExplainedModel, UntracedError
from engine.attribution.base.method_output import MethodOutput
from engine.attribution.layer_calls import Order, in_order, orders_of_calls, watched
from engine.attribution.layers import default_layer, find_layer, grid_of, is_closed, why_unusable
from engine.attribution.options import CamOptions, GradCamOptions
from engine.errors import AttributionError
from engine.models.model import Clip
from engine.models.preprocess.input_layout import TokenGrid

FEW_STEPS = 4
_UNREACHED = "no gradient of the score reaches it"
_SPACE = (3, 4)
_CLIP = (2, 3, 4)


def grad_cam(features: Tensor, gradient: Tensor, options: GradCamOptions) -> Tensor:
    """Combine channels by Grad-CAM (Selvaraju et al. 2017, arXiv 1610.02391, eq. 1 and 2).

    The weight of a channel is its mean gradient over the clip, or over each time slice.
    """
    over = _CLIP if options.weights == "clip" else _SPACE
    return (gradient.mean(over, keepdim=True) * features).sum(1)


def grad_cam_plus_plus(features: Tensor, gradient: Tensor, options: CamOptions) -> Tensor:
    """Combine by Grad-CAM++ over time and space (Chattopadhay et al. 2018, 1710.11063, eq. 19)."""
    squares = gradient.square()
    beneath = 2 * squares + features.sum(_CLIP, keepdim=True) * squares * gradient
    alpha = torch.where(beneath == 0, 0.0, squares / torch.where(beneath == 0, 1.0, beneath))
    weights = (alpha * gradient.clamp(min=0)).sum(_CLIP, keepdim=True)
    return (weights * features).sum(1)


def layer_cam(features: Tensor, gradient: Tensor, options: CamOptions) -> Tensor:
    """Combine by LayerCAM: each place by its own positive gradient (Jiang et al. 2021, eq. 6)."""
    return (gradient.clamp(min=0) * features).sum(1)


def explain_by_activation_map(
    explained: ExplainedModel,
    clip: Clip,
    options: CamOptions,
    combine: Callable[[Tensor, Tensor, Any], Tensor],
) -> MethodOutput:
    """Explain by a layer's channels, combined to one map from features, gradient and options."""
    name = options.layer or default_layer(explained.model, clip)
    features, gradient, logits = _at(explained, clip, name)
    explained.note(f"The map is of the layer {name}; the option layer takes another.")
    native = combine(features, gradient, options)
    if options.positive:
        native = native.clamp(min=0)
    steps, frames = native.shape[1], clip.tensor.shape[2]
    if steps < min(FEW_STEPS, frames):
        explained.note(
            f"The map of layer {name} has only {steps} time step(s) for {frames} frames: it can "
            "hardly show what moves."
        )
    relevance = enlarged(native, clip.tensor.shape[2:])
    return MethodOutput(relevance, logits, explained.scores(logits), native, steps)


def _at(explained: ExplainedModel, clip: Clip, name: str) -> tuple[Tensor, Tensor, Tensor]:
    """Return a layer's output and the score's gradient there, (N, C, t, h, w), and the logits."""
    closed = is_closed(find_layer(explained.model.module, name))
    _refuse(name, "it is TorchScript, which shows no outputs" if closed else "")
    calls, logits = _cut(explained, clip.tensor, name)
    order: Order = ""
    if len(calls) > 1:
        order = orders_of_calls(explained, clip, [name])[name]
        calls = calls[-1:]
    if order:
        calls, logits = _cut(explained, clip.tensor, name, linked=True)
        calls = in_order(calls, order, clip.tensor.shape[2])
    grid = grid_of(explained.model.module)
    _refuse(name, why_unusable(calls[-1], clip.tensor, grid, several=bool(order)))
    slopes = explained.gradients(explained.scores(logits).sum(), calls)
    reached = any(slope is not None for slope in slopes)
    _refuse(name, "" if reached else _UNREACHED)
    gradients = [torch.zeros_like(calls[0]) if one is None else one for one in slopes]
    clips = len(clip.tensor)
    features, gradient = (
        torch.cat([_in_clips(part.detach(), clips, grid) for part in parts], 2)
        for parts in (calls, gradients)
    )
    return features, gradient, logits.detach()


def _cut(
    explained: ExplainedModel, values: Tensor, name: str, *, linked: bool = False
) -> tuple[list[Tensor], Tensor]:
    """Run the network with gradients from a layer on: the outputs of its calls, and the logits.

    Nothing before the layer needs gradients. The calls are ``linked`` where a later one may
    depend on an earlier one, such as in a recurrent cell.
    """
    outputs: list[Tensor] = []
    grid = grid_of(explained.model.module)

    def cut(output: Any) -> Tensor:
        _refuse(name, why_unusable(output, values, grid, several=True))
        follows = linked and output.requires_grad
        outputs.append(output if follows else output.detach().requires_grad_())
        return outputs[-1].clone()  # it may be changed in place behind the layer

    with watched(explained.model.module, {name: cut}):
        try:
            logits = explained.logits(values.detach().clone())
        except UntracedError as error:
            _refuse(name, "" if outputs else "the network does not call it")
            raise UntracedError(_unusable(name, _UNREACHED), error.hint) from error
    return outputs, logits


def _unusable(name: str, reason: str) -> str:
    return f"The layer {name} cannot make a map: {reason}."


def _refuse(name: str, reason: str) -> None:
    """Raise AttributionError if there is a reason against a layer."""
    if reason:
        raise AttributionError(
            _unusable(name, reason),
            "Choose a layer before the pooling; layers_of lists them with their shapes.",
        )


def _in_clips(features: Tensor, clips: int, grid: TokenGrid | None) -> Tensor:
    """Return features (N, C, t, h, w), also of tokens or of frames as a batch (N t, C, h, w)."""
    laid = None if grid is None else grid.as_map(features, clips)
    if laid is not None:
        return laid
    if features.dim() == 5:
        return features
    return features.view(clips, -1, *features.shape[1:]).transpose(1, 2)


def enlarged(native: Tensor, size: torch.Size) -> Tensor:
    """Scale maps (N, t, h', w') up to (N, T, h, w): smoothly in space, by slices in time."""
    frames, height, width = size
    wide = functional.interpolate(native, (height, width), mode="bilinear", align_corners=False)
    slices = torch.arange(frames, device=native.device) * native.shape[1] // frames
    return wide[:, slices]

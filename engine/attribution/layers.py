"""The layers of a network with what they put out: for choosing one for a class activation map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from engine.attribution.base.evaluating import evaluating
from engine.attribution.base.explained_model import ExplainedModel, check_clip
from engine.attribution.base.targets import Goal
from engine.attribution.layer_calls import Watcher, orders_of_calls, watched
from engine.errors import AttributionError
from engine.models.model import Clip, VideoModel
from engine.models.preprocess.input_layout import TokenGrid
from engine.utils.hints import did_you_mean

_SKEW = 1.5  # a map of few cells need not have quite the picture's proportions


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """A layer as a picker shows it.

    Attributes
    ----------
    name : str
        Path of the module, as in ``named_modules``.
    kind : str
        Class of the module.
    shape : tuple of int
        Shape of its output for one clip; empty where it is not one tensor.
    reason : str
        Why it cannot be used for a map; empty where it can.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    reason: str


def layers_of(model: VideoModel, clip: Clip) -> list[LayerInfo]:
    """List every layer that a clip goes through, in the order of the pass, with its live shape.

    A layer comes behind those that it is made of.

    Raises
    ------
    AttributionError
        If the model cannot take the clip.
    """
    check_clip(model, clip)
    with evaluating(model.module):
        found = _reasons(ExplainedModel(model, Goal()), clip)
    return [_info(name, model.module, *one) for name, one in found.items()]


def default_layer(model: VideoModel, clip: Clip) -> str:
    """Return the default layer for maps: the model's own, else the last with space.

    Raises
    ------
    AttributionError
        If the network has no layer with space.
    """
    return model.spec.layer or last_usable(model, layers_of(model, clip))


def last_usable(model: VideoModel, layers: list[LayerInfo]) -> str:
    """Return the last of a network's layers that can make a map.

    Raises
    ------
    AttributionError
        If there is none.
    """
    usable = [layer for layer in layers if not layer.reason]
    if not usable:
        spatial = [one for one in layers if len(one.shape) in (4, 5) and min(one.shape[-2:]) > 1]
        found = "whose output has height and width"
        if spatial:
            found = f"that can make a map ({spatial[-1].name}: {spatial[-1].reason})"
        raise AttributionError(
            f"{model.spec.name} has no layer {found}.", "Choose a gradient or perturbation method."
        )
    return usable[-1].name


def find_layer(module: nn.Module, name: str) -> nn.Module:
    """Return the layer of that name.

    Raises
    ------
    AttributionError
        If there is none; the closest names are offered.
    """
    layers: dict[str, nn.Module] = {key: layer for key, layer in module.named_modules() if key}
    if name not in layers:
        raise AttributionError(
            f"The model has no layer called {name!r}.", did_you_mean(name, layers)
        )
    return layers[name]


def why_unusable(
    output: Any, clip: Tensor, grid: TokenGrid | None = None, *, several: bool = False
) -> str:
    """Explain why a layer's output cannot make a map of a clip (N, C, T, h, w), or return "".

    ``grid`` says how tokens lie, where the network has them; ``several`` that there are more
    such outputs, one after the other in time.
    """
    if not isinstance(output, Tensor):
        return f"its output is a {type(output).__name__}, not one tensor"
    if grid is not None and grid.as_map(output, len(clip)) is not None:
        return ""
    shape, (clips, _, frames, height, width) = tuple(output.shape), clip.shape
    if output.dim() not in (4, 5):
        return f"its output {shape} has no height and width"
    if shape[-1] * shape[-2] == 1:
        return f"its output {shape} has a height and width of 1"
    if not 1 / _SKEW < (shape[-2] / shape[-1]) / (height / width) < _SKEW:
        return f"its output {shape} does not have the shape of the picture: channels last?"
    if output.dim() == 5:
        return "" if len(output) == clips else f"its output {shape} is not one map a clip"
    in_batch = len(output) % clips == 0 and (len(output) > clips or frames == 1 or several)
    return "" if in_batch else f"its output {shape} has no time"


def is_closed(part: nn.Module) -> bool:
    """Tell whether a part of a network is TorchScript, whose outputs cannot be watched."""
    return isinstance(part, torch.jit.ScriptModule)


def grid_of(module: nn.Module) -> TokenGrid | None:
    """Return the grid of a network's tokens, if it declares one."""
    grid = getattr(module, "token_grid", None)
    return grid if isinstance(grid, TokenGrid) else None


def _watch(explained: ExplainedModel, clip: Clip) -> tuple[dict[str, Any], dict[str, int]]:
    """Return the last output of each layer, in the order of their first calls, and their calls."""
    module = explained.model.module
    outputs: dict[str, Any] = {}
    calls: dict[str, int] = {}

    def keeper(name: str) -> Watcher:
        def keep(output: Any) -> None:
            outputs[name] = output
            calls[name] = calls.get(name, 0) + 1

        return keep

    names = [name for name, part in module.named_modules() if name and not is_closed(part)]
    watchers = {name: keeper(name) for name in names}
    with torch.no_grad(), watched(module, watchers):
        explained.logits(clip.tensor.clone())
    return outputs, calls


def _reasons(explained: ExplainedModel, clip: Clip) -> dict[str, tuple[Any, str]]:
    """Return the last output of each layer, and why it cannot be used for a map."""
    outputs, calls = _watch(explained, clip)
    grid = grid_of(explained.model.module)
    reasons, in_time = (
        {
            name: why_unusable(output, clip.tensor, grid, several=more)
            for name, output in outputs.items()
        }
        for more in (False, True)
    )
    unsure = [name for name in reasons if calls[name] > 1 and reasons[name] and not in_time[name]]
    for name, order in orders_of_calls(explained, clip, unsure).items():
        if order:
            reasons[name] = ""
    return {name: (outputs[name], reasons[name]) for name in outputs}


def _info(name: str, network: nn.Module, output: Any, reason: str) -> LayerInfo:
    shape = tuple(output.shape) if isinstance(output, Tensor) else ()
    return LayerInfo(name, type(network.get_submodule(name)).__name__, shape, reason)

"""The layers of a network with what they put out: for choosing one for a class activation map."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from engine.attribution.base.explained_model import ExplainedModel, check_clip, evaluating
from engine.attribution.base.targets import Goal
from engine.errors import AttributionError
from engine.models.model import Clip, VideoModel
from engine.models.preprocess.input_layout import TokenGrid
from engine.utils.hints import did_you_mean

Watcher = Callable[[Any], Any]
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
    outputs: dict[str, Any] = {}

    def keeper(name: str) -> Watcher:
        return lambda output: outputs.__setitem__(name, output)

    names = [name for name, _ in model.module.named_modules() if name]
    watchers = {name: keeper(name) for name in names}
    with evaluating(model.module), torch.no_grad(), watched(model.module, watchers):
        ExplainedModel(model, Goal()).logits(clip.tensor.clone())
    return [_info(name, model.module, outputs[name], clip) for name in outputs]


def default_layer(model: VideoModel, clip: Clip) -> str:
    """Return the default layer for maps: the model's own, else the last with space.

    Raises
    ------
    AttributionError
        If the network has no layer with space.
    """
    if model.spec.layer:
        return model.spec.layer
    usable = [layer for layer in layers_of(model, clip) if not layer.reason]
    if not usable:
        raise AttributionError(
            f"{model.spec.name} has no layer whose output has height and width.",
            "Choose a gradient or perturbation method.",
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


def why_unusable(output: Any, clip: Tensor, grid: TokenGrid | None = None) -> str:
    """Explain why a layer's output cannot make a map of a clip (N, C, T, h, w), or return "".

    ``grid`` says how tokens lie, where the network has them.
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
    in_batch = len(output) % clips == 0 and (len(output) > clips or frames == 1)
    return "" if in_batch else f"its output {shape} has no time"


def grid_of(module: nn.Module) -> TokenGrid | None:
    """Return the grid of a network's tokens, if it declares one."""
    grid = getattr(module, "token_grid", None)
    return grid if isinstance(grid, TokenGrid) else None


@contextmanager
def watched(module: nn.Module, watchers: dict[str, Watcher]) -> Iterator[None]:
    """Replace the outputs of layers by what their watchers return."""
    handles = []
    try:
        for name, watcher in watchers.items():
            hook = _hook(watcher)
            handles.append(module.get_submodule(name).register_forward_hook(hook))
        yield
    finally:
        for handle in handles:
            handle.remove()


def _hook(watcher: Watcher) -> Callable[[nn.Module, Any, Any], Any]:
    return lambda _module, _given, output: watcher(output)


def _info(name: str, network: nn.Module, output: Any, clip: Clip) -> LayerInfo:
    shape = tuple(output.shape) if isinstance(output, Tensor) else ()
    reason = why_unusable(output, clip.tensor, grid_of(network))
    return LayerInfo(name, type(network.get_submodule(name)).__name__, shape, reason)

"""Clip + target -> relevance, whatever the method; the model is the same before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.attribution.catalogue import DEFAULT_METHOD, METHODS
from engine.attribution.gradient import explain_by_gradient, explain_by_input_x_gradient
from engine.attribution.lrp import explain_by_lrp
from engine.attribution.targets import resolve_target
from engine.errors import AttributionError
from engine.models.model import Clip, VideoModel
from engine.types import Float32Array

Method = Callable[
    [Callable[[Tensor], Tensor], Clip, Callable[[Tensor], int]], tuple[Tensor, Tensor]
]

_METHODS: dict[str, Method] = {
    "lrp": explain_by_lrp,
    "gradient": explain_by_gradient,
    "input_x_gradient": explain_by_input_x_gradient,
}


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """Relevance of one clip for one class.

    Attributes
    ----------
    relevance : float32 array, (T, h, w)
        Signed relevance of each pixel of the network's input, colour channels summed.
    target : int
        Index of the class explained.
    logits : float32 array, (K,)
        The model's outputs, before any softmax.
    """

    relevance: Float32Array
    target: int
    logits: Float32Array

    def __post_init__(self) -> None:
        self.relevance.setflags(write=False)
        self.logits.setflags(write=False)

    @property
    def conservation(self) -> float:
        """Sum of relevance over the explained logit; nan for a logit of exactly zero."""
        logit = float(self.logits[self.target])
        return float(self.relevance.sum(dtype="float64")) / logit if logit else float("nan")


def check_method(method: str) -> str:
    """Return the name of a known method.

    Raises
    ------
    AttributionError
        If there is none of that name.
    """
    if method not in _METHODS:
        raise AttributionError(
            f"There is no attribution method called {method!r}.",
            f"Choose one of: {', '.join(METHODS)}.",
        )
    return method


def attribute(
    model: VideoModel, clip: Clip, target: int | str | None = None, method: str = DEFAULT_METHOD
) -> Attribution:
    """Explain one decision of a model.

    Parameters
    ----------
    model : VideoModel
        Left bit for bit as it was, also after an error.
    clip : Clip
        From ``model.preprocess``.
    target : int, str or None
        Class by index or name; None takes the one scored highest.
    method : str
        A key of `METHODS`.

    Returns
    -------
    Attribution

    Raises
    ------
    AttributionError
        If the method or class is unknown, the model does not fit the method, its outputs are
        not finite, or memory runs out.
    """
    explain = _METHODS[check_method(method)]
    fixed = None if target is None else resolve_target(model.spec, target)

    def choose(logits: Tensor) -> int:
        return int(logits[0].argmax()) if fixed is None else fixed

    try:
        with _evaluating(model.module):
            relevance, logits = explain(_checked(model.module), clip, choose)
    except torch.OutOfMemoryError as error:
        raise AttributionError(
            "The device ran out of memory while explaining.",
            "Choose the cpu, or close what else uses the device.",
        ) from error
    chosen = choose(logits)
    return Attribution(_on_host(relevance[0].sum(0)), chosen, _on_host(logits[0]))


def _checked(module: nn.Module) -> Callable[[Tensor], Tensor]:
    def network(values: Tensor) -> Tensor:
        logits = module(values)
        if not isinstance(logits, Tensor) or logits.dim() != 2 or len(logits) != 1:
            raise AttributionError(
                "The model does not return logits of shape (1, classes).",
                "Wrap it in a module that does.",
            )
        if not logits.requires_grad:
            raise AttributionError(
                "The model's outputs cannot be traced back to its input.",
                "Its forward must not use torch.no_grad, detach or NumPy.",
            )
        if not bool(torch.isfinite(logits.detach()).all()):
            raise AttributionError(
                "The model's outputs are not finite (nan or inf).",
                "Check its weights and the value range of its input.",
            )
        return logits

    return network


@contextmanager
def _evaluating(module: nn.Module) -> Iterator[None]:
    """Dropout and BatchNorm in evaluation mode inside; every training flag as before outside."""
    training = [part for part in module.modules() if part.training]
    for part in training:
        part.training = False
    try:
        yield
    finally:
        for part in training:
            part.training = True


def _on_host(values: Tensor) -> Float32Array:
    array: Float32Array = values.detach().float().cpu().numpy().copy()
    return array

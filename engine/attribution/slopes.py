"""The gradient through an unmodified network: as it is, or with other rules at its ReLUs.

Strided convolutions take the quick way back (`engine.attribution.lrp.convolutions`). Any ReLU
counts, whether a module, a function or in place.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor

from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.tensor_tags import newest
from engine.attribution.lrp.context import Function, relevant
from engine.attribution.lrp.convolutions import convolve
from engine.attribution.lrp.dispatch import CONVOLUTIONS, RECTIFIERS
from engine.attribution.lrp.function_mode import HandlerMode
from engine.attribution.lrp.in_place import out_of_place
from engine.attribution.lrp.linear import convolution_arguments

ReluRule = Literal["plain", "guided", "deconvnet"]


class _SlopeMode(HandlerMode):
    """Gives convolutions a quick backward and ReLUs another rule; counts the ReLUs met."""

    def __init__(self, rule: ReluRule) -> None:
        handlers: dict[Function, Function] = dict.fromkeys(CONVOLUTIONS, _convolution)
        if rule != "plain":
            handlers |= dict.fromkeys(RECTIFIERS, self._rectify)
        super().__init__(handlers)
        self._rule = rule
        self.met = 0

    def _rectify(self, mode: HandlerMode, func: Function, args: Any, kwargs: Any) -> Tensor:
        self.met += 1
        given, named = out_of_place(func, args, kwargs)
        with torch.no_grad():
            result = func(*given, **named)
        if self._rule == "deconvnet":
            return relevant(lambda back: (back.clamp(min=0),), result, args[0])
        is_open = result > 0
        return relevant(lambda back: (back.clamp(min=0) * is_open,), result, args[0])


def gradient_of(
    subject: ExplainedModel, values: Tensor, rule: ReluRule = "plain"
) -> tuple[Tensor, Tensor]:
    """Gradient of the scores by the clips.

    Parameters
    ----------
    subject : ExplainedModel
    values : Tensor, (N, C, T, h, w)
        The clips.
    rule : "plain", "guided" or "deconvnet"
        What passes a ReLU: the gradient where it is open, only its positive part there, or its
        positive part everywhere.

    Returns
    -------
    gradient : Tensor, (N, C, T, h, w)
    logits : Tensor, (N, K)
    """
    leaf = values.detach().clone().requires_grad_()
    mode = _SlopeMode(rule)
    with mode:
        logits = newest(subject.logits(leaf.clone()))  # a copy, as the network may change it
    if rule != "plain" and not mode.met:
        subject.note("The network has no ReLU, so this is the plain gradient.")
    (gradient,) = torch.autograd.grad(subject.scores(logits).sum(), leaf)
    return gradient, logits.detach()


def _convolution(mode: HandlerMode, func: Function, args: Any, kwargs: Any) -> Tensor:
    values, weight, bias, *rest = convolution_arguments(func, args, kwargs)
    return convolve(func, values, weight, bias, rest)

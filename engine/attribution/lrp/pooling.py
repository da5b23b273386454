"""Pooling, means, sums and interpolation: relevance in proportion to what was pooled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.lrp.context import Function, LrpContext, name_of, positional, with_backward
from engine.attribution.lrp.fixed_rules import average_rule
from engine.attribution.lrp.operation import Operation
from engine.attribution.lrp.refusals import without_rule
from engine.attribution.lrp.rules import ZPlus


def averaging(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle an average, a sum or an interpolation: in proportion to each part of the sum."""
    values, rest = args[0], args[1:]
    with torch.no_grad():
        result = func(*args, **kwargs)
    fixed = values.detach()

    def back(relevance: Tensor) -> tuple[Tensor]:
        return (average_rule(lambda leaf: func(leaf, *rest, **kwargs), fixed, relevance),)

    return with_backward(back, result, values)


def max_pooling(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle max pooling: all to the winner by its own gradient, or in proportion."""
    if context.settings.winner:
        return func(*args, **kwargs)
    summing = _summing(func, args, kwargs)
    if summing is None:
        made = func(*args, **kwargs)
        return without_rule(made, func, "with dilation or indices, in proportion")
    with torch.no_grad():
        result = func(*args, **kwargs)
    fixed = args[0].detach()
    low = fixed.min().clamp(max=0)  # shares must not be negative; nothing changes behind a ReLU

    def back(relevance: Tensor) -> tuple[Tensor]:
        weight = torch.ones((), dtype=fixed.dtype, device=fixed.device)
        op = lambda leaf, one: summing(leaf) * one  # noqa: E731 - the form that rules take
        return (ZPlus().relevance(Operation(op, fixed - low, weight), relevance),)

    return with_backward(back, result, args[0])


def _summing(func: Function, args: Any, kwargs: Any) -> Callable[[Tensor], Tensor] | None:
    """Return the average pooling over the same places, up to a factor a place, if there is one."""
    name = name_of(func).rsplit(".", 1)[-1]
    average = getattr(functional, name.replace("max", "avg"))
    if name.startswith("adaptive"):
        _, size, indices = positional(args, kwargs, dict.fromkeys(("input", "size", "indices")))
        return None if indices else lambda leaf: average(leaf, size)
    names = {"input": None, "kernel_size": None, "stride": None, "padding": 0, "dilation": 1}
    rest = {"ceil_mode": False, "return_indices": False}
    _, kernel, stride, padding, dilation, ceil, indices = positional(args, kwargs, names | rest)
    if indices or (max(dilation) if isinstance(dilation, tuple | list) else dilation) != 1:
        return None
    return lambda leaf: average(leaf, kernel, stride or kernel, padding, ceil)

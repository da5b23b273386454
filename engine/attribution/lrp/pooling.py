"""Pooling, means, sums and interpolation: relevance in proportion to what was pooled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.base.tensor_tags import lacking
from engine.attribution.lrp import rules
from engine.attribution.lrp.context import Function, Tape, name_of, positional, relevant


def averaging(tape: Tape, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle an average, a sum or an interpolation: in proportion to each part of the sum."""
    values, rest = args[0], args[1:]
    with torch.no_grad():
        result = func(*args, **kwargs)
    fixed = values.detach()

    def back(relevance: Tensor) -> tuple[Tensor]:
        return (rules.proportional(lambda leaf: func(leaf, *rest, **kwargs), fixed, relevance),)

    return relevant(back, result, values)


def max_pooling(tape: Tape, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle max pooling: its own gradient gives the winner all; or in proportion."""
    if tape.settings.winner:
        return func(*args, **kwargs)
    summing = _summing(func, args, kwargs)
    if summing is None:
        made = func(*args, **kwargs)
        return lacking(made, f"{name_of(func)} with dilation or indices, in proportion")
    with torch.no_grad():
        result = func(*args, **kwargs)
    fixed = args[0].detach()
    low = fixed.min().clamp(max=0)  # shares must not be negative; nothing changes behind a ReLU

    def back(relevance: Tensor) -> tuple[Tensor]:
        weight = torch.ones((), dtype=fixed.dtype, device=fixed.device)
        op = lambda leaf, one: summing(leaf) * one  # noqa: E731 - the form that rules take
        return (rules.z_plus(op, fixed - low, weight, relevance),)

    return relevant(back, result, args[0])


def _summing(func: Function, args: Any, kwargs: Any) -> Callable[[Tensor], Tensor] | None:
    """The average pooling over the same places, up to a factor a place; None if there is none."""
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

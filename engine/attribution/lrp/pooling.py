"""Pooling, means, sums, norms, spreads, interpolation: relevance in proportion to the parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.base.tensor_tags import depends_on_input, keep_sign
from engine.attribution.lrp.context import Function, LrpContext, name_of, positional, with_backward
from engine.attribution.lrp.fixed_rules import average_rule, joint_rule, spread_rule
from engine.attribution.lrp.in_place import IN_PLACE_MOVES
from engine.attribution.lrp.operation import Operation
from engine.attribution.lrp.refusals import without_rule
from engine.attribution.lrp.rules import ZPlus


def averaging(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle an average, a sum, a norm or an interpolation: in proportion to each part of it."""
    values, rest = args[0], args[1:]
    with torch.no_grad():
        result = func(*args, **kwargs)
    fixed = values.detach()

    def back(relevance: Tensor) -> tuple[Tensor]:
        return (average_rule(lambda leaf: func(leaf, *rest, **kwargs), fixed, relevance),)

    return keep_sign(with_backward(back, result, values), values)


def norm(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle a norm: by the powers of its values. The count of what is not zero has no rule."""
    order = kwargs.get("p", kwargs.get("ord", args[1] if len(args) > 1 else None))
    if order == 0:
        return without_rule(func(*args, **kwargs), func, "of order 0")
    return averaging(context, func, args, kwargs)


def spread(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a variance or standard deviation: by the squared distances from the mean."""
    values = args[0]
    axes, _ = _axes(args, kwargs)
    with torch.no_grad():
        result = func(*args, **kwargs)
    fixed = values.detach()
    kept = [1 if axis in axes else size for axis, size in enumerate(values.shape)]
    return with_backward(lambda back: (spread_rule(fixed, axes, back.view(kept)),), result, values)


def spread_and_mean(
    context: LrpContext, func: Function, args: Any, kwargs: Any
) -> tuple[Tensor, Tensor]:
    """Handle a spread and the mean in one call."""
    axes, keep = _axes(args, kwargs)
    single = torch.std if func is torch.std_mean else torch.var
    mean = averaging(context, torch.mean, (args[0], axes, keep), {})
    return spread(context, single, args, kwargs), mean


def own_gradient(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle what shares by its own gradient, which sums to one: logsumexp, by its softmax."""
    return func(*args, **kwargs)


def move_in_place(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle a move that changes its tensor, as the one that makes another."""
    other = IN_PLACE_MOVES[func]
    if other in (Tensor.scatter_add, Tensor.index_add):
        return overlay(context, other, args, kwargs)
    return other(*args, **kwargs)


def overlay(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle a sum of moved parts, such as ``index_add``: in proportion to each."""
    followed = [index for index, part in enumerate(args) if depends_on_input(part)]
    if depends_on_input(*kwargs.values()) or any(isinstance(args[k], list) for k in followed):
        return without_rule(func(*args, **kwargs), func, "with these arguments")
    with torch.no_grad():
        result = func(*args, **kwargs)
    held = [part.detach() if isinstance(part, Tensor) else part for part in args]

    def op(*parts: Tensor) -> Tensor:
        given = dict(zip(followed, parts, strict=True))
        made: Tensor = func(*(given.get(k, part) for k, part in enumerate(held)), **kwargs)
        return made

    def back(relevance: Tensor) -> tuple[Tensor, ...]:
        return joint_rule(op, [held[index] for index in followed], relevance)

    return with_backward(back, result, *(args[index] for index in followed))


def _axes(args: Any, kwargs: Any) -> tuple[tuple[int, ...], bool]:
    """Return the axes of a spread, from 0, and whether they are kept."""
    axes = kwargs.get("dim", args[1] if len(args) > 1 else None)
    every = tuple(range(args[0].dim()))
    keep = kwargs.get("keepdim", args[3] if len(args) > 3 else False)
    if axes is None or isinstance(axes, bool):  # a bool: the old argument ``unbiased``
        return every, keep
    chosen = (axes,) if isinstance(axes, int) else axes
    return tuple(axis % len(every) for axis in chosen) or every, keep


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
    average = getattr(functional, name.replace("max", "avg"), None)
    if average is None:
        return None
    if name.startswith("adaptive"):
        _, size, indices = positional(args, kwargs, dict.fromkeys(("input", "size", "indices")))
        return None if indices else lambda leaf: average(leaf, size)
    names = {"input": None, "kernel_size": None, "stride": None, "padding": 0, "dilation": 1}
    rest = {"ceil_mode": False, "return_indices": False}
    _, kernel, stride, padding, dilation, ceil, indices = positional(args, kwargs, names | rest)
    if indices or (max(dilation) if isinstance(dilation, tuple | list) else dilation) != 1:
        return None
    return lambda leaf: average(leaf, kernel, stride or kernel, padding, ceil)

"""Operations that are handled as the simpler ones that they are made of: distances, blends."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.base.tensor_tags import depends_on_input
from engine.attribution.lrp import attention, pointwise, pooling
from engine.attribution.lrp.context import Function, LrpContext, positional
from engine.attribution.lrp.refusals import without_rule


def cosine_similarity(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a cosine: both sides over their lengths, which are scales, then their product."""
    names = {"x1": None, "x2": None, "dim": 1, "eps": 1e-8}
    first, second, axis, eps = positional(args, kwargs, names)
    sides = [
        attention.normalisation(context, functional.normalize, (side, 2.0, axis, eps), {})
        if depends_on_input(side)
        else functional.normalize(side, 2.0, axis, eps)
        for side in (first, second)
    ]
    return attention.product(context, lambda one, other: (one * other).sum(axis), *sides)


def pairwise_distance(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle the distance of two vectors: the norm of their difference."""
    names = {"x1": None, "x2": None, "p": 2.0, "eps": 1e-6, "keepdim": False}
    first, second, order, eps, keep = positional(args, kwargs, names)
    apart = _difference(context, first, second)
    return _norm(context, pointwise.addition(context, torch.add, (apart, eps), {}), order, -1, keep)


def distance(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle the distance of two tensors as a whole."""
    first, second, order = positional(args, kwargs, {"input": None, "other": None, "p": 2.0})
    return _norm(context, _difference(context, first, second), order, None, False)


def distances(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle the distances of every row of one matrix to every row of another."""
    first, second, order = positional(args[:3], kwargs, {"x1": None, "x2": None, "p": 2.0})[:3]
    apart = _difference(context, first.unsqueeze(-2), second.unsqueeze(-3))
    return _norm(context, apart, order, -1, False)


def differences(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle the differences of neighbours along an axis."""
    names = {"input": None, "n": 1, "dim": -1, "prepend": None, "append": None}
    values, times, axis, before, behind = positional(args, kwargs, names)
    if before is not None or behind is not None:
        return without_rule(func(*args, **kwargs), func, "with prepend or append")
    for _ in range(times):
        count = values.shape[axis] - 1
        values = _difference(context, values.narrow(axis, 1, count), values.narrow(axis, 0, count))
    return values


def blend(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle ``start + weight * (end - start)``."""
    start, end, weight = positional(args, kwargs, {"input": None, "end": None, "weight": None})
    kept = _one_less(context, weight)
    return _added(context, _times(context, start, kept), _times(context, end, weight))


def addition_of_product(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle ``added + value * first * second``."""
    names = {"input": None, "tensor1": None, "tensor2": None, "value": 1}
    added, first, second, value = positional(args, kwargs, names)
    return _added(context, added, _times(context, _times(context, first, second), value))


def addition_of_quotient(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle ``added + value * first / second``."""
    names = {"input": None, "tensor1": None, "tensor2": None, "value": 1}
    added, first, second, value = positional(args, kwargs, names)
    quotient = first / second
    if depends_on_input(first, second):
        quotient = pointwise.division(context, torch.div, (first, second), {})
    return _added(context, added, _times(context, quotient, value))


def gated(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a gated linear unit: its first half times the sigmoid of its second."""
    values, axis = positional(args, kwargs, {"input": None, "dim": -1})
    signal, gate = values.chunk(2, axis)
    opened = pointwise.sigmoid(context, torch.sigmoid, (gate,), {})
    return pointwise.multiplication(context, torch.mul, (signal, opened), {})


def softmin(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a softmin: the softmax of the negative."""
    names = {"input": None, "dim": None, "_stacklevel": 3, "dtype": None}
    values, axis, _, dtype = positional(args, kwargs, names)
    negative = pointwise.multiplication(context, torch.mul, (values, -1), {})
    return attention.softmax(context, torch.softmax, (negative, axis), {"dtype": dtype})


def bilinear(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a bilinear form of two inputs with a constant weight, and its bias."""
    names = dict.fromkeys(("input1", "input2", "weight", "bias"))
    first, second, weight, bias = positional(args, kwargs, names)
    made = attention.product(
        context, lambda one, other: functional.bilinear(one, other, weight), first, second
    )
    return made if bias is None else _added(context, made, bias)


def _difference(context: LrpContext, first: Tensor, second: Tensor) -> Tensor:
    return pointwise.subtraction(context, torch.sub, (first, second), {})


def _norm(context: LrpContext, values: Tensor, order: float, axis: Any, keep: bool) -> Tensor:
    norm = torch.linalg.vector_norm
    return pooling.averaging(context, norm, (values,), {"ord": order, "dim": axis, "keepdim": keep})


def _one_less(context: LrpContext, weight: Any) -> Any:
    if not depends_on_input(weight):
        return 1 - weight
    return pointwise.reversed_subtraction(context, torch.rsub, (weight, 1), {})


def _added(context: LrpContext, first: Any, second: Any) -> Tensor:
    if not depends_on_input(first, second):
        return torch.add(first, second)
    return pointwise.addition(context, torch.add, (first, second), {})


def _times(context: LrpContext, first: Any, second: Any) -> Any:
    if not depends_on_input(first, second):
        return first * second
    return pointwise.multiplication(context, torch.mul, (first, second), {})

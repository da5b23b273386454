"""Table of operations: the rule for the relevance of a difference of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from inspect import unwrap
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.lrp import attention, linear, pointwise, pooling
from engine.attribution.lrp.context import Function, Handler, name_of, named, positional
from engine.attribution.lrp.convolutions import convolve
from engine.attribution.lrp.dispatch import CONVOLUTIONS, HANDLERS
from engine.attribution.lrp.linear import convolution_arguments
from engine.evidence.maps_rules import (
    share_by_squares,
    share_in_rows,
    share_parts,
    share_signed,
    squared,
)
from engine.evidence.maps_tape import Call, NoRuleError, Rule, Slot, difference

Relevances = tuple[Tensor, ...]

_SMALL = 1e-5
"""Under the root of a deviation, as in the layers."""


def passed(call: Call, relevance: Tensor) -> Relevances:
    """Pass the relevance of a function of single values on."""
    return (_summed_to(relevance, call.here.inputs[0]),)


def convolution(call: Call, relevance: Tensor) -> Relevances:
    """Share the relevance of a convolution."""
    weight, rest = _weight_of(call)
    kernel = squared(weight)
    op = lambda leaf: convolve(call.func, leaf, kernel, None, rest)  # noqa: E731 - as rules take it
    (change,) = call.changes
    return tuple(share_by_squares([op], [squared(change)], relevance))


def dense(call: Call, relevance: Tensor) -> Relevances:
    """Share the relevance of a product with a weight, by sign in the classifier."""
    (change,) = call.changes
    weight = _dense_weight(call).to(change.dtype)
    if call.is_last:
        return (share_signed(lambda leaf: functional.linear(leaf, weight), change, relevance),)
    kernel = squared(weight)
    op = lambda leaf: functional.linear(leaf, kernel)  # noqa: E731
    return tuple(share_by_squares([op], [squared(change)], relevance))


def average(call: Call, relevance: Tensor) -> Relevances:
    """Share the relevance of a mean, a sum or an interpolation, by sign in the head."""
    (change,) = call.changes
    op = lambda leaf: call.with_inputs([leaf])  # noqa: E731
    if call.in_head:
        return (share_signed(op, change, relevance),)
    return tuple(share_by_squares([op], [squared(change)], relevance))


def winners(call: Call, relevance: Tensor) -> Relevances:
    """Give the relevance of a maximum to its place in the run where it is higher."""
    here, there = call.here.inputs[0], call.there.inputs[0]
    rose = call.here.result >= call.there.result

    def back(values: Tensor, part: Tensor) -> Tensor:
        with torch.enable_grad():
            leaf = values.detach().requires_grad_()
            made = call.with_inputs([leaf])
            (gradient,) = torch.autograd.grad(made, leaf, part)
        return gradient

    risen = back(here, torch.where(rose, relevance, 0.0))
    return (risen + back(there, torch.where(rose, 0.0, relevance)),)


def addition(call: Call, relevance: Tensor) -> Relevances:
    """Share the relevance of a sum or difference of two."""
    changes = call.changes
    if len(changes) == 1:
        return passed(call, relevance)
    return _between(changes[0], changes[1], call, relevance)


def product(call: Call, relevance: Tensor) -> Relevances:
    """Share the relevance of a product by the change of each factor times the mean other."""
    if len(call.here.inputs) == 1:
        return passed(call, relevance)
    first, second = call.changes
    one, other = _means(call)
    return _between(first * other, second * one, call, relevance)


def quotient(call: Call, relevance: Tensor) -> Relevances:
    """Share the relevance of a division: a product with the inverse."""
    if len(call.here.inputs) == 1:
        return passed(call, relevance)
    (top, bottom), (top_there, bottom_there) = call.here.inputs, call.there.inputs
    inverse, inverse_there = bottom.reciprocal(), bottom_there.reciprocal()
    first = (top - top_there) * (inverse + inverse_there) / 2
    second = (inverse - inverse_there) * (top + top_there) / 2
    return _between(first, second, call, relevance)


def matrix_product(call: Call, relevance: Tensor) -> Relevances:
    """Share the relevance of a matrix product or an einsum, of one or two signals."""
    if call.func is not torch.einsum and len(call.here.inputs) == 1:
        first, second = _operands(call)
        if isinstance(first, Slot) and second.dim() == 2:
            return dense(call, relevance)
    changes = call.changes
    if len(changes) == 1:
        constants = _with_squared_constants(call)
        return tuple(share_by_squares([constants], [squared(changes[0])], relevance))
    if len(changes) != 2:
        raise NoRuleError(f"There is no rule for {name_of(call.func)} of {len(changes)} factors.")
    one, other = _means(call)
    unit = [_largest(changes[0]) * _largest(other), _largest(changes[1]) * _largest(one)]
    scale = [(u / max(*unit, 1e-38)) ** 2 for u in unit]  # squares of both in one unit
    left = lambda leaf: call.with_inputs([leaf, squared(other) * scale[0]])  # noqa: E731
    right = lambda leaf: call.with_inputs([squared(one) * scale[1], leaf])  # noqa: E731
    shares = share_by_squares([left, right], [squared(change) for change in changes], relevance)
    return tuple(shares)


def softmax(call: Call, relevance: Tensor) -> Relevances:
    """Share the relevance of a softmax: by its own score, and by those of its row."""
    (change,) = call.changes
    axis = call.kwargs["dim"] if "dim" in call.kwargs else call.args[1]
    mean = (call.here.result + call.there.result) / 2
    whole = difference(call.here.result, call.there.result)
    return (share_in_rows(change, mean, whole, relevance, (axis,)),)


def normalisation(call: Call, relevance: Tensor) -> Relevances:
    """Share the relevance of LayerNorm and its kin: by its own value, and by those of its row.

    Gain and shift are the same in both runs and change no share.
    """
    values = [step.inputs[0] for step in (call.here, call.there)]
    (here, one), (there, other) = (_normal(call, _in_rows(call, part)) for part in values)
    change = _in_rows(call, difference(*values))
    slope, whole = (one + other) / 2, here - there
    shares = share_in_rows(change, slope, whole, _in_rows(call, relevance), (-1,))
    return (shares.reshape(relevance.shape),)


def _normal(call: Call, rows: Tensor) -> tuple[Tensor, Tensor]:
    """Return the values of rows over their deviation, and one over that."""
    is_rms = name_of(call.func).endswith("rms_norm")
    centred = rows if is_rms else rows - rows.mean(-1, keepdim=True)
    scale = torch.rsqrt(centred.square().mean(-1, keepdim=True) + _SMALL)
    return centred * scale, scale


def _in_rows(call: Call, values: Tensor) -> Tensor:
    """Reshape values to what is normalised together, on the last axis."""
    name = name_of(call.func)
    if name.endswith(("layer_norm", "rms_norm")):
        shape = call.kwargs.get("normalized_shape", call.args[1] if len(call.args) > 1 else None)
        return values.flatten(-len(shape)) if shape is not None else values
    groups = values.shape[1]
    if name.endswith("group_norm"):
        groups = call.kwargs.get("num_groups", call.args[1] if len(call.args) > 1 else 1)
    return values.reshape(len(values), groups, -1)


def _weight_of(call: Call) -> tuple[Tensor, Any]:
    _, weight, _, *rest = convolution_arguments(call.func, call.args, call.kwargs)
    return weight.detach().to(call.here.inputs[0].dtype), rest


def _operands(call: Call) -> tuple[Any, Any]:
    first, second = [*call.args, *call.kwargs.values()][:2]
    return first, second


def _dense_weight(call: Call) -> Tensor:
    """Return the weight (K, C) of a linear layer or of a product with a constant matrix."""
    if call.func is functional.linear:
        names = {"input": None, "weight": None, "bias": None}
        weight: Tensor = positional(call.args, call.kwargs, names)[1]
        return weight.detach()
    matrix: Tensor = _operands(call)[1]
    return matrix.detach().t()


def _with_squared_constants(call: Call) -> Callable[[Tensor], Tensor]:
    """Return the operation with squares of the tensors that do not depend on the clip."""

    def known(value: Any) -> Any:
        if isinstance(value, Tensor):
            return squared(value)
        return type(value)(map(known, value)) if type(value) in (tuple, list) else value

    kwargs = {name: known(part) for name, part in call.kwargs.items()}
    constant = replace(call, args=known(call.args), kwargs=kwargs)
    return lambda leaf: constant.with_inputs([leaf])


def _between(first: Tensor, second: Tensor, call: Call, relevance: Tensor) -> Relevances:
    one, other = share_parts(first.expand_as(relevance), second.expand_as(relevance), relevance)
    left, right = call.here.inputs
    return _summed_to(one, left), _summed_to(other, right)


def _means(call: Call) -> list[Tensor]:
    return [(a + b) / 2 for a, b in zip(call.here.inputs, call.there.inputs, strict=True)]


def _largest(values: Tensor) -> float:
    return float(values.abs().amax()) if values.numel() else 0.0


def _summed_to(relevance: Tensor, like: Tensor) -> Tensor:
    return relevance.sum_to_size(like.shape) if relevance.shape != like.shape else relevance


_BY_HANDLER: dict[Handler, Rule] = {
    linear.convolution: convolution,
    attention.projection: dense,
    linear.batch_norm: passed,
    pointwise.activation: passed,
    pointwise.sigmoid: passed,
    pointwise.tanh: passed,
    pointwise.addition: addition,
    pointwise.subtraction: addition,
    pointwise.reversed_subtraction: addition,
    pointwise.multiplication: product,
    pointwise.division: quotient,
    pooling.averaging: average,
    pooling.max_pooling: winners,
    attention.matmul: matrix_product,
    attention.einsum: matrix_product,
    attention.softmax: softmax,
    attention.layer_norm: normalisation,
    attention.normalisation: normalisation,
    attention.negation: passed,
}
_SINGLE_VALUES = (
    *named(torch, "exp log sqrt rsqrt square abs reciprocal pow erf log1p expm1 sin cos"),
    *named(Tensor, "exp log sqrt rsqrt square abs reciprocal pow erf __pow__"),
    *named(functional, "logsigmoid"),
)


def _handlers() -> Iterator[tuple[Function, Handler]]:
    return ((func, unwrap(handler)) for func, handler in HANDLERS.items())


RULES: dict[Function, Rule] = {
    **{func: _BY_HANDLER[one] for func, one in _handlers() if one in _BY_HANDLER},
    **dict.fromkeys(_SINGLE_VALUES, passed),
    **dict.fromkeys((torch.amax, Tensor.amax), winners),
}
"""Operations with a rule for the relevance of their difference."""

WEIGHTED: frozenset[Function] = frozenset((*CONVOLUTIONS, functional.linear))
"""Layers with weights, of which the last is the classifier."""

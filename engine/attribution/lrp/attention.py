"""Handlers for transformers: products of two activations, softmax, attention, normalisation.

The weights of attention are a softmax. By default they are a gate
(`engine.attribution.lrp.pointwise`): constants that take no relevance, which all goes through the
values (Ali et al. 2022, arXiv 2202.07304), so that nothing is lost. Traced through queries and
keys as well (Achtibat et al. 2024, arXiv 2402.05602), softmax follows its own slope and keeps
part of what arrives.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.base.tensor_tags import alias, bounds_of, depends_on_input, is_gate, tag
from engine.attribution.lrp import linear, pointwise, pooling
from engine.attribution.lrp.context import (
    Function,
    Layer,
    LrpContext,
    pass_through,
    positional,
    with_backward,
)
from engine.attribution.lrp.fixed_rules import layer_norm_rule
from engine.attribution.lrp.linear import layer_relevance
from engine.attribution.lrp.refusals import without_rule
from engine.attribution.lrp.rules import Epsilon

Product = Callable[..., Tensor]

_FACTORS = ("alpha", "beta")
_RARE = (
    *("bias_k", "bias_v", "static_k", "static_v", "add_zero_attn"),
    *("key_padding_mask", "use_separate_proj_weight"),
)


def matmul(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle a matrix product: with a constant matrix, or of two activations."""
    first, second = args[0], args[1] if len(args) > 1 else next(iter(kwargs.values()))
    if not depends_on_input(first, second):
        return torch.matmul(first, second)
    if not depends_on_input(second) and second.dim() == 2:
        return linear.matmul(context, func, args, kwargs)
    return product(context, torch.matmul, first, second)


def projection(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a linear layer, also one whose weight is made of the input: a product of signals."""
    names = dict.fromkeys(("input", "weight", "bias"))
    values, weight, bias = positional(args, kwargs, names)
    if not depends_on_input(weight, bias):
        return linear.linear(context, func, args, kwargs)
    other = weight.transpose(-2, -1) if weight.dim() > 1 else weight
    made: Tensor = matmul(context, torch.matmul, (values, other), {})
    if bias is None:
        return made
    return pointwise.addition(context, torch.add, (made, bias), {})


def sum_of_products(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle ``added + factor * first @ second`` (baddbmm, addmm)."""
    factors = [kwargs[name] for name in kwargs if name not in _FACTORS]
    added, first, second = list(args) + factors
    product = matmul(context, torch.matmul, (first, second), {})
    scaled = pointwise.multiplication(context, torch.mul, (product, kwargs.get("alpha", 1)), {})
    shift = pointwise.multiplication(context, torch.mul, (added, kwargs.get("beta", 1)), {})
    return pointwise.addition(context, torch.add, (scaled, shift), {})


def einsum(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle an einsum: a sum of one factor, or a product of several."""
    equation, *factors = args
    if len(factors) == 1 and isinstance(factors[0], list | tuple):
        factors = list(factors[0])

    def op(*sides: Tensor) -> Tensor:
        return torch.einsum(equation, *sides)

    if len(factors) == 1:
        return pooling.averaging(context, op, (factors[0],), {})
    return product(context, op, *factors)


def contraction(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle inner, outer and other products of two tensors, with options."""
    return product(context, lambda *sides: func(*sides, *args[2:], **kwargs), *args[:2])


def reversed_matmul(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle ``second @ first``."""
    return matmul(context, torch.matmul, (args[1], args[0]), {})


def softmax(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a softmax: a gate, or the slope of its Taylor series (Achtibat et al., prop. 3.1)."""
    with torch.no_grad():
        result: Tensor = func(*args, **kwargs)
    scores, axis = args[0], kwargs["dim"] if "dim" in kwargs else args[1]
    if context.settings.weights_are_constant:
        made = pass_through(result, scores)
        tag(made, gate=True)
        return made
    fixed, share = scores.detach(), result.detach()

    def back(relevance: Tensor) -> tuple[Tensor]:
        total = relevance.sum(axis, keepdim=True)
        finite = torch.where(share > 0, fixed, 0.0)  # masked scores are minus infinity
        return ((finite * (relevance - share * total)).to(fixed.dtype),)

    return with_backward(back, result, scores)


def attention(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle scaled dot-product attention: as the products and the softmax that it is made of."""
    names = {"query": None, "key": None, "value": None, "attn_mask": None}
    rest = {"dropout_p": 0.0, "is_causal": False, "scale": None, "enable_gqa": False}
    query, key, value, mask, dropout, causal, scale, grouped = positional(
        args, kwargs, names | rest
    )
    if dropout or grouped:
        return without_rule(func(*args, **kwargs), func, "with dropout or grouped heads")
    if causal:
        sizes = (query.shape[-2], key.shape[-2])
        mask = torch.ones(sizes, dtype=torch.bool, device=query.device).tril()
    added = None if mask is None else _as_added(mask)
    return _attended(context, (query, key, value), added, scale)[0]


def multi_head(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle the attention of `torch.nn.MultiheadAttention`, which is one call."""
    bound = signature(func).bind(*args, **kwargs)
    bound.apply_defaults()
    given = bound.arguments
    dropped = given["training"] and given["dropout_p"]
    if dropped or given["query"].dim() != 3 or any(_is_set(given[name]) for name in _RARE):
        return without_rule(func(*args, **kwargs), func, "with rare options")
    mask = given["attn_mask"]
    if mask is not None and mask.dim() == 3:
        mask = mask.reshape(-1, given["num_heads"], *mask.shape[1:])
    if mask is not None:
        mask = _as_added(~mask if mask.dtype == torch.bool else mask)
    result, shares = _attended(context, _heads(context, given), mask, None)
    joined = result.permute(2, 0, 1, 3).flatten(2)
    projection = (joined, given["out_proj_weight"], given["out_proj_bias"])
    made = linear.linear(context, functional.linear, projection, {})
    if not given["need_weights"]:
        return made, None
    return made, shares.detach().mean(1) if given["average_attn_weights"] else shares.detach()


def _heads(context: LrpContext, given: dict[str, Any]) -> list[Tensor]:
    """Project to the queries, keys and values of a multi-head attention, (N, heads, L, C) each."""
    weights = given["in_proj_weight"].chunk(3)
    biases = [None] * 3 if given["in_proj_bias"] is None else given["in_proj_bias"].chunk(3)
    projections = []
    for name, weight, bias in zip(("query", "key", "value"), weights, biases, strict=True):
        projected = linear.linear(context, functional.linear, (given[name], weight, bias), {})
        apart = projected.reshape(*projected.shape[:2], given["num_heads"], -1)
        projections.append(apart.permute(1, 2, 0, 3))
    return projections


def _attended(
    context: LrpContext, signals: Sequence[Tensor], added: Tensor | None, scale: float | None
) -> tuple[Tensor, Tensor]:
    """Return the output of attention, and its weights."""
    query, key, value = signals
    factor = query.shape[-1] ** -0.5 if scale is None else scale
    scaled = pointwise.multiplication(context, torch.mul, (query, factor), {})
    scores = matmul(context, torch.matmul, (scaled, key.transpose(-2, -1)), {})
    if added is not None:
        scores = pointwise.addition(context, torch.add, (scores, added.to(scores.dtype)), {})
    weights = softmax(context, torch.softmax, (scores, -1), {})
    return matmul(context, torch.matmul, (weights, value), {}), weights


def layer_norm(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle LayerNorm.

    Where biases take their share, so does the shift, and only the standard deviation is a
    constant (Ali et al. 2022, LN-rule); else each value passes on what it got.
    """
    if not context.settings.biases:
        return normalisation(context, func, args, kwargs)
    names = {"input": None, "shape": None, "weight": None, "bias": None, "eps": 1e-5}
    values, shape, gain, shift, eps = positional(args, kwargs, names)
    axes = tuple(range(-len(shape), 0))
    with torch.no_grad():
        result = func(*args, **kwargs)
        spread = values.var(axes, correction=0, keepdim=True)
        scale = torch.rsqrt(spread + eps) * (1.0 if gain is None else gain)
    settings, fixed = context.settings, values.detach()
    small, extra = settings.composite.stabilizer, settings.rule(Epsilon).epsilon

    def back(relevance: Tensor) -> tuple[Tensor]:
        given = (fixed, axes, scale, relevance)
        return (layer_norm_rule(*given, shift=shift, stabilizer=small, epsilon=extra),)

    return with_backward(back, result, values)


def normalisation(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a normalisation by own statistics: relevance passes (Achtibat et al., prop. 3.4)."""
    with torch.no_grad():
        result = func(*args, **kwargs)
    return pass_through(result, args[0])


def negation(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle ``-values``."""
    return pointwise.multiplication(context, torch.mul, (args[0], -1), {})


def product(context: LrpContext, op: Product, *sides: Tensor) -> Tensor:
    """Multiply tensors: gates and constants take nothing, signals equal parts."""
    with torch.no_grad():
        result = op(*(side.detach() for side in sides))
    followed = [side for side in sides if depends_on_input(side)]
    signals = [side for side in followed if not is_gate(side)] or followed
    taking = [k for k, side in enumerate(sides) if any(side is signal for signal in signals)]
    layers = [_factor(op, sides, place) for place in taking]
    context.last = layers[-1]
    share = len(layers)
    made = with_backward(
        lambda back: tuple(layer_relevance(context, layer, back / share) for layer in layers),
        result,
        *(layer.values for layer in layers),
    )
    if all(is_gate(side) for side in followed):
        tag(made, gate=True)
    return made


def _factor(op: Product, sides: Sequence[Tensor], place: int) -> Layer:
    """Return a product as an operation that is linear in one of its factors.

    Its weight is another factor, which rules take by sign; any further ones are constants.
    """
    other = 1 if place == 0 else 0
    fixed = [side.detach() for side in sides]

    def linear_in(values: Tensor, weight: Tensor) -> Tensor:
        given = {place: values, other: weight}
        return op(*(given.get(k, side) for k, side in enumerate(fixed)))

    values = sides[place]
    return Layer(linear_in, alias(values), fixed[other], None, 0, bounds_of(values), True)


def _as_added(mask: Tensor) -> Tensor:
    """Return a mask as numbers to add, minus infinity where a boolean one hides."""
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, -math.inf)


def _is_set(value: Any) -> bool:
    return value is not None and value is not False

"""Operations that are one call, written out as the elementary ones they are made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from inspect import signature
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.lrp.context import Function, positional
from engine.attribution.lrp.recurrent_layers import (
    Cell,
    CellOf,
    CellWeights,
    RecurrentCall,
    State,
    by_function,
    one_step,
    unrolled,
)
from engine.evidence.maps_tape import NoRuleError

_RARE = (
    *("bias_k", "bias_v", "static_k", "static_v", "add_zero_attn"),
    *("key_padding_mask", "use_separate_proj_weight"),
)


def attention(*args: Any, **kwargs: Any) -> Tensor:
    """Attend by scaled dot products and their softmax."""
    names = {"query": None, "key": None, "value": None, "attn_mask": None}
    rest = {"dropout_p": 0.0, "is_causal": False, "scale": None, "enable_gqa": False}
    query, key, value, mask, dropout, causal, scale, grouped = positional(
        args, kwargs, names | rest
    )
    if dropout or grouped:
        raise NoRuleError("There is no rule for attention with dropout or grouped heads.")
    if causal:
        sizes = (query.shape[-2], key.shape[-2])
        mask = torch.ones(sizes, dtype=torch.bool, device=query.device).tril()
    if mask is not None and mask.dtype == torch.bool:
        mask = torch.zeros(mask.shape, device=mask.device).masked_fill(~mask, -math.inf)
    return _attended(query, key, value, mask, scale)[0]


def multi_head(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor | None]:
    """Attend as `torch.nn.MultiheadAttention`."""
    bound = signature(functional.multi_head_attention_forward).bind(*args, **kwargs)
    bound.apply_defaults()
    given = bound.arguments
    rare = any(given[name] is not None and given[name] is not False for name in _RARE)
    if rare or given["query"].dim() != 3 or (given["training"] and given["dropout_p"]):
        raise NoRuleError("There is no rule for multi-head attention with rare options.")
    mask = given["attn_mask"]
    if mask is not None and mask.dim() == 3:
        mask = mask.reshape(-1, given["num_heads"], *mask.shape[1:])
    if mask is not None and mask.dtype == torch.bool:
        mask = torch.zeros(mask.shape, device=mask.device).masked_fill(mask, -math.inf)
    query, key, value = _heads(given)
    result, shares = _attended(query, key, value, mask, None)
    joined = result.permute(2, 0, 1, 3).flatten(2)
    made = functional.linear(joined, given["out_proj_weight"], given["out_proj_bias"])
    if not given["need_weights"]:
        return made, None
    return made, shares.detach().mean(1) if given["average_attn_weights"] else shares.detach()


def _heads(given: dict[str, Any]) -> list[Tensor]:
    """Return queries, keys and values of each head, (N, heads, L, C)."""
    weights = given["in_proj_weight"].chunk(3)
    biases = [None] * 3 if given["in_proj_bias"] is None else given["in_proj_bias"].chunk(3)
    heads = []
    for name, weight, bias in zip(("query", "key", "value"), weights, biases, strict=True):
        projected = functional.linear(given[name], weight, bias)
        apart = projected.reshape(*projected.shape[:2], given["num_heads"], -1)
        heads.append(apart.permute(1, 2, 0, 3))
    return heads


def _attended(
    query: Tensor, key: Tensor, value: Tensor, added: Tensor | None, scale: float | None
) -> tuple[Tensor, Tensor]:
    factor = query.shape[-1] ** -0.5 if scale is None else scale
    scores = torch.matmul(query * factor, key.transpose(-2, -1))
    if added is not None:
        scores = scores + added.to(scores.dtype)
    shares = torch.softmax(scores, -1)
    return torch.matmul(shares, value), shares


def sum_of_products(*args: Any, **kwargs: Any) -> Tensor:
    """``beta * added + alpha * first @ second`` (baddbmm, addmm)."""
    factors = [kwargs[name] for name in kwargs if name not in ("alpha", "beta")]
    added, first, second = [*args, *factors]
    product = torch.matmul(first, second) * kwargs.get("alpha", 1)
    total: Tensor = added * kwargs.get("beta", 1) + product
    return total


def lstm(weights: CellWeights) -> Cell:
    """Return an LSTM cell."""

    def step(values: Tensor, state: State) -> State:
        hidden, cell = state
        enter, forget, new, leave = (_given(weights, values) + _held(weights, hidden)).chunk(4, -1)
        kept = torch.sigmoid(forget) * cell + torch.sigmoid(enter) * torch.tanh(new)
        made = torch.sigmoid(leave) * torch.tanh(kept)
        return made if weights.projection is None else made @ weights.projection.t(), kept

    return step


def gru(weights: CellWeights) -> Cell:
    """Return a GRU cell."""

    def step(values: Tensor, state: State) -> State:
        (hidden,) = state
        given = _given(weights, values).chunk(3, -1)
        held = _held(weights, hidden).chunk(3, -1)
        reset, update = torch.sigmoid(given[0] + held[0]), torch.sigmoid(given[1] + held[1])
        new = torch.tanh(given[2] + reset * held[2])
        return (new + update * (hidden - new),)

    return step


def rnn(weights: CellWeights, activation: Function) -> Cell:
    """Return a cell without gates."""

    def step(values: Tensor, state: State) -> State:
        return (activation(_given(weights, values) + _held(weights, state[0])),)

    return step


def _given(weights: CellWeights, values: Tensor) -> Tensor:
    return functional.linear(values, weights.given, weights.given_bias)


def _held(weights: CellWeights, hidden: Tensor) -> Tensor:
    return functional.linear(hidden, weights.held, weights.held_bias)


def _layer(cell_of: CellOf) -> Callable[..., Any]:
    def unroll(*args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
        call = RecurrentCall.of(args, kwargs)
        if call.drops:
            raise NoRuleError("There is no rule for a recurrent layer with dropout.")
        return unrolled(cell_of, call)

    return unroll


def _cell(cell_of: CellOf) -> Callable[..., Any]:
    return lambda *args, **kwargs: one_step(cell_of, args, kwargs)


_CELLS: dict[str, CellOf] = {
    "lstm": lstm,
    "gru": gru,
    "rnn_tanh": partial(rnn, activation=torch.tanh),
    "rnn_relu": partial(rnn, activation=torch.relu),
}

COMPOSED: dict[Function, Callable[..., Any]] = {
    functional.scaled_dot_product_attention: attention,
    functional.multi_head_attention_forward: multi_head,
    torch.baddbmm: sum_of_products,
    torch.addmm: sum_of_products,
    **by_function(_CELLS, _layer, _cell),
}
"""Operations that are done by others, which have rules."""

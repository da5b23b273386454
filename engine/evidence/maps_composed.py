"""Operations that are one call, written out as the elementary ones they are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from inspect import signature
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.lrp.context import Function, positional
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


def lstm(values: Tensor, states: Any, weights: Any, *rest: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Several layers of LSTM, step by step (`torch.nn.LSTM`)."""

    def step(x: Tensor, state: Sequence[Tensor], own: Sequence[Any]) -> tuple[Tensor, ...]:
        hidden, cell = state
        gates = functional.linear(x, own[0], own[2]) + functional.linear(hidden, own[1], own[3])
        enter, forget, new, leave = gates.chunk(4, -1)
        kept = torch.sigmoid(forget) * cell + torch.sigmoid(enter) * torch.tanh(new)
        return torch.sigmoid(leave) * torch.tanh(kept), kept

    output, (hidden, cell) = _unrolled(step, values, list(states), weights, rest)
    return output, hidden, cell


def gru(values: Tensor, state: Any, weights: Any, *rest: Any) -> tuple[Tensor, Tensor]:
    """Several layers of GRU, step by step (`torch.nn.GRU`)."""

    def step(x: Tensor, state: Sequence[Tensor], own: Sequence[Any]) -> tuple[Tensor, ...]:
        (hidden,) = state
        given = functional.linear(x, own[0], own[2]).chunk(3, -1)
        held = functional.linear(hidden, own[1], own[3]).chunk(3, -1)
        reset, update = torch.sigmoid(given[0] + held[0]), torch.sigmoid(given[1] + held[1])
        new = torch.tanh(given[2] + reset * held[2])
        return (new + update * (hidden - new),)

    output, (hidden,) = _unrolled(step, values, [state], weights, rest)
    return output, hidden


StepOf = Callable[[Tensor, Sequence[Tensor], Sequence[Any]], tuple[Tensor, ...]]


def _unrolled(
    step: StepOf, values: Tensor, states: list[Tensor], weights: Any, rest: Sequence[Any]
) -> tuple[Tensor, list[Tensor]]:
    """Run a recurrent network; the arguments behind ``weights`` are torch's own."""
    if len(rest) != 6 or not isinstance(rest[1], int):
        raise NoRuleError("There is no rule for a recurrent layer on packed sequences.")
    biases, layers, _, training, both_ways, batch_first = rest
    ways, per = 2 if both_ways else 1, 4 if biases else 2
    if training or len(weights) != layers * ways * per:
        raise NoRuleError("There is no rule for a recurrent layer with projections.")
    steps = list(values.unbind(1 if batch_first else 0))
    ends: list[tuple[Tensor, ...]] = []
    for layer in range(layers):
        found = []
        for way in range(ways):
            place = layer * ways + way
            own = [*weights[place * per : (place + 1) * per], None, None][:4]
            outputs, end = _one_way(step, steps, [s[place] for s in states], own, way == 1)
            found.append(outputs)
            ends.append(end)
        steps = found[0] if ways == 1 else [torch.cat(p, -1) for p in zip(*found, strict=True)]
    last = [torch.stack([end[i] for end in ends]) for i in range(len(states))]
    return torch.stack(steps, 1 if batch_first else 0), last


def _one_way(
    step: StepOf, steps: list[Tensor], state: Sequence[Tensor], own: Sequence[Any], backwards: bool
) -> tuple[list[Tensor], tuple[Tensor, ...]]:
    outputs = []
    now: tuple[Tensor, ...] = tuple(state)
    for values in reversed(steps) if backwards else steps:
        now = step(values, now, own)
        outputs.append(now[0])
    return outputs[::-1] if backwards else outputs, now


COMPOSED: dict[Function, Callable[..., Any]] = {
    functional.scaled_dot_product_attention: attention,
    functional.multi_head_attention_forward: multi_head,
    torch.baddbmm: sum_of_products,
    torch.addmm: sum_of_products,
    torch.lstm: lstm,
    torch.gru: gru,
}
"""Operations that are done by others, which have rules."""

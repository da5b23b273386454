"""Handlers for recurrent layers: LSTM, GRU, RNN and their cells.

The signal takes all relevance and the gates none (Arras et al. 2017, arXiv 1706.07206, section
3.1): what a gate multiplies passes on what it got, tanh and ReLU pass, and a sum shares in
proportion to its parts. The products with the input and with the hidden state are one linear
operation, which has the rule of dense layers. A state that does not come from the input, such as
the zeros that a layer starts with, takes as much as a bias does: nothing, unless biases share.

What is added here has either sign, and can cancel where the sum with its bias does not; to leave
the bias out of the sums, as behind a ReLU, would blow relevance up. Where biases are to take
nothing, theirs goes to the inputs instead, in proportion to the sizes of the contributions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.base.tensor_tags import (
    alias,
    bounds_of,
    depends_on_input,
    tag,
    tag_unsupported,
    tensors_in,
)
from engine.attribution.lrp.context import (
    Function,
    Handler,
    Layer,
    LrpContext,
    name_of,
    pass_through,
    with_backward,
)
from engine.attribution.lrp.fixed_rules import sum_rule
from engine.attribution.lrp.linear import record
from engine.attribution.lrp.recurrent_layers import (
    Cell,
    CellWeights,
    RecurrentCall,
    State,
    by_function,
    one_step,
    unrolled,
)


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """Part of a sum of products: ``gate * (weight @ values)``."""

    values: Tensor
    weight: Tensor
    gate: Tensor | None = None

    def made(self, values: Tensor, weight: Tensor) -> Tensor:
        product = functional.linear(values, weight)
        return product if self.gate is None else self.gate * product


def lstm(context: LrpContext, weights: CellWeights) -> Cell:
    """Return an LSTM cell: the gates take nothing, the candidate and the state before all."""
    new_rows = slice(len(weights.held) // 2, 3 * len(weights.held) // 4)

    def step(values: Tensor, state: State) -> State:
        hidden, kept = state
        sums = _sums(values, hidden, weights)
        enter, forget, new, leave = sums.chunk(4, -1)
        enter, forget, leave = enter.sigmoid(), forget.sigmoid(), leave.sigmoid()
        bias = _bias(weights, new_rows)
        sides = [_Side(values, weights.given[new_rows]), _Side(hidden, weights.held[new_rows])]
        new = _activated(torch.tanh, _joined(context, sides, bias, new))
        kept = _added(context, [_gated(forget, kept), _gated(enter, new)])
        hidden = _gated(leave, _activated(torch.tanh, kept))
        if weights.projection is not None:
            side = _Side(hidden, weights.projection)
            result = functional.linear(hidden.detach(), weights.projection)
            hidden = _joined(context, [side], None, result)
        return hidden, kept

    return step


def gru(context: LrpContext, weights: CellWeights) -> Cell:
    """Return a GRU cell: reset and update gates take nothing."""
    new_rows = slice(2 * len(weights.held) // 3, None)

    def step(values: Tensor, state: State) -> State:
        (hidden,) = state
        with torch.no_grad():
            given = functional.linear(values, weights.given, weights.given_bias)
            held = functional.linear(hidden, weights.held, weights.held_bias)
            reset, update = (given + held).sigmoid().chunk(3, -1)[:2]
            result = given[..., new_rows] + reset * held[..., new_rows]
            bias = _bias(weights, new_rows, reset)
        sides = [
            _Side(values, weights.given[new_rows]),
            _Side(hidden, weights.held[new_rows], reset),
        ]
        new = _activated(torch.tanh, _joined(context, sides, bias, result))
        return (_added(context, [_gated(1 - update, new), _gated(update, hidden)]),)

    return step


def rnn(context: LrpContext, weights: CellWeights, activation: Function) -> Cell:
    """Return a cell without gates: an activation of both products."""

    def step(values: Tensor, state: State) -> State:
        (hidden,) = state
        sides = [_Side(values, weights.given), _Side(hidden, weights.held)]
        result = _sums(values, hidden, weights)
        bias = _bias(weights, slice(None))
        return (_activated(activation, _joined(context, sides, bias, result)),)

    return step


def _sums(values: Tensor, hidden: Tensor, weights: CellWeights) -> Tensor:
    with torch.no_grad():
        given = functional.linear(values, weights.given, weights.given_bias)
        return given + functional.linear(hidden, weights.held, weights.held_bias)


def _bias(weights: CellWeights, rows: slice, gate: Tensor | None = None) -> Tensor | None:
    """Return the bias of some rows, where a gate scales that of the hidden state."""
    if weights.given_bias is None or weights.held_bias is None:
        return None
    held = weights.held_bias[rows]
    return weights.given_bias[rows] + (held if gate is None else gate * held)


def _gated(gate: Tensor, signal: Tensor) -> Tensor:
    return pass_through(gate * signal.detach(), signal)


def _activated(activation: Function, values: Tensor) -> Tensor:
    return pass_through(activation(values.detach()), values)


def _joined(context: LrpContext, sides: list[_Side], bias: Tensor | None, result: Tensor) -> Tensor:
    """Give a sum of products the rule of one linear operation. A constant side is a bias."""
    signals = [side for side in sides if depends_on_input(side.values)]
    with torch.no_grad():
        for side in sides:
            if side not in signals:
                made = side.made(side.values, side.weight)
                bias = made if bias is None else bias + made
    if not signals:
        return result
    if len(signals) == 1:
        return _recorded(context, _as_layer(signals[0], bias), result)
    if all(bounds_of(side.values) is None for side in signals):
        return _recorded(context, _as_one_layer(signals, bias), result)
    layers = [_as_layer(side, None) for side in signals]  # pixels have a rule of their own
    parts = [record(context, one, one.op(one.values.detach(), one.weight)) for one in layers]
    return _added(context, parts, bias)


def _recorded(context: LrpContext, layer: Layer, result: Tensor) -> Tensor:
    layer.whole = result
    return record(context, layer, result)


def _as_layer(side: _Side, bias: Tensor | None) -> Layer:
    values = alias(side.values)
    return Layer(side.made, values, side.weight, bias, 0, bounds_of(side.values), True)


def _as_one_layer(sides: list[_Side], bias: Tensor | None) -> Layer:
    """Return a sum of products as a linear operation of all values side by side."""
    sizes = [side.values.shape[-1] for side in sides]

    def op(values: Tensor, weight: Tensor) -> Tensor:
        pairs = zip(
            sides, torch.split(values, sizes, -1), torch.split(weight, sizes, -1), strict=True
        )
        first, second = (side.made(part, own) for side, part, own in pairs)
        return first + second

    values = torch.cat([side.values for side in sides], -1)
    return Layer(op, values, torch.cat([s.weight for s in sides], -1), bias, 0, None, True)


def _added(context: LrpContext, parts: list[Tensor], bias: Tensor | None = None) -> Tensor:
    """Add parts, which share by their signed values (Arras et al. 2017, eq. 2).

    Along a state, the factors by which shares exceed 1 where parts cancel, cancel too.
    """
    with torch.no_grad():
        result = parts[0] + parts[1]
        result = result if bias is None else result + bias
    signals = [part for part in parts if depends_on_input(part)]
    fixed, settings = [part.detach() for part in signals], context.settings

    def back(relevance: Tensor) -> tuple[Tensor, ...]:
        small = settings.composite.stabilizer
        return sum_rule(fixed, result, relevance, biases=settings.biases, stabilizer=small)

    return with_backward(back, result, *signals) if signals else result


CellRule = Callable[[LrpContext, CellWeights], Cell]


def _layer_handler(rule: CellRule) -> Handler:
    def handler(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
        call = RecurrentCall.of(args, kwargs)
        if call.drops:
            made = func(*args, **kwargs)
            return tag_unsupported(made, f"{name_of(func)} with dropout between its layers")
        return _signed(unrolled(partial(rule, context), call))

    return handler


def _cell_handler(rule: CellRule) -> Handler:
    def handler(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
        return _signed(one_step(partial(rule, context), args, kwargs))

    return handler


def _signed(made: Any) -> Any:
    """Tag outputs and states as of either sign."""
    for part in tensors_in((made,)):
        tag(part, signed=True)
    return made


_CELLS: dict[str, CellRule] = {
    "lstm": lstm,
    "gru": gru,
    "rnn_tanh": partial(rnn, activation=torch.tanh),
    "rnn_relu": partial(rnn, activation=torch.relu),
}
RECURRENT: dict[Function, Handler] = by_function(_CELLS, _layer_handler, _cell_handler)
"""Recurrent layers and cells, by the functions that their modules call."""

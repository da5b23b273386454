"""Recurrent layers unrolled: one call of torch as the cells that it is made of, step by step.

What a cell does is given, so that the same loops serve relevance of a score and of a difference.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor

from engine.attribution.base.tensor_tags import bounds_of, tag
from engine.attribution.lrp.context import Function, positional

Kind = TypeVar("Kind")
Made = TypeVar("Made")
State = tuple[Tensor, ...]
Cell = Callable[[Tensor, State], State]
"""One step: from its input (N, C) and the states before, each (N, H), to the states after."""


@dataclass(frozen=True, slots=True, eq=False)
class CellWeights:
    """Weights of a recurrent cell, its kinds of gates below each other.

    Attributes
    ----------
    given, held : Tensor, (gates * H, C) and (gates * H, H)
        Of the input of a step, and of the hidden state before it.
    given_bias, held_bias : Tensor or None, (gates * H,)
        Biases added to what each makes.
    projection : Tensor or None, (P, H)
        What makes the hidden state smaller, in an LSTM with ``proj_size``.
    """

    given: Tensor
    held: Tensor
    given_bias: Tensor | None = None
    held_bias: Tensor | None = None
    projection: Tensor | None = None


CellOf = Callable[[CellWeights], Cell]
"""From weights to the cell that they make."""


@dataclass(frozen=True, slots=True, eq=False)
class RecurrentCall:
    """A call of ``torch.lstm``, ``gru``, ``rnn_tanh`` or ``rnn_relu``.

    Attributes
    ----------
    values : Tensor, (N, T, C) or (T, N, C), or (sum of sizes, C) where packed
    sizes : list of int or None
        Clips in each step, never more than in the one before, where packed.
    states : tuple of Tensor, (layers * ways, N, H)
        Initial hidden state, and that of the cells of an LSTM.
    weights : list of CellWeights
        By layer, forwards before backwards.
    ways : int
        2 where it reads backwards as well.
    drops : bool
        Whether values are dropped at random between the layers.
    batch_first : bool
    """

    values: Tensor
    sizes: list[int] | None
    states: State
    weights: list[CellWeights]
    ways: int
    drops: bool
    batch_first: bool

    @classmethod
    def of(cls, args: Any, kwargs: Any) -> RecurrentCall:
        """Read the arguments of a call."""
        packed = "batch_sizes" in kwargs or isinstance((*args, *[None] * 4)[3], list | tuple)
        names = ["input", *(["batch_sizes"] if packed else []), "hx", "params", "has_biases"]
        names += ["num_layers", "dropout", "train", "bidirectional"]
        given = positional(args, kwargs, {**dict.fromkeys(names), "batch_first": False})
        values, *sizes, states, flat, biases, layers, dropout, training, both, first = given
        ways = 2 if both else 1
        return cls(
            values=values,
            sizes=sizes[0].tolist() if packed else None,
            states=(states,) if isinstance(states, Tensor) else tuple(states),
            weights=_weights(list(flat), layers * ways, has_biases=biases),
            ways=ways,
            drops=bool(training and dropout > 0 and layers > 1),
            batch_first=first,
        )

    def steps(self) -> list[Tensor]:
        """Return the input of each step, (N, C), with the bounds of pixels."""
        steps = self._apart(self.values)
        bounds = bounds_of(self.values)
        if bounds is not None:
            for step, *ends in zip(steps, *map(self._apart, bounds), strict=True):
                tag(step, bounds=tuple(ends))
        return steps

    def _apart(self, values: Tensor) -> list[Tensor]:
        if self.sizes is not None:
            return list(torch.split(values, self.sizes))
        return list(values.unbind(1 if self.batch_first else 0))

    def joined(self, steps: list[Tensor]) -> Tensor:
        """Return outputs of the steps as one tensor, shaped as the input."""
        if self.sizes is not None:
            return torch.cat(steps)
        return torch.stack(steps, 1 if self.batch_first else 0)


def unrolled(cell_of: CellOf, call: RecurrentCall) -> tuple[Tensor, ...]:
    """Run a recurrent layer step by step: its output, then the last of each kind of state."""
    steps, ends = call.steps(), []
    for first in range(0, len(call.weights), call.ways):
        found = []
        for place in range(first, first + call.ways):
            state = tuple(part[place] for part in call.states)
            cell = cell_of(call.weights[place])
            outputs, end = _one_way(cell, steps, state, backwards=place > first)
            found.append(outputs)
            ends.append(end)
        steps = found[0] if call.ways == 1 else [torch.cat(p, -1) for p in zip(*found, strict=True)]
    last = (torch.stack(parts) for parts in zip(*ends, strict=True))
    return (call.joined(steps), *last)


def one_step(cell_of: CellOf, args: Any, kwargs: Any) -> Tensor | State:
    """Run a call of ``torch.lstm_cell``, ``gru_cell``, ``rnn_tanh_cell`` or ``rnn_relu_cell``."""
    names = ("input", "hx", "w_ih", "w_hh", "b_ih", "b_hh")
    values, states, *weights = positional(args, kwargs, dict.fromkeys(names))
    before = (states,) if isinstance(states, Tensor) else tuple(states)
    after = cell_of(CellWeights(*weights))(values, before)
    return after if len(after) > 1 else after[0]


def by_function(
    cells: Mapping[str, Kind], layer: Callable[[Kind], Made], cell: Callable[[Kind], Made]
) -> dict[Function, Made]:
    """Return a table of torch's recurrent functions: of layers, and of single cells."""
    return {getattr(torch, name): layer(kind) for name, kind in cells.items()} | {
        getattr(torch, f"{name}_cell"): cell(kind) for name, kind in cells.items()
    }


def _weights(flat: Sequence[Tensor], cells: int, *, has_biases: bool) -> list[CellWeights]:
    """Return the weights of each cell from a flat list, where projections come last."""
    count, known = len(flat) // cells, 4 if has_biases else 2
    made = []
    for place in range(0, len(flat), count):
        own = list(flat[place : place + count])
        biases = own[2:4] if has_biases else [None, None]
        made.append(CellWeights(*own[:2], *biases, *own[known:]))
    return made


def _one_way(
    cell: Cell, steps: list[Tensor], state: State, *, backwards: bool
) -> tuple[list[Tensor], State]:
    """Run a cell over the steps. Clips that have ended, or not begun, keep their state."""
    outputs = []
    for values in reversed(steps) if backwards else steps:
        size = len(values)
        if size == len(state[0]):
            state = now = cell(values, state)
        else:
            now = cell(values, tuple(part[:size] for part in state))
            pairs = zip(now, state, strict=True)
            state = tuple(torch.cat((new, before[size:])) for new, before in pairs)
        outputs.append(now[0])
    return outputs[::-1] if backwards else outputs, state

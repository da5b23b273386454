"""What an operation met in two runs of a network, and the values of a run, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.attribution.base.tensor_tags import tensors_in
from engine.attribution.lrp.context import Function
from engine.errors import AttributionError


class NoRuleError(AttributionError):
    """The relevance of a difference cannot be traced through an operation."""


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """Values of an operation in one run, or their means over several runs.

    Attributes
    ----------
    func : callable
        The operation.
    inputs : tuple of Tensor
        Those of its arguments that depend on the clip.
    result : Tensor
        What it made of them.
    """

    func: Function
    inputs: tuple[Tensor, ...]
    result: Tensor


Tape = list[Step]


def added(total: Tape, new: Tape) -> Tape:
    """Return the sums of the values of two runs, step by step.

    Raises
    ------
    NoRuleError
        If the runs differ in their operations or shapes.
    """
    check_alike(total, new)
    known: dict[int, Tensor] = {}  # a value is the result of a step and the input of others

    def both(one: Tensor, other: Tensor) -> Tensor:
        if id(one) not in known:
            known[id(one)] = one + other
        return known[id(one)]

    return [
        Step(
            one.func,
            tuple(both(*pair) for pair in zip(one.inputs, other.inputs, strict=True)),
            both(one.result, other.result),
        )
        for one, other in zip(total, new, strict=True)
    ]


def divided(total: Tape, runs: int) -> Tape:
    """Return sums over runs as means."""
    if runs == 1:
        return total
    known: dict[int, Tensor] = {}

    def mean(one: Tensor) -> Tensor:
        if id(one) not in known:
            known[id(one)] = one / runs
        return known[id(one)]

    return [Step(s.func, tuple(mean(one) for one in s.inputs), mean(s.result)) for s in total]


def check_alike(one: Tape, other: Tape) -> None:
    """Refuse two runs that did not do the same.

    Raises
    ------
    NoRuleError
    """
    alike = len(one) == len(other) and all(
        a.func is b.func and a.result.shape == b.result.shape
        for a, b in zip(one, other, strict=True)
    )
    if not alike:
        raise NoRuleError("The network does other things for a still than for the clip.")


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """An operation in a pair of runs, as its rule sees it.

    Attributes
    ----------
    func, args, kwargs
        The call, with a `Slot` for each input.
    here, there : Step
        Its values in the first and in the second run.
    is_last : bool
        Whether it is the last layer with weights.
    in_head : bool
        Whether it comes after the last layer with weights but one.
    """

    func: Function
    args: Any
    kwargs: Any
    here: Step
    there: Step
    is_last: bool
    in_head: bool

    @property
    def changes(self) -> list[Tensor]:
        """Differences of the inputs."""
        pairs = zip(self.here.inputs, self.there.inputs, strict=True)
        return [difference(one, other) for one, other in pairs]

    def with_inputs(self, values: list[Tensor]) -> Any:
        """Do the operation on other values of the inputs that depend on the clip."""
        left = iter(values)
        args = _replaced(self.args, left)
        kwargs = {name: _replaced(part, left) for name, part in self.kwargs.items()}
        return self.func(*args, **kwargs)


Rule = Callable[[Call, Tensor], tuple[Tensor, ...]]
"""From a call and the relevance of its result to that of each of its inputs."""


def difference(one: Tensor, other: Tensor) -> Tensor:
    """Return one less other, zero where both are the same infinity."""
    return torch.where(one == other, 0.0, one - other)


def traced_in(args: Any, kwargs: Any) -> list[Tensor]:
    """Return the tensors among arguments that depend on the clip, in order."""
    return [part for part in tensors_in((args, *kwargs.values())) if part.requires_grad]


class Slot:
    """Place of a tensor that depends on the clip, among the arguments of a call."""


def slotted(args: Any, kwargs: Any) -> tuple[Any, dict[str, Any]]:
    """Return arguments with a `Slot` for each tensor that depends on the clip."""

    def held(value: Any) -> Any:
        if isinstance(value, Tensor):
            return Slot() if value.requires_grad else value
        return type(value)(map(held, value)) if type(value) in (tuple, list) else value

    return held(tuple(args)), {name: held(part) for name, part in kwargs.items()}


def _replaced(value: Any, left: Iterator[Tensor]) -> Any:
    if isinstance(value, Slot):
        return next(left)
    if type(value) in (tuple, list):
        return type(value)(_replaced(part, left) for part in value)
    return value

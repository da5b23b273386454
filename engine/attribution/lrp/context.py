"""The context that handlers of operations share: settings, layers, custom backward passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Protocol, TypeVar, cast

from torch import Tensor, autograd
from torch.overrides import resolve_name

from engine.attribution.base.tensor_tags import Bounds
from engine.attribution.lrp.composites import Composite
from engine.attribution.lrp.operation import LinearOp
from engine.attribution.lrp.rules import Rule

Backward = Callable[..., tuple[Tensor | None, ...]]
Function = Callable[..., Any]
Kind = TypeVar("Kind", bound=Rule)


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of relevance propagation: the composite, and options beside its rules.

    Attributes
    ----------
    composite : Composite
    parameters : mapping
        Options of the rules by name; those that are missing have their defaults.
    winner : bool
        Max pooling gives all to the winner; else in proportion to the values pooled.
    biases : bool
        Whether biases take their share, as in the original papers; the sum over the input is
        then less than the score.
    weights_are_constant : bool
        Attention: all relevance through the values; else through queries and keys as well.
    """

    composite: Composite
    parameters: Mapping[str, Any] = field(default_factory=dict)
    winner: bool = True
    biases: bool = False
    weights_are_constant: bool = True

    def rule(self, kind: type[Kind]) -> Kind:
        """Return a rule with its options as they are set."""
        names = [part.name for part in fields(kind) if part.name in self.parameters]
        return kind(**{name: self.parameters[name] for name in names})


@dataclass(eq=False)
class Layer:
    """A linear operation met in the forward pass.

    Attributes
    ----------
    op : callable
        The operation without its bias, of (values, weight).
    values : Tensor
        What went in, with its history.
    weight : Tensor
        Its weight.
    bias : Tensor or None
        Its bias in the scale of ``weight``, shaped to add to the result.
    out_axis : int
        Axis of ``weight`` that counts output channels: 1 for a transposed convolution.
    bounds : (Tensor, Tensor) or None
        Lowest and highest that ``values`` can be where the network's input goes in here.
    is_dense : bool
        Whether it is a matrix product, not a convolution.
    positive : bool Tensor or None
        Where its result is positive, for rules that need it.
    factor : Tensor or None
        What BatchNorm scales ``weight`` by; multiplied when needed, as a copy of all weights of
        a network would take more memory than the pass.
    whole : Tensor or None
        Its result with the bias, where a bias that is to take nothing goes to the values by size.
    """

    op: LinearOp
    values: Tensor
    weight: Tensor
    bias: Tensor | None
    out_axis: int
    bounds: Bounds | None
    is_dense: bool
    positive: Tensor | None = None
    factor: Tensor | None = None
    whole: Tensor | None = None


class LrpContext(Protocol):
    """The pass as handlers see it: its settings, and the last linear layer so far."""

    settings: Settings
    last: Layer | None

    def note_positions(self, taken: Tensor, *, by_clip: bool) -> None:
        """Take down relevance that came with positions, by clip if these are its first axis."""


Handler = Callable[[LrpContext, Function, Any, Any], Any]


class _WithBackward(autograd.Function):
    """Gives a result that was computed already a backward of our choice."""

    @staticmethod
    def forward(ctx: Any, made: tuple[Backward, Tensor], *values: Tensor) -> Tensor:
        # The result comes in a tuple, unseen by autograd: it would become a view otherwise.
        ctx.back, result = made
        return result

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        back, ctx.back = ctx.back, None  # what it holds is free as soon as it has passed
        return (None, *back(grad_outputs[0]))


def with_backward(backward: Backward, result: Tensor, *values: Tensor) -> Tensor:
    """Give a result a backward: from its relevance to that of each of the values."""
    return cast("Tensor", _WithBackward.apply((backward, result.detach()), *values))


def pass_through(result: Tensor, values: Tensor) -> Tensor:
    """Give a result's relevance to its values unchanged, place by place."""
    return with_backward(lambda back: (back,), result, values)


def positional(args: Any, kwargs: Any, defaults: dict[str, Any]) -> list[Any]:
    """Return all arguments in the order of a signature, given as names and defaults."""
    values = dict(zip(defaults, args, strict=False))
    return list((defaults | values | kwargs).values())


def named(owner: Any, names: str) -> tuple[Function, ...]:
    """Return functions of a module or class by their names, which are separated by spaces."""
    return tuple(getattr(owner, name) for name in names.split())


def name_of(func: Function) -> str:
    """Return the name of an operation for people: "torch.nn.functional.relu"."""
    return str(resolve_name(func) or getattr(func, "__name__", func))

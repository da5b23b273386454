"""What every handler of an operation needs: the pass it belongs to, and backwards of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, cast

from torch import Tensor, autograd
from torch.overrides import resolve_name

from engine.attribution.options.composites import Composite

if TYPE_CHECKING:
    from engine.attribution.lrp.linear import Layer

Backward = Callable[..., tuple[Tensor | None, ...]]
Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Settings:
    """How relevance is shared, beside the composite's own rules.

    Attributes
    ----------
    composite : Composite
    gamma, epsilon : float
        Parameters of those rules.
    winner : bool
        Max pooling gives all to the winner; else in proportion to the values pooled.
    biases : bool
        Whether biases take their share, as in the original papers; the sum over the input is
        then less than the score.
    weights_are_constant : bool
        Attention: all relevance through the values; else through queries and keys as well.
    """

    composite: Composite
    gamma: float = 0.25
    epsilon: float = 0.0
    winner: bool = True
    biases: bool = False
    weights_are_constant: bool = True


class Tape(Protocol):
    """What handlers know of the pass: its settings, and the last linear layer so far."""

    settings: Settings
    last: Layer | None


Handler = Callable[[Tape, Function, Any, Any], Any]


class _Relevant(autograd.Function):
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


def relevant(backward: Backward, result: Tensor, *values: Tensor) -> Tensor:
    """Give a result a backward: from its relevance to that of each of the values."""
    return cast("Tensor", _Relevant.apply((backward, result.detach()), *values))


def passed(result: Tensor, values: Tensor) -> Tensor:
    """A result whose relevance goes to its values unchanged, place by place."""
    return relevant(lambda back: (back,), result, values)


def positional(args: Any, kwargs: Any, defaults: dict[str, Any]) -> list[Any]:
    """All arguments in the order of a signature, given as names and defaults."""
    values = dict(zip(defaults, args, strict=False))
    return list((defaults | values | kwargs).values())


def name_of(func: Function) -> str:
    """Name of an operation for people: "torch.nn.functional.relu"."""
    return str(resolve_name(func) or getattr(func, "__name__", func))

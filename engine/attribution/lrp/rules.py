"""Relevance rules of linear operations, one class each.

To add a rule, write a subclass of `Rule`: its name can be chosen for the input layer and used in
composites, and its options become options of LRP. Menus list the rules, so that torch is not
imported here; `Operation` has what needs it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from engine.attribution.options import option

if TYPE_CHECKING:
    from torch import Tensor

    from engine.attribution.lrp.operation import Operation, Part

RULES: dict[str, type[Rule]] = {}
"""Every rule by its name, in the order of the menus."""


@dataclass(frozen=True)
class Rule(ABC):
    """A rule: shares the relevance of an operation's result among its inputs.

    Fields made by `option` can be set by the user; no other rule may have one of the same name.

    Attributes
    ----------
    name : str
        The name that people cite and choose it by.
    at_input : bool
        Whether it can be chosen for the layer where the network's input enters.
    needs_sign : bool
        Whether it needs the signs of results as they were (`Operation.positive`).
    """

    name: ClassVar[str]
    at_input: ClassVar[bool] = True
    needs_sign: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        RULES[cls.name] = cls

    @abstractmethod
    def relevance(self, operation: Operation, relevance: Tensor) -> Tensor:
        """Return the relevance of what went into an operation, from that of its result."""


class ZBox(Rule):
    """z^B rule (Montavon et al. 2017, eq. 16) for inputs between two bounds.

    ``x w - low w+ - high w-`` is regrouped as ``(x - low) w+ + (x - high) w-``: a third less
    work, and no term is negative for an input within its bounds. A bias has no part in it: it
    is subtracted from itself.
    """

    name = "z-box"

    def relevance(self, operation: Operation, relevance: Tensor) -> Tensor:
        """Share by the distances from the bounds."""
        assert operation.bounds is not None
        values, weight, (low, high) = operation.values, operation.weight, operation.bounds
        parts = [(values - low, weight.clamp(min=0)), (values - high, weight.clamp(max=0))]
        return operation.share_joined(parts, relevance)


class Flat(Rule):
    """Flat rule (Lapuschkin et al. 2019): evenly over the receptive field.

    Other rules turn to it for the relevance of an output that no input contributed to: it came
    from a bias, and is not to be lost.
    """

    name = "flat"

    def relevance(self, operation: Operation, relevance: Tensor) -> Tensor:
        """Share evenly."""
        return operation.share_flat(relevance)


class WSquare(Rule):
    """w^2 rule (Montavon et al. 2017, eq. 12): in proportion to the squared weights."""

    name = "w-square"

    def relevance(self, operation: Operation, relevance: Tensor) -> Tensor:
        """Share by the squared weights."""
        return operation.share_positive([(operation.ones, operation.weight.square())], relevance)


class ZPlus(Rule):
    """z+ rule (Montavon et al. 2017, eq. 15, alpha=1, beta=0): by positive contributions."""

    name = "z-plus"

    def relevance(self, operation: Operation, relevance: Tensor) -> Tensor:
        """Share by positive contributions."""
        bias = _clamped(operation.bias, min=0)
        return operation.share_positive(_positive_parts(operation), relevance, bias)


@dataclass(frozen=True)
class Gamma(Rule):
    """Gamma rule (Montavon et al. 2019, section 10.2.3) for inputs of either sign.

    Positive contributions count 1 + gamma times where the output is positive, negative ones
    where it is negative (Andeol et al. 2021). The output's sign is that of the recorded result,
    else of the result without bias, which keeps the denominators from vanishing where the bias
    takes no share.
    """

    name = "gamma"
    at_input = False
    needs_sign = True

    gamma: float = option(
        0.25, "Weight of the favoured contributions (gamma rule).", low=0.0, high=1e6
    )

    def relevance(self, operation: Operation, relevance: Tensor) -> Tensor:
        """Share by contributions, those of the output's own sign favoured."""
        positive, weight, bias = operation.is_positive(), operation.weight, operation.bias
        more = weight + self.gamma * weight.clamp(min=0)
        less = weight + self.gamma * weight.clamp(max=0)
        favoured = None if bias is None else bias + self.gamma * bias.clamp(min=0)
        parts = _parts_by_sign(operation.values, more, less)
        result = operation.share(parts, relevance * positive, favoured)
        if bool(positive.all()):
            return result
        opposed = None if bias is None else bias + self.gamma * bias.clamp(max=0)
        parts = _parts_by_sign(operation.values, less, more)
        return result + operation.share(parts, relevance * ~positive, opposed)


@dataclass(frozen=True)
class Epsilon(Rule):
    """Epsilon rule (Bach et al. 2015, eq. 58): in proportion to each input's contribution.

    ``epsilon`` is in units of the mean size of the sums, so that it does not depend on their
    scale; it takes relevance from weak and contradictory contributions.
    """

    name = "epsilon"

    epsilon: float = option(
        0.0,
        "Added to the sums of the epsilon rule, in units of their mean size.",
        low=0.0,
        high=1e6,
    )

    def relevance(self, operation: Operation, relevance: Tensor) -> Tensor:
        """Share by signed contributions."""
        return operation.share_signed(relevance, self.epsilon)


@dataclass(frozen=True)
class AlphaBeta(Rule):
    """alpha-beta rule (Bach et al. 2015, eq. 60) with beta = alpha - 1.

    Positive contributions take alpha times the relevance, negative ones give back beta times. As
    in the paper, an output without negative contributions passes on alpha times its relevance.
    """

    name = "alpha-beta"

    alpha: float = 2.0

    def relevance(self, operation: Operation, relevance: Tensor) -> Tensor:
        """Share by positive contributions, less the share by negative ones."""
        positive, negative = _positive_parts(operation), _negative_parts(operation)
        up = operation.share(positive, relevance, _clamped(operation.bias, min=0))
        down = operation.share(negative, relevance, _clamped(operation.bias, max=0))
        return self.alpha * up - (self.alpha - 1) * down


def _parts_by_sign(values: Tensor, weight: Tensor, opposite: Tensor) -> list[Part]:
    """Pair positive values with one weight, and negative ones with the other."""
    if float(values.min()) >= 0:  # as behind every ReLU: nothing to sort out
        return [(values.detach(), weight)]
    return [(values.clamp(min=0), weight), (values.clamp(max=0), opposite)]


def _positive_parts(operation: Operation) -> list[Part]:
    """Return the contributions that are not negative."""
    weight = operation.weight
    return _parts_by_sign(operation.values, weight.clamp(min=0), weight.clamp(max=0))


def _negative_parts(operation: Operation) -> list[Part]:
    """Return the contributions that are not positive."""
    weight = operation.weight
    return _parts_by_sign(operation.values, weight.clamp(max=0), weight.clamp(min=0))


def _clamped(
    bias: Tensor | None, *, min: float | None = None, max: float | None = None
) -> Tensor | None:
    return None if bias is None else bias.clamp(min=min, max=max)

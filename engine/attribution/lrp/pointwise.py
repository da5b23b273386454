"""Operations place by place: activations, gates, sums, products.

A sigmoid that multiplies something is a gate: the signal takes all relevance and the gate none
(Arras et al. 2017, arXiv 1706.07206, section 3.1). A product of two signals gives each half
(Achtibat et al. 2024, arXiv 2402.05602, proposition 3.3).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.attribution.base.tensor_tags import bounds_of, depends_on_input, is_gate, is_tanh, tag
from engine.attribution.lrp.context import Function, LrpContext, pass_through, with_backward
from engine.attribution.lrp.fixed_rules import add_rule, signed_add_rule
from engine.attribution.lrp.in_place import out_of_place
from engine.attribution.lrp.refusals import without_rule


def activation(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle an activation: relevance passes unchanged."""
    given, named = out_of_place(func, args, kwargs)
    with torch.no_grad():
        result = func(*given, **named)
    return pass_through(result, args[0])


def sigmoid(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a sigmoid: an activation, and a gate for what it multiplies."""
    result = activation(context, func, args, kwargs)
    tag(result, gate=True)
    return result


def tanh(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a tanh: an activation, and one that makes a sigmoid of two when 1 is added."""
    result = activation(context, func, args, kwargs)
    tag(result, tanh=True)
    return result


def addition(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle ``first + alpha * second``. A constant is a bias, which takes nothing."""
    first, second = _sides(args, kwargs)
    return _sum(context, first, second, kwargs.get("alpha", 1))


def subtraction(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle ``first - alpha * second``."""
    first, second = _sides(args, kwargs)
    return _sum(context, first, second, -kwargs.get("alpha", 1))


def reversed_subtraction(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle ``second - first``."""
    first, second = _sides(args, kwargs)
    return _sum(context, second, first, -1)


def multiplication(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a product: of a signal with a gate or a constant, or of two signals."""
    first, second = _sides(args, kwargs)
    with torch.no_grad():
        result = torch.mul(_value(first), _value(second))
    followed = [side for side in (first, second) if depends_on_input(side)]
    signals = [side for side in followed if not is_gate(side)]
    if len(followed) == 1:
        other = second if followed[0] is first else first
        return _scaled(result, followed[0], lambda bound: torch.mul(bound, other))
    if len(signals) == 1:
        return pass_through(result, signals[0].expand_as(result))
    sides = tuple(side.expand_as(result) for side in followed)
    product = with_backward(lambda back: (back / 2, back / 2), result, *sides)
    if not signals:
        tag(product, gate=True)
    return product


def division(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle a division by a constant. By an activation there is no rule."""
    first, second = _sides(args, kwargs)
    if depends_on_input(second) or "rounding_mode" in kwargs:
        return without_rule(func(*args, **kwargs), func, "by an activation")
    with torch.no_grad():
        result = torch.div(_value(first), second)
    return _scaled(result, first, lambda bound: torch.div(bound, second))


def _sum(context: LrpContext, first: Any, second: Any, factor: float) -> Tensor:
    with torch.no_grad():
        result = torch.add(_value(first), _value(second), alpha=factor)
    followed = [side for side in (first, second) if depends_on_input(side)]
    if len(followed) == 1:
        return _shifted(result, first, second, factor, followed[0])
    sides = (first.expand_as(result), second.expand_as(result))
    one, other = sides[0].detach(), sides[1].detach() * factor
    composite = context.settings.composite
    if composite.addition == "positive":
        return with_backward(lambda back: add_rule(one, other, back), result, *sides)
    small = composite.stabilizer
    return with_backward(
        lambda back: signed_add_rule(one, other, back, stabilizer=small), result, *sides
    )


def _shifted(result: Tensor, first: Any, second: Any, factor: float, signal: Tensor) -> Tensor:
    if is_tanh(signal) and _is_one(second if signal is first else first):
        made = pass_through(result, signal.expand_as(result))  # 1 + tanh(u) is 2 sigmoid(2 u)
        tag(made, gate=True)
        return made
    if signal is first:
        return _scaled(result, first, lambda bound: torch.add(bound, second, alpha=factor))
    return _scaled(result, second, lambda bound: torch.add(_value(first), bound, alpha=factor))


def _scaled(result: Tensor, signal: Tensor, change: Any) -> Tensor:
    """Pass relevance of a signal changed by a constant, and change the input's bounds with it."""
    made = pass_through(result, signal.expand_as(result))
    bounds = bounds_of(signal)
    if bounds is not None:
        ends = [change(bound) for bound in bounds]
        tag(made, bounds=(torch.minimum(*ends), torch.maximum(*ends)))
    if is_gate(signal):
        tag(made, gate=True)
    return made


def _sides(args: Any, kwargs: Any) -> tuple[Any, Any]:
    return args[0], args[1] if len(args) > 1 else kwargs["other"]


def _is_one(side: Any) -> bool:
    return isinstance(side, int | float) and side == 1


def _value(side: Any) -> Tensor:
    return side.detach() if isinstance(side, Tensor) else torch.as_tensor(side)

"""Operations place by place: activations, gates, sums, products, quotients, choices.

A result that has one input can give its relevance to that input alone, so powers, roots, abs and
logarithms pass it on as activations do. A divisor, and what has a negative exponent, scales: it
takes nothing (as in Achtibat et al., proposition 3.4).

A sigmoid that multiplies something is a gate: the signal takes all relevance and the gate none
(Arras et al. 2017, arXiv 1706.07206, section 3.1). A product of two signals gives each half
(Achtibat et al. 2024, arXiv 2402.05602, proposition 3.3).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.attribution.base.tensor_tags import (
    bounds_of,
    depends_on_input,
    is_gate,
    is_signed,
    is_tanh,
    keep_sign,
    tag,
)
from engine.attribution.lrp.context import Function, LrpContext, pass_through, with_backward
from engine.attribution.lrp.fixed_rules import add_rule, difference_rule, signed_add_rule, sum_rule
from engine.attribution.lrp.in_place import out_of_place
from engine.attribution.lrp.positions import are_positions, placed
from engine.attribution.lrp.refusals import without_rule


def activation(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle an activation: relevance passes unchanged."""
    given, named = out_of_place(func, args, kwargs)
    with torch.no_grad():
        result = func(*given, **named)
    return pass_through(result, args[0])


def sigmoid(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a sigmoid, exp, sign or reciprocal: an activation, and a gate of what it scales."""
    result = activation(context, func, args, kwargs)
    tag(result, gate=True)
    return result


def power(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle ``base ** exponent``, one of them a constant."""
    base, exponent = args[0], args[1] if len(args) > 1 else kwargs["exponent"]
    if depends_on_input(base) and depends_on_input(exponent):
        return without_rule(func(*args, **kwargs), func, "with an activation as exponent")
    if depends_on_input(exponent):
        return _one_sided(torch.pow(_value(base), exponent.detach()), exponent, gate=True)
    with torch.no_grad():
        result = torch.pow(base.detach(), exponent)
    return _one_sided(result, base, gate=is_gate(base) or bool((_value(exponent) < 0).all()))


def reversed_power(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle ``second ** first``."""
    first, second = _sides(args, kwargs)
    return power(context, torch.pow, (second, first), {})


def _one_sided(result: Tensor, signal: Tensor, *, gate: bool) -> Tensor:
    made = pass_through(result, signal.expand_as(result))
    if gate:
        tag(made, gate=True)
    return made


def choice(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle ``where(condition, first, second)``: each place to the side it was taken from.

    A constant keeps the relevance of the places that it fills, as with ``masked_fill``.
    """
    names = (
        ("condition", "input", "other") if func is torch.where else ("input", "condition", "other")
    )
    given = dict(zip(names, args, strict=False)) | kwargs
    if "other" not in given:
        return func(*args, **kwargs)  # places alone
    first, condition, second = given["input"], given["condition"], given["other"]
    with torch.no_grad():
        result = torch.where(condition, _detached(first), _detached(second))
    sides = [(first, condition), (second, ~condition)]
    followed = [(side, chosen) for side, chosen in sides if depends_on_input(side)]
    values = [side.expand_as(result) for side, _ in followed]
    return with_backward(
        lambda back: tuple(back * chosen for _, chosen in followed), result, *values
    )


def extreme(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle max and min of two tensors, place by place: to the winner, half each of a draw.

    A constant is a limit, as with ``clamp``: the signal takes all. Over axes of one tensor the
    gradient goes to the winner by itself.
    """
    second = args[1] if len(args) > 1 else kwargs.get("other")
    if not isinstance(second, Tensor):
        return func(*args, **kwargs)
    sides = (args[0], second)
    with torch.no_grad():
        result = func(*(side.detach() for side in sides))
    followed = [side for side in sides if depends_on_input(side)]
    if len(followed) == 1:
        return pass_through(result, followed[0].expand_as(result))
    first, second = (side.expand_as(result) for side in sides)
    share = 0.5 * ((first == result).to(result.dtype) + (second != result).to(result.dtype))
    return with_backward(lambda back: (share * back, back - share * back), result, first, second)


def tanh(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a tanh: an activation, and one that makes a sigmoid of two when 1 is added."""
    result = activation(context, func, args, kwargs)
    tag(result, tanh=True, signed=True)
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
        return keep_sign(pass_through(result, signals[0].expand_as(result)), signals[0])
    sides = tuple(side.expand_as(result) for side in followed)
    product = with_backward(lambda back: (back / 2, back / 2), result, *sides)
    if not signals:
        tag(product, gate=True)
    return product


def division(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle a quotient: what is divided takes all, and the divisor, a scale, nothing.

    Where a constant is divided, the quotient is itself a scale.
    """
    first, second = _sides(args, kwargs)
    if "rounding_mode" in kwargs:
        return without_rule(func(*args, **kwargs), func, "with rounding")
    with torch.no_grad():
        result = torch.div(_value(first), _detached(second))
    if not depends_on_input(first):
        return _one_sided(result, second, gate=True)
    if depends_on_input(second):
        return _one_sided(result, first, gate=is_gate(first))
    return _scaled(result, first, lambda bound: torch.div(bound, second))


def reversed_division(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Any:
    """Handle ``second / first``."""
    first, second = _sides(args, kwargs)
    return division(context, torch.div, (second, first), {})


def _sum(context: LrpContext, first: Any, second: Any, factor: float) -> Tensor:
    with torch.no_grad():
        result = torch.add(_value(first), _value(second), alpha=factor)
    followed = [side for side in (first, second) if depends_on_input(side)]
    if len(followed) == 1:
        return _shifted(context, result, first, second, factor)
    sides = (first.expand_as(result), second.expand_as(result))
    one, other = sides[0].detach(), sides[1].detach() * factor
    composite = context.settings.composite
    if is_signed((first, second)):
        kept = [place for place, side in enumerate((first, second)) if not is_gate(side)]
        return _signed_sum(context, result, sides, (one, other), kept or [0, 1])
    if composite.addition == "positive" and factor < 0:
        return with_backward(lambda back: difference_rule(one, -other, back), result, *sides)
    if composite.addition == "positive":
        return with_backward(lambda back: add_rule(one, other, back), result, *sides)
    small = composite.stabilizer
    return with_backward(
        lambda back: signed_add_rule(one, other, back, stabilizer=small), result, *sides
    )


def _signed_sum(
    context: LrpContext,
    result: Tensor,
    sides: tuple[Tensor, ...],
    values: tuple[Tensor, ...],
    kept: list[int],
) -> Tensor:
    """Give a sum of states to its signed parts, whatever the composite (Arras et al. 2017, eq. 2).

    Those not ``kept`` are gates that scale a constant state, and so are constants too.
    """
    parts, settings = [values[place] for place in kept], context.settings
    small = settings.composite.stabilizer

    def back(relevance: Tensor) -> tuple[Tensor, ...]:
        return sum_rule(parts, result, relevance, biases=settings.biases, stabilizer=small)

    made = with_backward(back, result, *(sides[place] for place in kept))
    tag(made, signed=True)
    return made


def _shifted(context: LrpContext, result: Tensor, first: Any, second: Any, factor: float) -> Tensor:
    signal, constant = (first, second) if depends_on_input(first) else (second, first)
    if is_tanh(signal) and _is_one(constant):
        made = pass_through(result, signal.expand_as(result))  # 1 + tanh(u) is 2 sigmoid(2 u)
        tag(made, gate=True)
        return made
    if factor == 1 and are_positions(constant, signal):
        return placed(context, result, signal, constant)
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
    return keep_sign(made, signal)


def _sides(args: Any, kwargs: Any) -> tuple[Any, Any]:
    return args[0], args[1] if len(args) > 1 else kwargs["other"]


def _is_one(side: Any) -> bool:
    return isinstance(side, int | float) and side == 1


def _detached(side: Any) -> Any:
    return side.detach() if isinstance(side, Tensor) else side


def _value(side: Any) -> Tensor:
    return side.detach() if isinstance(side, Tensor) else torch.as_tensor(side)

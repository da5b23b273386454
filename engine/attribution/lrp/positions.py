"""Positions: learned embeddings of place and time that are added to tokens.

Their relevance counts with the tokens that they are added to, and so ends on the pixels. How much
it is gets noted on the way, as what the addition would have given to them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from engine.attribution.base.tensor_tags import (
    bounds_of,
    depends_on_input,
    is_gate,
    note_signs,
    tag,
)
from engine.attribution.lrp.context import Function, LrpContext, with_backward
from engine.attribution.lrp.fixed_rules import add_rule, signed_add_rule

_TOKEN_AXES = 2  # positions differ along tokens and channels, a bias along channels alone


def concatenation(context: LrpContext, func: Function, args: Any, kwargs: Any) -> Tensor:
    """Handle a concatenation: a move. What comes of constants, such as class tokens, is marked."""
    result: Tensor = func(*args, **kwargs)
    parts = args[0] if args else kwargs["tensors"]
    note_signs(result, parts)
    constant = [not depends_on_input(part) for part in parts]
    if any(constant):
        pairs = zip(parts, constant, strict=True)
        marks = [torch.full_like(part, mark, dtype=torch.bool) for part, mark in pairs]
        tag(result, fixed=func(marks, *args[1:], **kwargs))
    return result


def are_positions(constant: Any, signal: Tensor) -> bool:
    """Tell whether a constant that is added to a signal has the shape and values of positions."""
    if not isinstance(constant, Tensor) or not constant.is_floating_point():
        return False
    if bounds_of(signal) is not None or is_gate(signal):
        return False
    varied = [axis for axis in range(constant.dim()) if _differs_along(constant, axis)]
    return len(varied) >= _TOKEN_AXES and bool(torch.isfinite(constant).all())


def _differs_along(constant: Tensor, axis: int) -> bool:
    """Tell whether values differ along an axis, as those of a state that starts at zero do not."""
    return constant.shape[axis] > 1 and bool((constant != constant.narrow(axis, 0, 1)).any())


def placed(context: LrpContext, result: Tensor, signal: Tensor, constant: Tensor) -> Tensor:
    """Give all relevance of ``signal + constant`` to the signal, and note what is of positions."""
    whole = result.detach()
    fixed = getattr(signal, "_fixed", None)
    by_clip = constant.dim() < whole.dim() or len(constant) == 1  # else their own axis is first
    share = add_rule if context.settings.composite.addition == "positive" else signed_add_rule

    def back(relevance: Tensor) -> tuple[Tensor]:
        taken = share(whole - constant, constant.expand_as(whole), relevance)[1]
        if fixed is not None:
            taken = taken.masked_fill(fixed, 0.0)
        context.note_positions(taken, by_clip=by_clip)
        return (relevance,)

    return with_backward(back, result, signal.expand_as(result))

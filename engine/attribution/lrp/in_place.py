"""Calls in place, which change their first argument.

Operations in place leave their tensor alone while relevance is traced, because rules still need
what it held; the result stands for it from then on (`engine.attribution.base.tensor_tags.newest`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.base.tensor_tags import depends_on_input
from engine.attribution.lrp.context import Function, named

IN_PLACE_MOVES: dict[Function, Function] = {
    getattr(Tensor, f"{name}_"): getattr(Tensor, name)
    for name in (
        *("masked_fill", "masked_scatter", "index_fill", "index_copy", "scatter", "scatter_add"),
        *("index_add", "squeeze", "unsqueeze", "transpose", "t", "tril", "triu"),
    )
}
"""Moves that change their tensor, and those that make another one."""

_AUGMENTED = named(Tensor, "__iadd__ __isub__ __imul__ __itruediv__ __ipow__")
_ALWAYS: frozenset[Function] = frozenset(
    (
        *IN_PLACE_MOVES,
        *named(functional, "relu_ leaky_relu_ elu_ hardtanh_"),
        *named(functional, "celu_ selu_ threshold_"),
        *named(torch, "relu_ sigmoid_ tanh_ abs_ exp_ sqrt_ square_ rsqrt_ reciprocal_ clamp_"),
        *named(Tensor, "relu_ sigmoid_ tanh_ clamp_ clamp_min_ clamp_max_ clip_ add_ sub_ mul_"),
        *named(Tensor, "div_ abs_ exp_ sqrt_ square_ rsqrt_ reciprocal_ pow_ neg_ log_ log1p_"),
        *_AUGMENTED,
    )
)
_POSITION: dict[Function, int] = {
    **dict.fromkeys(named(functional, "relu relu6 silu mish selu hardswish hardsigmoid"), 1),
    **dict.fromkeys(named(functional, "leaky_relu elu celu"), 2),
    functional.hardtanh: 3,
}
"""Where the argument ``inplace`` stands."""


def out_of_place(func: Function, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Return arguments with which a call leaves its first argument alone."""
    if func in _ALWAYS:
        return (args[0].detach().clone(), *args[1:]), kwargs
    position = _POSITION.get(func, len(args))
    held = (args[0].detach(), *args[1:position])
    if len(args) > position:
        return (*held, False, *args[position + 1 :]), kwargs
    return held, {**kwargs, "inplace": False} if kwargs.get("inplace") else kwargs


def fills_part(func: Function, args: Any, kwargs: Any) -> bool:
    """Tell whether a method puts what follows the input into a part of a tensor that does not.

    ``part += x`` is none: Python assigns its result to the part.
    """
    target = args[0] if args else None
    if not isinstance(target, Tensor) or not target._is_view() or depends_on_input(target):
        return False
    given = (*args[1:], *kwargs.values())
    return is_in_place(func, args, kwargs) and func not in _AUGMENTED and depends_on_input(*given)


def is_in_place(func: Function, args: Any, kwargs: Any) -> bool:
    """Tell whether a call changes its first argument."""
    if func in _ALWAYS:
        return True
    position = _POSITION.get(func)
    if position is None:
        return False
    return bool(args[position] if len(args) > position else kwargs.get("inplace", False))

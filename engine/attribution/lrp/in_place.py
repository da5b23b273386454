"""Calls in place, which change their first argument.

Operations in place leave their tensor alone while relevance is traced, because rules still need
what it held; the result stands for it from then on (`engine.attribution.base.tensor_tags.newest`).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.lrp.context import Function

_ALWAYS: frozenset[Function] = frozenset(
    (
        functional.relu_,
        torch.relu_,
        torch.sigmoid_,
        torch.tanh_,
        functional.leaky_relu_,
        functional.elu_,
        functional.hardtanh_,
        Tensor.relu_,
        Tensor.sigmoid_,
        Tensor.tanh_,
        Tensor.clamp_,
        Tensor.clamp_min_,
        Tensor.add_,
        Tensor.sub_,
        Tensor.mul_,
        Tensor.div_,
        Tensor.__iadd__,
        Tensor.__isub__,
        Tensor.__imul__,
        Tensor.__itruediv__,
    )
)
_POSITION: dict[Function, int] = {
    functional.relu: 1,
    functional.relu6: 1,
    functional.silu: 1,
    functional.mish: 1,
    functional.selu: 1,
    functional.hardswish: 1,
    functional.hardsigmoid: 1,
    functional.leaky_relu: 2,
    functional.elu: 2,
    functional.celu: 2,
    functional.hardtanh: 3,
}


def out_of_place(func: Function, args: Any, kwargs: Any) -> tuple[Any, Any]:
    """Return arguments with which a call leaves its first argument alone."""
    if func in _ALWAYS:
        return (args[0].detach().clone(), *args[1:]), kwargs
    position = _POSITION.get(func, len(args))
    held = (args[0].detach(), *args[1:position])
    if len(args) > position:
        return (*held, False, *args[position + 1 :]), kwargs
    return held, {**kwargs, "inplace": False} if kwargs.get("inplace") else kwargs


def is_in_place(func: Function, args: Any, kwargs: Any) -> bool:
    """Tell whether a call changes its first argument."""
    if func in _ALWAYS:
        return True
    position = _POSITION.get(func)
    if position is None:
        return False
    return bool(args[position] if len(args) > position else kwargs.get("inplace", False))

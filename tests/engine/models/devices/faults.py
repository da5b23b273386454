"""Kernels that compute wrong, injected below autograd."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

COMPUTING = re.compile(
    "conv|pool|upsample|attention|bmm|addmm|mm$|rnn|norm|gelu|sigmoid|tanh|softmax"
)
Damage = Callable[[Tensor], Tensor]
Where = Callable[[str, Tensor], bool]


def scaled(values: Tensor) -> Tensor:
    return values * 1.1


def dented(values: Tensor) -> Tensor:
    """One value in the middle is off by a tenth of the usual size."""
    flat = values.clone().flatten()
    flat[len(flat) // 2] += 0.1 * float(values.double().square().mean().sqrt())
    return flat.view(values.shape)


def lost(values: Tensor) -> Tensor:
    return values * float("nan")


class Faulty(TorchDispatchMode):
    """Damages the first result of operations.

    Parameters
    ----------
    where : callable
        Says of an operation's name and its result whether it is damaged.
    damage : callable
        From the right to the wrong result.
    """

    def __init__(self, where: Where, damage: Damage = scaled) -> None:
        super().__init__()
        self._where, self._damage = where, damage
        self.met: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        name = func._schema.name.removeprefix("aten::")
        first = out[0] if isinstance(out, tuple | list) and out else out
        if not isinstance(first, Tensor) or not COMPUTING.search(name):
            return out
        if not self._where(name, first):
            return out
        self.met.add(name)
        wrong = self._damage(first)
        if name.endswith("_"):  # in place: its caller keeps what it gave
            return first.copy_(wrong)
        return type(out)([wrong, *out[1:]]) if first is not out else wrong


def of_type(dtype: torch.dtype, name: str = "") -> Where:
    """Say yes to results of a type, of one operation or all."""
    return lambda met, values: values.dtype == dtype and name in ("", met)

"""Notes on the tensors of a pass: what they are to relevance. A note lives with its tensor."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import Tensor

Bounds = tuple[Tensor, Tensor]


def mark(tensor: Tensor, **marks: Any) -> None:
    """Note on a tensor what it is: its ``bounds``, the ``layer`` it left, what is ``newer``."""
    for name, value in marks.items():
        setattr(tensor, f"_{name}", value)


def bounds_of(value: Any) -> Bounds | None:
    """Lowest and highest values of the network's input, moved at most; None for all else."""
    return getattr(value, "_bounds", None)


def newest(value: Any) -> Any:
    """What stands for a value now: a tensor that was changed in place has a successor.

    Lists and tuples are followed, so that it serves for whole argument lists.
    """
    if isinstance(value, Tensor):
        while hasattr(value, "_newer"):
            value = value._newer
        return value
    if type(value) in (tuple, list):
        return type(value)(newest(part) for part in value)
    return value


def alias(values: Tensor) -> Tensor:
    """The same values and history without notes: notes would keep the pass alive in a circle."""
    return values.view_as(values)


def follows(args: Iterable[Any], kwargs: dict[str, Any]) -> bool:
    """Whether a tensor among the arguments descends from the network's input."""
    for value in (*args, *kwargs.values()):
        if isinstance(value, Tensor) and value.requires_grad:
            return True
        if isinstance(value, tuple | list) and follows(value, {}):
            return True
    return False

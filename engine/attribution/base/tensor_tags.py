"""Notes on the tensors of a pass: what they are to relevance. A note lives with its tensor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from torch import Tensor

Bounds = tuple[Tensor, Tensor]


def mark(tensor: Tensor, **marks: Any) -> None:
    """Note on a tensor what it is.

    Its ``bounds``, the ``layer`` it left, what is ``newer``, whether it was ``seen`` to be made, is
    a ``gate``, a ``tanh`` or still being ``assembled``, and which operations without a rule it
    ``lacks``.
    """
    for name, value in marks.items():
        setattr(tensor, f"_{name}", value)


def bounds_of(value: Any) -> Bounds | None:
    """Lowest and highest values of the network's input, moved at most; None for all else."""
    return getattr(value, "_bounds", None)


def is_gate(value: Any) -> bool:
    """Whether a tensor is a sigmoid or softmax, moved at most: what it multiplies takes it all."""
    return getattr(value, "_gate", False)


def is_tanh(value: Any) -> bool:
    """Whether a tensor is a tanh, which 1 makes a gate: hand-written GELUs are made so."""
    return getattr(value, "_tanh", False)


def is_seen(value: Any) -> bool:
    """Whether the operation that made a tensor was seen."""
    return getattr(value, "_seen", False)


def lacking(result: Any, name: str) -> Any:
    """Note that a result came from an operation without a rule; returns the result."""
    for part in tensors_in((result,)):
        mark(part, lacks={**lacks(part), name: None})
    return result


def lacks(value: Any) -> dict[str, None]:
    """Operations without a rule behind a value, or behind the tensors in a list of arguments."""
    found: dict[str, None] = {}
    for part in tensors_in((value,)):
        found |= getattr(part, "_lacks", {})
    return found


def is_assembled(value: Any) -> bool:
    """Whether a tensor is being put together part by part and nothing has read it yet."""
    return getattr(value, "_assembled", False)


def close_assembly(values: Iterable[Any]) -> None:
    """Note that tensors are read from now on, so that they must not change any more."""
    for part in tensors_in(values):
        if is_assembled(part):
            mark(part, assembled=False)


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
    return any(tensor.requires_grad for tensor in tensors_in((*args, *kwargs.values())))


def tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """The tensors among values, also inside lists and tuples."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple | list):
            yield from tensors_in(value)

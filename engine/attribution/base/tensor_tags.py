"""Tags on the tensors of a pass: what they are to relevance. A tag lives with its tensor."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from torch import Tensor

Bounds = tuple[Tensor, Tensor]


def tag(tensor: Tensor, **tags: Any) -> None:
    """Tag a tensor.

    Tags are its ``bounds``, the ``layer`` it left, what is ``newer``, whether it was ``seen`` to
    be made, is a ``gate``, a ``tanh``, ``signed`` or still being ``assembled``, and the
    ``unsupported`` operations behind it, which have no rule. One that was ``cut`` from the input
    has no history but depends on it.
    """
    for name, value in tags.items():
        setattr(tensor, f"_{name}", value)


def bounds_of(value: Any) -> Bounds | None:
    """Return the bounds of the network's input, moved at most, and None for all else."""
    return getattr(value, "_bounds", None)


def is_gate(value: Any) -> bool:
    """Tell whether a tensor is a sigmoid or softmax, moved at most: it takes no relevance."""
    return getattr(value, "_gate", False)


def is_tanh(value: Any) -> bool:
    """Tell whether a tensor is a tanh, a gate once 1 is added, as in hand-written GELUs."""
    return getattr(value, "_tanh", False)


def is_signed(value: Any) -> bool:
    """Tell whether a tensor is made of tanh, or tensors among a list: of either sign.

    Gates and sums keep it, a ReLU does not.
    """
    return any(getattr(part, "_signed", False) for part in tensors_in((value,)))


def keep_sign(made: Tensor, *parts: Any) -> Tensor:
    """Tag what was made of parts as signed if one of them is, and return it."""
    if is_signed(parts):
        tag(made, signed=True)
    return made


def note_signs(made: Tensor, source: Any) -> None:
    """Tag what was only moved as signed or as a gate, if its source, also a list, is."""
    keep_sign(made, source)
    followed = [part for part in tensors_in((source,)) if part.requires_grad]
    if followed and all(is_gate(part) for part in followed):
        tag(made, gate=True)


def is_seen(value: Any) -> bool:
    """Tell whether the operation that made a tensor was seen."""
    return getattr(value, "_seen", False)


def is_cut(value: Tensor) -> bool:
    """Tell whether a tensor was made of the input with gradients off, and has no history."""
    return getattr(value, "_cut", False) and not value.requires_grad


def tag_unsupported(result: Any, name: str) -> Any:
    """Tag a result of an operation without a rule, and return it."""
    for part in tensors_in((result,)):
        tag(part, unsupported={**unsupported_in(part), name: None})
    return result


def unsupported_in(value: Any) -> dict[str, None]:
    """Return the operations without a rule behind a value, or behind tensors in a list."""
    names: dict[str, None] = {}
    for part in tensors_in((value,)):
        names |= getattr(part, "_unsupported", {})
    return names


def is_assembled(value: Any) -> bool:
    """Tell whether a tensor is being put together part by part and nothing has read it yet."""
    return getattr(value, "_assembled", False)


def close_assembly(values: Iterable[Any]) -> None:
    """Tag tensors as read from now on, so that they must not change any more."""
    for part in tensors_in(values):
        if is_assembled(part):
            tag(part, assembled=False)


def newest(value: Any) -> Any:
    """Return the successor of a tensor that was changed in place, else the value itself.

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
    """Return the same values and history without tags, which would keep the pass alive."""
    return values.view_as(values)


def depends_on_input(*values: Any) -> bool:
    """Tell whether a tensor among values, also in lists, descends from the network's input."""
    return any(tensor.requires_grad for tensor in tensors_in(values))


def tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """Yield the tensors among values, also inside lists and tuples."""
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple | list):
            yield from tensors_in(value)

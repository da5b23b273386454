"""The part of a network's output that holds the scores: of a dict, tuple, list or object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor

from engine.errors import AttributionError

OUTPUT_HINT = "Wrap it in a module that returns logits of shape (clips, classes)."

_NAMES = ("logits", "output", "out", "pred", "prediction", "scores")


def chosen_part(
    output: Any, clips: int, classes: int, of_steps: Callable[[Tensor], bool]
) -> tuple[Tensor, list[str]]:
    """Return the tensor of scores in an output, and what a user should know of the choice.

    Parameters
    ----------
    output : Tensor, mapping, sequence, or object with tensors
        What the network returned.
    clips, classes : int
        Clips it was given, and labels of the model.
    of_steps : callable
        Whether a tensor may be scores a time step.

    Raises
    ------
    AttributionError
        If there are none, or several tensors could be meant.
    """
    if isinstance(output, Tensor):
        return output, []
    candidates = {
        name: part
        for name, part in _named(output).items()
        if _is_floating(part) and (_could_be_logits(part, clips) or of_steps(part))
    }
    plain = [name for name, part in candidates.items() if _could_be_logits(part, clips)]
    fitting = [name for name, part in candidates.items() if classes in part.shape[1:]]
    name = _best([name for name in plain if name in fitting], fitting, list(candidates))
    if name is None:
        raise AttributionError(_complaint(output, candidates), OUTPUT_HINT)
    kind = type(output).__name__
    left = ", ".join(repr(other) for other in candidates if other != name)
    rest = f", not {left}" if left else ""
    text = f"The network returns a {kind}; its part {name!r} is explained{rest}."
    return candidates[name], [text]


def _named(output: Any) -> dict[str, Any]:
    """Return the parts of an output by name, those within parts as "outer.inner"."""
    found: dict[str, Any] = {}
    for name, part in _parts(output).items():
        if isinstance(part, Mapping | list | tuple):
            found |= {f"{name}.{inner}": one for inner, one in _named(part).items()}
        else:
            found[str(name)] = part
    return found


def _parts(output: Any) -> dict[Any, Any]:
    """Return the parts of a mapping, named tuple, sequence or object."""
    if isinstance(output, Mapping):
        return dict(output)
    names = getattr(output, "_fields", None)
    if isinstance(output, list | tuple) and names is None:
        return {str(position): part for position, part in enumerate(output)}
    names = names or getattr(output, "__slots__", None) or getattr(output, "__dict__", {})
    return {name: getattr(output, name, None) for name in names}


def _is_floating(part: Any) -> bool:
    return isinstance(part, Tensor) and part.is_floating_point()


def _could_be_logits(part: Tensor, clips: int) -> bool:
    return part.dim() >= 2 and len(part) == clips and part[0].numel() == part.shape[1]


def _best(*groups: list[str]) -> str | None:
    """Return the name of the logits: the one of the first group that has a usual name or one."""
    for names in groups:
        if len(names) == 1:
            return names[0]
        for usual in _NAMES:
            called = [name for name in names if name.rpartition(".")[2] == usual]
            if len(called) == 1:
                return called[0]
    return None


def _complaint(output: Any, candidates: dict[str, Tensor]) -> str:
    kind = type(output).__name__
    if not candidates:
        return f"The network returns a {kind} without logits of shape (clips, classes)."
    shapes = ", ".join(f"{name}: {tuple(part.shape)}" for name, part in candidates.items())
    return f"The network returns a {kind} with several tensors that may be logits ({shapes})."

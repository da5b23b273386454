"""Which output is explained: a class by index or by name, or the one scored highest."""

from __future__ import annotations

import difflib

from engine.errors import AttributionError
from engine.types import ModelSpec

_FEW = 12


def resolve_target(spec: ModelSpec, target: int | str) -> int:
    """Index of a class given by index, by digits, or by name (case is ignored).

    Raises
    ------
    AttributionError
        If the model has no such class, or several of that name.
    """
    text = str(target).strip()
    if text.lstrip("+-").isdigit():
        return _checked_index(spec, int(text))
    matches = [i for i, label in enumerate(spec.labels) if label.casefold() == text.casefold()]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise AttributionError(
            f"{spec.name} has {len(matches)} classes called {text!r}.",
            f"Give one of their indices: {', '.join(map(str, matches))}.",
        )
    raise AttributionError(f"{spec.name} has no class called {text!r}.", _suggestion(spec, text))


def _checked_index(spec: ModelSpec, index: int) -> int:
    if 0 <= index < len(spec.labels):
        return index
    raise AttributionError(
        f"Class {index} is outside the {len(spec.labels)} classes of {spec.name}.",
        f"Use an index from 0 to {len(spec.labels) - 1}, or a class name.",
    )


def _suggestion(spec: ModelSpec, text: str) -> str:
    folded = {label.casefold(): label for label in spec.labels}
    close = difflib.get_close_matches(text.casefold(), folded, n=3, cutoff=0.5)
    close += [key for key in folded if text.casefold() in key and key not in close][:3]
    if close:
        return f"Did you mean: {', '.join(folded[key] for key in close)}?"
    if len(spec.labels) <= _FEW:
        return f"Its classes are: {', '.join(spec.labels)}."
    return f"Its classes are, for example: {', '.join(spec.labels[:5])}."

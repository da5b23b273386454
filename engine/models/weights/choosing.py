"""What a card says of the names in its checkpoint: the part to take, and names to change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from engine.errors import ModelError
from engine.models.weights.checkpoint import Weights

_MOST_COMPARISONS = 5_000_000
LEAVE_OUT = "-"
"""In place of a name, for weights that are not to be taken."""


def chosen(weights: Weights, prefix: str, renames: Mapping[str, str] | None, path: Path) -> Weights:
    """Return the weights that a card means, by the names that it gives them.

    Parameters
    ----------
    weights : Weights
        All of the file.
    prefix : str
        Only names that begin so are taken, without it. Keys around the state dict may be left
        out of it.
    renames : mapping of str to str, optional
        Beginnings of names and what takes their place, the first that holds; ``*`` in a
        beginning stands for letters of one part of a name, and in the other text for what the
        first, second, ... ``*`` stood for; ``-`` alone leaves the weights out.
    path : Path
        The file, for messages.

    Raises
    ------
    ModelError
        If no name begins with the prefix, or with one of the beginnings.
    """
    names = {name: name for name in (*weights.state, *weights.odd)}
    renames = renames or {}
    if len(renames) * len(names) > _MOST_COMPARISONS:
        raise ModelError(
            f"The card renames {len(renames)} beginnings of the {len(names)} weights in {path}, "
            "more than can be compared.",
            "Write a * for the letters in which several beginnings differ.",
        )
    nests = {f"{nest}." for nest in weights.nests}
    starts = {name: len(_nest_of(name, nests)) for name in names} if renames else {}
    for begin, other in renames.items():
        names = _renamed(names, begin, other, starts, path)
    if prefix:
        names = _behind(prefix, names, path)
    return replace(
        weights,
        state={names[name]: t for name, t in weights.state.items() if name in names},
        odd={names[name]: why for name, why in weights.odd.items() if name in names},
    )


def _behind(prefix: str, names: Mapping[str, str], path: Path) -> dict[str, str]:
    """Return the names that begin with a prefix, after as few keys around it as can be."""
    places = {name: f".{now}".find(f".{prefix}") for name, now in names.items()}
    found = {name: names[name][:place] for name, place in places.items() if place >= 0}
    if not found:
        raise _unmet(prefix, names, path)
    around = min(found.values(), key=len)
    begin = len(around) + len(prefix)
    return {name: names[name][begin:] for name, before in found.items() if before == around}


def _renamed(
    names: Mapping[str, str], begin: str, other: str, starts: Mapping[str, int], path: Path
) -> dict[str, str]:
    """Return the names with one beginning changed, without those that are to be left out."""
    parts = begin.split("*")
    changed = dict(names)
    for name, now in names.items():
        if now != name or not name.startswith(parts[0], starts[name]):
            continue  # another beginning held before, or this one does not
        found = _met(parts, name, starts[name], set())
        if found is None:
            continue
        if other == LEAVE_OUT:
            del changed[name]
        else:
            end, letters = found
            changed[name] = name[: starts[name]] + _filled(other, letters) + name[end:]
    if changed == names:
        raise _unmet(begin, names, path)
    return changed


def _met(
    parts: list[str], name: str, place: int, failed: set[tuple[int, int]]
) -> tuple[int, tuple[str, ...]] | None:
    """Return where texts with any letters of one part between them end, and these letters.

    As few steps as places and texts: what has failed is not tried again, unlike by an expression.
    """
    if not name.startswith(parts[0], place):
        return None
    place += len(parts[0])
    if len(parts) == 1:
        return place, ()
    dot = name.find(".", place)
    for end in range(len(name) if dot < 0 else dot, place - 1, -1):
        if (len(parts), end) in failed:
            continue
        found = _met(parts[1:], name, end, failed)
        if found is not None:
            return found[0], (name[place:end], *found[1])
        failed.add((len(parts), end))
    return None


def _nest_of(name: str, nests: Collection[str]) -> str:
    """Return the keys around a state dict that a name begins with, as many as there are."""
    dots = [place + 1 for place, sign in enumerate(name) if sign == "."]
    return next((name[:dot] for dot in reversed(dots) if name[:dot] in nests), "")


def _filled(text: str, parts: Collection[str]) -> str:
    """Return a text with parts in place of its asterisks, as far as there are some."""
    for part in parts:
        text = text.replace("*", part, 1)
    return text.replace("*", "")


def _unmet(begin: str, names: Collection[str], path: Path) -> ModelError:
    return ModelError(
        f"No weight in {path} has a name that begins with {begin!r}.",
        f"The first is called {next(iter(names), '')!r}.",
    )

"""Search of classes by a typed text, best match first."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from engine.types import Float64Array, Int64Array

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Label:
    """A label in the forms it is searched in."""

    text: str
    lower: str = field(init=False)
    starts: str = field(init=False)
    initials: str = field(init=False)

    def __post_init__(self) -> None:
        words = _WORD.findall(self.text.lower())
        object.__setattr__(self, "lower", self.text.lower())
        object.__setattr__(self, "starts", " " + " ".join(words))
        object.__setattr__(self, "initials", "".join(word[0] for word in words))

    def distance(self, typed: str) -> int | None:
        """Return the distance of a lower-case text from this label, or None."""
        if self.lower.startswith(typed):
            return int(self.lower != typed)
        if f" {typed}" in self.starts:
            return 2
        if self.initials.startswith(typed):
            return 3
        return 4 if typed in self.lower else None


def matches(typed: str, labels: tuple[Label, ...], order: Int64Array | None) -> list[int]:
    """Return indices of the labels that match a text.

    Parameters
    ----------
    typed : str
        A part of a label, or the initials of its words; empty matches every label.
    labels : tuple of Label
        All there are.
    order : int64 array, (K,), or None
        Their indices by probability, where it is known: the likelier first among equals.

    Returns
    -------
    list of int
        The one called so, those that begin with it, those with a word that does, initials,
        the rest.
    """
    text = typed.strip().lower()
    indices = range(len(labels)) if order is None else order.tolist()
    if not text:
        return list(indices)
    distances = [(labels[index].distance(text), index) for index in indices]
    hits = [(distance, index) for distance, index in distances if distance is not None]
    return [index for _, index in sorted(hits, key=lambda pair: pair[0])]


def by_probability(probabilities: Float64Array) -> Int64Array:
    """Return class indices by falling probability, nan last."""
    order: Int64Array = np.argsort(-np.nan_to_num(probabilities, nan=-1.0), kind="stable")
    return order

"""Hints for names that do not exist: the closest ones that do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

_FEW = 16


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a sentence that offers the names closest to one that does not exist."""
    names = list(known)
    folded = {candidate.casefold(): candidate for candidate in names}
    text = name.casefold()
    close = [folded[key] for key in difflib.get_close_matches(text, folded, n=3, cutoff=0.5)]
    close += [folded[key] for key in folded if text and text in key and folded[key] not in close][
        :3
    ]
    if close:
        return f"Did you mean: {', '.join(close)}?"
    if len(names) <= _FEW:
        return f"Choose one of: {', '.join(names)}."
    return f"Choose, for example, one of: {', '.join(names[:5])}."

"""Bouts: spans of frames with a label, as behaviour is annotated. No torch."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from engine.errors import EngineError
from engine.types import MOST_FRAMES

MOST_BOUTS = 20_000
MOST_LETTERS = 500
"""Of a label, a subject or a comment."""


@dataclass(frozen=True, slots=True, order=True)
class Bout:
    """A span of frames with a label, ordered by its frames.

    Texts are kept in one line, without control characters and spaces at their ends.

    Attributes
    ----------
    first, stop : int
        The first frame, and the one after the last.
    label : str
        The behaviour, not empty.
    subject : str
        Who shows it; empty where nobody is named.
    comment : str

    Raises
    ------
    EngineError
        If the frames or texts cannot be those of a bout.
    """

    first: int
    stop: int
    label: str
    subject: str = ""
    comment: str = ""

    def __post_init__(self) -> None:
        for name in ("label", "subject", "comment"):
            object.__setattr__(self, name, _tidy(getattr(self, name)))
        if not 0 <= self.first < self.stop <= MOST_FRAMES:
            raise EngineError(
                f"A bout cannot lie on the frames {self.first} to {self.stop - 1}.",
                "Its first frame is 0 or later, and its last is not before that.",
            )
        if not self.label:
            raise EngineError(
                f"The bout on frame {self.first} has no label.", "Name the behaviour."
            )


def lanes_of(bouts: Iterable[Bout]) -> dict[tuple[str, str], tuple[Bout, ...]]:
    """Return bouts by subject and label, in the order of their first bout."""
    lanes: dict[tuple[str, str], list[Bout]] = {}
    for bout in sorted(bouts):
        lanes.setdefault((bout.subject, bout.label), []).append(bout)
    return {key: tuple(lane) for key, lane in lanes.items()}


def require_few(count: int) -> None:
    """Refuse more bouts than can be shown.

    Raises
    ------
    EngineError
        If there are more than `MOST_BOUTS`.
    """
    if count > MOST_BOUTS:
        raise EngineError(f"{count} bouts are too many.", f"Keep {MOST_BOUTS} of them.")


def _tidy(text: str) -> str:
    if len(text) > MOST_LETTERS:
        raise EngineError(
            f"The text '{_one_line(text[:40])}...' is {len(text)} characters long.",
            f"Shorten it to {MOST_LETTERS}.",
        )
    return _one_line(text)


def _one_line(text: str) -> str:
    return " ".join("".join(map(_shown, text)).split())


def _shown(sign: str) -> str:
    """Return a character, or a space for one that no file of text may hold."""
    strange = unicodedata.category(sign) in ("Cc", "Cs") or ord(sign) & 0xFFFE == 0xFFFE
    return " " if strange else sign

"""Who measures what next: the same for every launcher, and for a simulation. No files, no clock.

All workers see the same list of units, in the order of their keys. Each begins with a share of its
own; when it is through it takes what is left of the others', from the end, where their owners
are not. Nobody hands out work, so nobody has to live on. Claims are all that workers know of one
another.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol

MOST_DEATHS = 3
"""A unit is given up when so many workers died while they measured it."""

_SLOW, _LEAST_SLOW_S = 5.0, 60.0
"""A unit that takes so many times the longest of this worker, and so long, is measured twice."""

_LOOKED_AT = 16
"""Units of others that are looked at in a turn: many wait at the end."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a claim.

    Attributes
    ----------
    kind : str
        "taken"; "done" by now; "busy" with a living worker; "lost" with too many dead ones.
    age_s : float
        For how long it has been busy.
    """

    kind: Literal["taken", "done", "busy", "lost"]
    age_s: float = 0.0


class Claims(Protocol):
    """Claims as the scheduler needs them."""

    def done_in(self, part: str) -> frozenset[str]:
        """Return the keys beginning with a part that have a result, perhaps not the newest."""

    def take(self, key: str, *, copy: bool = False) -> Answer:
        """Claim a unit, with ``copy`` also one that one living worker has."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What a worker does next.

    Attributes
    ----------
    kind : str
        "measure" a unit, "give up" one, "wait" a little for others, or "end".
    key : str
        The unit; empty where there is none.
    """

    kind: Literal["measure", "give up", "wait", "end"]
    key: str = ""


class Scheduler:
    """The turns of one worker.

    Parameters
    ----------
    keys : sequence of str
        Of all units, sorted.
    claims : Claims
    number, workers : int
        Which worker this is, from 0, of how many.
    """

    def __init__(self, keys: Sequence[str], claims: Claims, number: int, workers: int) -> None:
        self._keys, self._claims = keys, claims
        self._left = self._in_order(number % workers, workers)
        self._busy: deque[str] = deque()
        self._longest_s = 0.0

    def next(self) -> Turn:
        """Return what to do next.

        Raises
        ------
        OSError
            If a unit cannot be claimed; the next turn is about another.
        """
        for key in self._left:
            turn = self._asked(key)
            if turn is not None:
                return turn
        for _ in range(min(_LOOKED_AT, len(self._busy))):
            turn = self._asked(self._busy.popleft())
            if turn is not None:
                return turn
        return Turn("wait") if self._busy else Turn("end")

    def finished(self, seconds: float) -> None:
        """Note how long a unit took."""
        self._longest_s = max(self._longest_s, seconds)

    def _asked(self, key: str) -> Turn | None:
        answer = self._claims.take(key)
        if answer.kind == "busy" and answer.age_s > max(_LEAST_SLOW_S, _SLOW * self._longest_s):
            answer = self._claims.take(key, copy=True)
        if answer.kind == "busy":
            self._busy.append(key)
        kinds: dict[str, Literal["measure", "give up"]] = {"taken": "measure", "lost": "give up"}
        return Turn(kinds[answer.kind], key) if answer.kind in kinds else None

    def _in_order(self, number: int, workers: int) -> Iterator[str]:
        """Yield the units without a result: this worker's, then those of the others."""
        ends = [len(self._keys) * place // workers for place in range(workers + 1)]
        shares = [range(*pair) for pair in pairwise(ends)]
        yield from self._open_in(shares.pop(number))
        random.Random(number).shuffle(shares)
        for share in shares:
            yield from self._open_in(share[::-1])

    def _open_in(self, places: range) -> Iterator[str]:
        part, done = "", frozenset[str]()
        for place in places:
            key = self._keys[place]
            if key[:2] != part:
                part, done = key[:2], self._claims.done_in(key[:2])
            if key not in done:
                yield key

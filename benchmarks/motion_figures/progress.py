"""Progress of long work, as lines on standard error: how far, and how long it will take."""

from __future__ import annotations

import sys
import time

_EVERY_S = 10.0


class Progress:
    """Counts what is done of a known number of things.

    Parameters
    ----------
    name : str
        What is being done.
    total : int
        Number of things to do.
    """

    def __init__(self, name: str, total: int) -> None:
        self._name, self._total = name, total
        self._done = 0
        self._began = time.monotonic()
        self._told = self._began

    def add(self, count: int = 1) -> None:
        """Count finished things, and print at most every ten seconds and at the end."""
        self._done += count
        now = time.monotonic()
        if self._done < self._total and now - self._told < _EVERY_S:
            return
        self._told = now
        spent = now - self._began
        left = spent / self._done * (self._total - self._done)
        print(
            f"{self._name}: {self._done}/{self._total}, {spent:.0f} s, {left:.0f} s left",
            file=sys.stderr,
            flush=True,
        )

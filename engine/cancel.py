"""Cancellation: a flag set by one thread and checked by another, outside the error tree."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Check = Callable[[], None]
"""Called between units of work; raises `Cancelled` when the work is no longer wanted."""


class Cancelled(Exception):  # noqa: N818, RUF100 - a request that was granted, not an error
    """The work was cancelled on request."""


class CancelToken:
    """A thread-safe cancel flag.

    It is set directly, never through a queued slot: a queued slot would only
    run after the job it is meant to stop.
    """

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask for a stop at the next check."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """True once a stop was asked for."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise `Cancelled` if a stop was asked for."""
        if self._event.is_set():
            raise Cancelled


def never() -> None:
    """Do nothing, as a check that never cancels."""


_check: ContextVar[Check] = ContextVar("check", default=never)


@contextmanager
def checked_by(check: Check) -> Iterator[None]:
    """Enter a context in which `current_check` is that check.

    For what lies behind a network's call, which has no argument for it: a server that is waited
    for.
    """
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def current_check() -> Check:
    """Return the check of the work that this thread does, one that never cancels without."""
    return _check.get()

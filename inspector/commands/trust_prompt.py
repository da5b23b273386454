"""Asking once, on the terminal, before a network's own code is run. Never imports Qt."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import typer

from engine.errors import UntrustedError
from engine.models.cards.trust import trust

Result = TypeVar("Result")


def asking(work: Callable[[], Result], *, trusted: bool) -> Result:
    """Do work that may load code; ask for each file that is not trusted yet, and begin again.

    Parameters
    ----------
    work : callable
        Stopped by `UntrustedError` before it has done anything.
    trusted : bool
        Whether the user has agreed beforehand (``--trust``).

    Raises
    ------
    UntrustedError
        If the user does not agree, or there is nobody to ask.
    """
    while True:
        try:
            return work()
        except UntrustedError as error:
            if not (trusted or _agrees(error)):
                raise
            trust(error.path)


def _agrees(error: UntrustedError) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    return typer.confirm(f"{error} Run it, now and later?", default=False, err=True)

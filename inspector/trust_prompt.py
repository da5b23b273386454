"""A question on the terminal before the code of a network is run. Never imports Qt."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import typer

from engine.errors import UntrustedError
from engine.models.cards.trust import trust
from engine.utils.printable import code_lines, printable

Result = TypeVar("Result")
_MOST_QUESTIONS = 50


def run_with_trust_prompt(work: Callable[[], Result], *, trusted: bool) -> Result:
    """Run work that may load code, after a question for each file or server not trusted yet.

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
    for _ in range(_MOST_QUESTIONS):
        try:
            return work()
        except UntrustedError as error:
            if not (trusted or _agrees(error)):
                raise
            trust(error.asked)
    return work()  # whoever writes new code each time is told that it is not trusted


def _agrees(error: UntrustedError) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    if isinstance(error.asked, str):
        text = f"{printable(str(error))} Send them, now and later?"
    else:
        lines = "\n  ".join(code_lines(error.asked))
        text = f"{printable(str(error))}\n{lines}\nRun it, now and later?"
    return typer.confirm(text, default=False, err=True)

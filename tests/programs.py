"""Files of code that a test's user agrees to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from engine.errors import UntrustedCode, UntrustedError, UntrustedFile
from engine.models.cards.trust import trust

Result = TypeVar("Result")


def code_of(path: Path, call: str = "") -> UntrustedCode:
    """Return the question about a file, as it is now, and one of its functions."""
    path = path.resolve()
    file = UntrustedFile(path, hashlib.sha256(path.read_bytes()).hexdigest(), changed=False)
    return UntrustedCode(path.parent, (file,), f"{path.name}:{call}" if call else "")


def trust_file(path: Path, call: str = "") -> None:
    """Agree to a file, as it is now, and one of its functions."""
    trust(code_of(path, call))


def agreeing(work: Callable[[], Result]) -> tuple[Result, list[UntrustedCode]]:
    """Run work, agree to all that it asks for, and return its result and the questions."""
    asked: list[UntrustedCode] = []
    while True:
        try:
            return work(), asked
        except UntrustedError as error:
            if isinstance(error.asked, str) or len(asked) > 10:
                raise
            asked.append(error.asked)
            trust(error.asked)

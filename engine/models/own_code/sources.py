"""Bytes of code, each file read once: what is asked about, and run, is what was read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import ModelError, os_errors
from engine.models.cards.trust import require_trust
from engine.models.own_code.copies import private_copy
from engine.utils.bounded_files import read_bounded

MOST_FILES = 2000
MOST_SOURCE_BYTES = 2**23
_MOST_IN_ALL = 2**26


class Sources:
    """The files of code that one network is built with.

    Parameters
    ----------
    folder : Path
        Of the card, absolute, without links: for it the user's answers hold.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.refused: list[ModelError] = []
        self._texts: dict[Path, bytes] = {}

    def read(self, path: Path) -> tuple[Path, bytes]:
        """Read a file of Python unless it was read before, and return its path without links.

        Raises
        ------
        ModelError
            If it cannot be read, is no file, or too large.
        """
        real = Path(os.path.realpath(path))
        if real not in self._texts:
            message = f"The network file {path} cannot be read"
            with os_errors(ModelError, message, "Check its path; code has up to 8 MB a file."):
                self._texts[real] = read_bounded(real, MOST_SOURCE_BYTES)
            self._check_size()
        return real, self._texts[real]

    def trusted(self, path: Path) -> bytes:
        """Return a file of Python that is about to run.

        Raises
        ------
        UntrustedError
            If the user has not agreed to these bytes.
        ModelError
            As `read` does.
        """
        with self._noted():
            real, text = self.read(path)
            require_trust(self.folder, {real: _digest(text)})
        return text

    def require_trust(self, call: str = "") -> None:
        """Refuse to go on unless the user has agreed to all that was read, and to a call.

        Raises
        ------
        UntrustedError
            It names all that is missing.
        """
        digests = {path: _digest(text) for path, text in self._texts.items()}
        require_trust(self.folder, digests, call)

    @contextmanager
    def copied(self, path: Path) -> Iterator[Path]:
        """Give a copy of a compiled module, or of a network file, to be loaded in its place.

        Raises
        ------
        UntrustedError
            If the user has not agreed to its bytes.
        ModelError
            If it cannot be read or copied.
        """
        real = Path(os.path.realpath(path))
        with private_copy(real) as (copy, digest):
            with self._noted():
                require_trust(self.folder, {real: digest})
            yield copy

    def refuse(self, path: Path, kind: str) -> ModelError:
        """Return the error of a file that is code, but is not run."""
        error = ModelError(
            f"{path} is {kind}, whose code cannot be checked before it runs.",
            "Put the source files beside the card, or install them as a package.",
        )
        self.refused.append(error)
        return error

    def settle(self) -> None:
        """Raise the first refusal, which the code may have caught: it would be another network.

        Raises
        ------
        ModelError
            If anything was refused.
        """
        if self.refused:
            raise self.refused[0]

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except ModelError as error:
            self.refused.append(error)
            raise

    def _check_size(self) -> None:
        size = sum(map(len, self._texts.values()))
        if len(self._texts) > MOST_FILES or size > _MOST_IN_ALL:
            raise ModelError(
                f"The network imports more than {MOST_FILES} files or 64 MB of code from "
                f"{self.folder}.",
                "Install the code as a package, and name its module in the card.",
            )


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()

"""The error tree: what a user can be told in one sentence and a hint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class EngineError(Exception):
    """A failure the user can act on.

    Parameters
    ----------
    message : str
        One sentence that names the file or setting at fault.
    hint : str
        What to do about it.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class VideoError(EngineError):
    """A video cannot be opened, read or decoded."""


class ModelError(EngineError):
    """A model, its weights or its labels cannot be loaded or do not fit."""


@dataclass(frozen=True, slots=True)
class UntrustedFile:
    """A file of code that the user has not agreed to, as it was read.

    Attributes
    ----------
    path : Path
        Absolute, without links.
    sha256 : str
        Of the bytes that will run: 64 hexadecimal digits.
    changed : bool
        Whether the user agreed to an earlier content of it.
    """

    path: Path
    sha256: str
    changed: bool


@dataclass(frozen=True, slots=True)
class UntrustedCode:
    """What would run once the user agrees.

    Attributes
    ----------
    folder : Path
        For which the answer holds, absolute, without links.
    files : tuple of UntrustedFile
        Not agreed to yet; none where only the call is new.
    call : str
        The function of a file that is called, empty for a network without one.
    """

    folder: Path
    files: tuple[UntrustedFile, ...]
    call: str = ""

    def lines(self) -> list[str]:
        """Return a line for each file and the call, with nothing in it that acts on a screen."""
        lines = [self._line(file) for file in self.files]
        if self.call:
            lines.append(f"calls {printable(self.call)}")
        return lines

    def _line(self, file: UntrustedFile) -> str:
        inside = file.path.is_relative_to(self.folder)
        name = printable(str(file.path.relative_to(self.folder) if inside else file.path))
        state = "changed" if file.changed else "new"
        return f"{name}  ({state}, SHA-256 {file.sha256[:12]})"


def printable(name: str) -> str:
    r"""Return a name with control characters as ``\x1b``, other letters than ASCII told apart."""
    shown = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in name)
    return shown if name.isascii() else f"{shown} [{ascii(name)[1:-1]}]"


class UntrustedError(ModelError):
    """Loading a network would run files, or use a server, that the user has not trusted.

    Parameters
    ----------
    message, hint : str
        As for `EngineError`.
    asked : UntrustedCode or str
        The code, or the address of the server, which frames would be sent to.
    """

    def __init__(self, message: str, hint: str, asked: UntrustedCode | str) -> None:
        super().__init__(message, hint)
        self.asked = asked


class AttributionError(EngineError):
    """An attribution method, its options or its target do not fit the model."""


class ExportError(EngineError):
    """A result cannot be written."""


@contextmanager
def os_errors(kind: type[EngineError], message: str, hint: str) -> Iterator[None]:
    """Turn an OSError into an error of the tree: the message, and the system's reason."""
    try:
        yield
    except OSError as error:
        raise kind(f"{message} ({error.strerror or error}).", hint) from error

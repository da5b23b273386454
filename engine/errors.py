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


class DeviceError(EngineError):
    """A device stopped working, or is gone."""


class ExportError(EngineError):
    """A result cannot be written."""


@contextmanager
def os_errors(kind: type[EngineError], message: str, hint: str) -> Iterator[None]:
    """Turn an OSError into an error of the tree: the message, and the system's reason."""
    try:
        yield
    except OSError as error:
        raise kind(f"{message} ({error.strerror or error}).", hint) from error

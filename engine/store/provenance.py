"""Provenance of an analysis: the device, the Python and the files that it was made with.

A paper that shows a map names these; the versions of the libraries stand beside them.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ModelError, os_errors
from engine.utils.written_files import digest


@dataclass(frozen=True, slots=True)
class FileHash:
    """A file by its name and its SHA-256, 64 hexadecimal digits."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What an analysis was made with.

    Attributes
    ----------
    device : str
        The device that computed it, "cpu" or "cuda:0", where "auto" was asked for, too.
    python : str
        Version of Python.
    system : str
        Name of the operating system and the machine's architecture.
    files : tuple of FileHash
        Model card, weights, code, labels and prior, as far as they are files of the user's. The
        bundled network is named by the program's version, one that was downloaded by the
        checksum in its name.
    """

    device: str
    python: str
    system: str
    files: tuple[FileHash, ...] = ()


def provenance_of(device: str, files: list[Path]) -> Provenance:
    """Return the provenance of what is computed now, here, of some files.

    Raises
    ------
    ModelError
        If a file cannot be read.
    """
    system = f"{platform.system()} {platform.machine()}"
    return Provenance(device, platform.python_version(), system, tuple(map(_hash, files)))


def _hash(path: Path) -> FileHash:
    with os_errors(ModelError, f"{path} cannot be read", "Check its path."):
        return FileHash(path.name, digest(path))

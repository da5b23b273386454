"""Copies of files with code that libraries load by their path, for nobody else to change."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from engine.errors import ModelError, os_errors
from engine.utils.atomic import TEMPORARY_HINT, TemporaryFolder

_CHUNK = 2**20


@contextmanager
def private_copy(path: Path) -> Iterator[tuple[Path, str]]:
    """Copy a file into a folder that others cannot write to, and give the copy and its SHA-256.

    The copy has the file's name. It is removed at the end, or by the next start if it is in use
    or the program is killed.

    Raises
    ------
    ModelError
        If the file cannot be read, is no regular file, or there is no room for a copy of it.
    """
    scratch = TemporaryFolder()
    folder = scratch.path
    try:
        with os_errors(ModelError, f"The network file {path} cannot be read", "Check its path."):
            source = _opened(path)
        copy = folder / path.name
        message = f"{path} cannot be copied to {tempfile.gettempdir()}, which loading it takes"
        with source, os_errors(ModelError, message, TEMPORARY_HINT):
            _check_room(path, os.fstat(source.fileno()).st_size, folder)
            digest = _copied(source, copy, os.fstat(source.fileno()).st_size)
        yield copy, digest
    finally:
        scratch.discard()  # Windows keeps loaded modules, and logs it


def _opened(path: Path) -> BinaryIO:
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(descriptor, "rb")


def _check_room(path: Path, size: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if size > free:
        raise ModelError(
            f"{path} has {size} bytes, but {tempfile.gettempdir()} has room for {free}.",
            f"Loading it takes a copy. {TEMPORARY_HINT}",
        )


def _copied(source: BinaryIO, copy: Path, left: int) -> str:
    digest = hashlib.sha256()
    with copy.open("xb") as target:
        while chunk := source.read(min(left, _CHUNK)):  # no more, should the file be growing
            digest.update(chunk)
            target.write(chunk)
            left -= len(chunk)
    return digest.hexdigest()

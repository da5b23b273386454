"""Locks on files that the system takes away when their process ends, however it ends.

The number of a process would not tell whether it lives: numbers are given again.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO, *, wait: bool) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: BinaryIO, *, wait: bool) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


class FileLock:
    """A file that is locked until `release` or the end of the process.

    Attributes
    ----------
    path : Path
        The file; it is empty.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self._file = file

    @classmethod
    def take(cls, path: Path) -> FileLock | None:
        """Make a file, if need be, and lock it; None if somebody else has.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        file = path.open("ab")
        try:
            _lock(file, wait=False)
        except (BlockingIOError, PermissionError):
            file.close()
            return None
        except OSError:
            return cls(path, file)  # a disk without locks: nobody can tell that we live
        if _is(file, path):
            return cls(path, file)
        file.close()
        return None

    def release(self) -> None:
        """Remove the file and let go of it; again is allowed."""
        if self._file.closed:
            return
        if sys.platform == "win32":  # an open file cannot be removed there
            self._file.close()
        self.path.unlink(missing_ok=True)
        self._file.close()


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock on a file; if not, the file is removed."""
    try:
        file = path.open("rb+")
    except OSError:
        return path.exists()  # another user's, or gone
    with file:
        try:
            _lock(file, wait=False)
        except OSError:
            return True
        if sys.platform == "win32":
            file.close()
        path.unlink(missing_ok=True)
    return False


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Context that one process and thread at a time is in; for what takes a moment."""
    with path.open("ab") as file:
        with suppress(OSError):  # a disk without locks, where nobody can be kept out
            _lock(file, wait=True)
        yield


def _is(file: BinaryIO, path: Path) -> bool:
    """Whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False

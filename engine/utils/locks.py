"""Locks on files, which the system removes when their process ends, however it ends.

The number of a process would not tell whether it lives: numbers are used again.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt

    def lock_file(file: BinaryIO, *, wait: bool) -> None:
        """Lock an open file, or raise OSError if ``wait`` is false and another process has it."""
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def lock_file(file: BinaryIO, *, wait: bool) -> None:
        """Lock an open file, or raise OSError if ``wait`` is false and another process has it."""
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
        """Create and lock a file, or return None if another process holds it.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        file = opened(path)
        try:
            lock_file(file, wait=False)
        except (BlockingIOError, PermissionError):
            file.close()
            return None
        except OSError:
            return cls(path, file)  # a disk without locks: nobody can tell that we live
        if _is_same(file, path):
            return cls(path, file)
        file.close()
        return None

    def release(self) -> None:
        """Remove the file and unlock it, once."""
        if self._file.closed:
            return
        if sys.platform == "win32":  # an open file cannot be removed there
            self._file.close()
        self.path.unlink(missing_ok=True)
        self._file.close()

    def close(self) -> None:
        """Unlock the file without removing it."""
        self._file.close()


def is_held(path: Path) -> bool:
    """Return whether a living process holds the lock on a file, and remove a free one."""
    try:
        file = opened(path, create=False)
    except OSError:
        return path.exists()  # another user's, or gone
    with file:
        try:
            lock_file(file, wait=False)
        except OSError:
            return True
        if sys.platform == "win32":
            file.close()
        path.unlink(missing_ok=True)
    return False


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Enter a context that one process and thread at a time can be in, for short work."""
    with opened(path) as file:
        with suppress(OSError):  # a disk without locks, where nobody can be kept out
            lock_file(file, wait=True)
        yield


def opened(path: Path, *, create: bool = True) -> BinaryIO:
    """Return a file to lock, made if it may be, and never what a link or a pipe leads to."""
    flags = os.O_RDWR | (os.O_CREAT if create else 0)
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags | getattr(os, "O_CLOEXEC", 0), 0o600)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return os.fdopen(descriptor, "r+b", buffering=0)


def _is_same(file: BinaryIO, path: Path) -> bool:
    """Return whether an open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False

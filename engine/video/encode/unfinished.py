"""Temporary folders beside a target, for files that are not whole yet.

The folder holds a file that its writer keeps locked. The system takes the lock away when the
writer's process ends, however it ends; so a folder whose lock is free was left by a writer that
was killed. Numbers of processes would not tell that: they are given again, and mean nothing on
another computer that shares the disk.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import BinaryIO

log = logging.getLogger(__name__)

if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


_PREFIX, _SUFFIX = ".motion-inspector-", ".part"
_LOCK_NAME = "owner.lock"
_ATTEMPTS = 5


class Unfinished:
    """A place on the target's disk for an unfinished file, made at once.

    Leftovers of killed writers in the same folder are removed first.

    Parameters
    ----------
    target : Path
        What the file or folder will be called; its parent must exist.

    Attributes
    ----------
    path : Path
        Where to make it: nothing lies there yet.

    Raises
    ------
    OSError
        If the parent cannot be written.
    """

    def __init__(self, target: Path) -> None:
        self._target = target.absolute()
        remove_leftovers(self._target.parent)
        self._folder, self._lock = _claim(self._target.parent)
        self.path = self._folder / self._target.name

    def publish(self) -> None:
        """Make it the target, in one step, once it is safe on the disk.

        A file replaces an earlier one; a folder replaces an empty one.
        """
        if self.path.is_dir():
            for file in self.path.rglob("*"):
                _sync(file)
            if self._target.exists():
                self._target.rmdir()
        _sync(self.path)
        os.replace(self.path, self._target)
        _sync(self._target.parent)

    def discard(self) -> None:
        """Remove all that was not published. Call it in the end, also after `publish`."""
        try:
            _remove(self._folder, self._lock)
        except OSError:  # an error here would hide the one that led here; the next export retries
            log.warning("%s cannot be removed", self._folder, exc_info=True)
        finally:
            self._lock.close()


def remove_leftovers(folder: Path) -> int:
    """Remove the leftovers of killed writers in a folder, but no work of living ones.

    What cannot be removed is logged and stays: it must keep nobody from working.

    Parameters
    ----------
    folder : Path
        Searched itself, not what lies below it. It may be missing.

    Returns
    -------
    int
        How many were removed.
    """
    removed = 0
    try:
        for path in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
            removed += _removed_if_dead(path)
    except OSError:
        log.warning("%s cannot be searched for leftovers", folder, exc_info=True)
    return removed


def _claim(parent: Path) -> tuple[Path, BinaryIO]:
    for _ in range(_ATTEMPTS):
        folder = parent / f"{_PREFIX}{secrets.token_hex(8)}{_SUFFIX}"
        folder.mkdir()
        try:
            file = (folder / _LOCK_NAME).open("xb")
        except FileNotFoundError:
            continue  # another export, starting now, took the empty folder for a leftover
        if _is_ours(file, folder / _LOCK_NAME):
            return folder, file
        file.close()
    raise OSError(errno.EAGAIN, "temporary folders in it are taken away", str(parent))


def _is_ours(file: BinaryIO, path: Path) -> bool:
    try:
        _lock(file)
    except (BlockingIOError, PermissionError):
        return False  # somebody is about to remove it
    except OSError:
        return True  # a disk without locks: nobody can lock, so nobody will remove it
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _removed_if_dead(folder: Path) -> bool:
    if folder.is_symlink() or not folder.is_dir():
        return False
    try:
        file = (folder / _LOCK_NAME).open("rb+")
    except FileNotFoundError:
        return _removed_if_empty(folder)
    except OSError:
        return False  # another user's
    with file:
        try:
            _lock(file)
        except OSError:
            return False  # its writer lives, or the disk has no locks
        try:
            _remove(folder, file)
        except OSError:
            log.warning("%s cannot be removed", folder, exc_info=True)
            return False
    log.info("%s removed: its writer was killed", folder)
    return True


def _removed_if_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False  # its writer has just begun, or it is none of ours
    return True


def _remove(folder: Path, lock: BinaryIO) -> None:
    for path in folder.iterdir():
        if path.name == _LOCK_NAME:
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    if sys.platform == "win32":  # an open file cannot be removed there; elsewhere the lock holds
        lock.close()
    (folder / _LOCK_NAME).unlink(missing_ok=True)
    folder.rmdir()


def _sync(path: Path) -> None:
    """Flush a file to the disk, and a folder too except on Windows."""
    if path.is_dir() and sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

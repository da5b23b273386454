"""Files and folders that appear under their name only once they are complete.

`atomic_file` is for the program's own folders. `AtomicPath` is for folders of the user, where a
killed writer must leave nothing behind: it writes into a hidden folder that holds a locked file.
The system removes the lock when the writer's process ends, however it ends, so a folder whose
lock is free was left by a killed writer. Process numbers would not tell: they are used again, and
mean nothing on another computer that shares the disk. `TemporaryFolder` is such a folder too, in
the place of temporary files, where others may lay what looks like one: only the user's own go.
"""

from __future__ import annotations

import errno
import logging
import os
import secrets
import shutil
import stat
import sys
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

from engine.errors import EngineError, os_errors
from engine.utils.folder_swap import settle
from engine.utils.locks import FileLock, lock_file, opened

log = logging.getLogger(__name__)

TEMPORARY_HINT = "Make room there, or set TMPDIR to a folder with more."

_PREFIX, _SUFFIX = ".motion-inspector-", ".part"
_LOCK_NAME = "owner.lock"
_BYTES = 8
"""Of chance in the name of a room: a folder of the user's of a similar name is none."""
_ATTEMPTS = 5


@contextmanager
def atomic_file(target: Path, *, sync: bool = False, unique: bool = True) -> Iterator[Path]:
    """Yield a path beside the target, and replace the target by it unless an error is raised.

    Parameters
    ----------
    target : Path
        In an existing folder; a file there stays unchanged until then.
    sync : bool
        Whether to wait until the content is safe on the disk.
    unique : bool
        False where one process at a time writes: a later run overwrites what a kill has left.
    """
    hidden = f".{target.name}.{secrets.token_hex(4)}.part"
    partial = target.with_name(hidden if unique else f"{target.name}.part")
    try:
        yield partial
        if sync:
            sync_to_disk(partial)
        os.replace(partial, target)
    finally:
        with suppress(OSError):  # the folder itself may be missing
            partial.unlink(missing_ok=True)


def write_text(target: Path, text: str, *, sync: bool = False) -> None:
    """Write a text file in one step as `atomic_file` does, so that errors leave the old file."""
    with atomic_file(target, sync=sync) as partial:
        partial.write_text(text, encoding="utf-8")


class AtomicPath:
    """Temporary path on the target's disk, a context that publishes it at its end.

    Leftovers of killed writers in the same folder are removed first.

    Parameters
    ----------
    target : Path
        Final name of the file or folder; its parent must exist.

    Attributes
    ----------
    path : Path
        Path to create: nothing lies there yet.

    Raises
    ------
    OSError
        If the parent cannot be written, or the target is a device or a pipe.
    """

    def __init__(self, target: Path) -> None:
        self._target = target.absolute()
        if target.exists() and not (target.is_file() or target.is_dir()):
            raise OSError(errno.ENOTSUP, "it is a device or a pipe, not a file", str(target))
        remove_leftovers(self._target.parent)
        self._folder, self._lock = _claim(self._target.parent)
        self.path = self._folder / self._target.name

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.publish()
        finally:
            self.discard()

    def publish(self) -> None:
        """Move it to the target, in one step, once it is safe on the disk.

        A file replaces an earlier one; a folder replaces an empty one.
        """
        if self.path.is_dir():
            for file in self.path.rglob("*"):
                sync_to_disk(file)
            if self._target.exists():
                self._target.rmdir()
        sync_to_disk(self.path)
        os.replace(self.path, self._target)
        sync_to_disk(self._target.parent)

    def discard(self) -> None:
        """Remove the temporary files, at the end of every use, also after `publish`."""
        _discard(self._folder, self._lock)


class TemporaryFolder:
    """An empty folder in the place of temporary files, which nobody else can open.

    Those that killed runs of the user left there are removed first. It goes at the latest when
    nobody has it any more, or at the end of the program.

    Attributes
    ----------
    path : Path
        The folder.

    Raises
    ------
    EngineError
        If there is no place for temporary files.
    """

    def __init__(self) -> None:
        with os_errors(EngineError, "There is no place for temporary files", TEMPORARY_HINT):
            parent = Path(tempfile.gettempdir())
            remove_leftovers(parent)
            room, lock = _claim(parent)
            self.path = room / "files"
            self._end = weakref.finalize(self, _discard, room, lock)
            self.path.mkdir(mode=0o700)

    def discard(self) -> None:
        """Remove it with all that is in it, once."""
        self._end()


def final_place(path: Path) -> Path:
    """Return where a path will be once every `AtomicPath` that it lies in is published."""
    hidden = [part for part in path.parts if part.startswith(_PREFIX) and part.endswith(_SUFFIX)]
    return Path(*(part for part in path.parts if part not in hidden))


def sync_to_disk(path: Path) -> None:
    """Wait until a file, or a folder except on Windows, is safe on the disk."""
    if path.is_dir() and sys.platform == "win32":
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path) -> int:
    """Remove the user's leftovers of killed writers from a folder, without its subfolders.

    A leftover that cannot be removed is logged and stays: it must not stop the user's work.

    Parameters
    ----------
    folder : Path
        It may be missing.

    Returns
    -------
    int
        Number of removed leftovers.
    """
    removed = 0
    try:
        for path in folder.glob(f"{_PREFIX}{'[0-9a-f]' * 2 * _BYTES}{_SUFFIX}"):
            removed += _removed_if_dead(path)
    except OSError:
        log.warning("%s cannot be searched for leftovers", folder, exc_info=True)
    return removed


def _claim(parent: Path) -> tuple[Path, FileLock]:
    for _ in range(_ATTEMPTS):
        folder = parent / f"{_PREFIX}{secrets.token_hex(_BYTES)}{_SUFFIX}"
        folder.mkdir(mode=0o700)  # in a folder of all users, too
        try:
            lock = FileLock.take(folder / _LOCK_NAME)
        except FileNotFoundError:
            continue  # another export, starting now, took the empty folder for a leftover
        if lock is not None:
            return folder, lock
    raise OSError(errno.EAGAIN, "temporary folders in it are taken away", str(parent))


def _removed_if_dead(folder: Path) -> bool:
    if not _is_own_folder(folder):
        return False
    try:
        file = opened(folder / _LOCK_NAME, create=False)
    except FileNotFoundError:
        return _removed_if_empty(folder)
    except OSError:
        return False  # it may not be written, or is a link or a pipe
    with file:
        try:
            lock_file(file, wait=False)
        except OSError:
            return False  # its writer lives, or the disk has no locks
        try:
            _remove(folder, FileLock(folder / _LOCK_NAME, file))
        except OSError:
            log.warning("%s cannot be removed", folder, exc_info=True)
            return False
    log.info("%s removed: its writer was killed", folder)
    return True


def _is_own_folder(path: Path) -> bool:
    """Return whether a folder, and no link to one, is of this user: others may exchange theirs."""
    try:
        facts = path.lstat()
    except OSError:
        return False
    own = sys.platform == "win32" or facts.st_uid == os.geteuid()
    return own and stat.S_ISDIR(facts.st_mode)


def _removed_if_empty(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:
        return False  # its writer has just begun, or it is none of ours
    return True


def _discard(folder: Path, lock: FileLock) -> None:
    try:
        _remove(folder, lock)
    except OSError:  # an error here would hide the one that led here; the next start retries
        log.warning("%s cannot be removed", folder, exc_info=True)
    finally:
        lock.close()


def _remove(folder: Path, lock: FileLock) -> None:
    settle(folder)
    for path in folder.iterdir():
        if path.name == _LOCK_NAME:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    if sys.platform == "win32":  # an open file cannot be removed there; elsewhere the lock holds
        lock.close()
    lock.path.unlink(missing_ok=True)
    folder.rmdir()

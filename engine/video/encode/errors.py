"""Errors of FFmpeg and the file system while writing, as sentences for the user."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path

import av

from engine.errors import EngineError, ExportError


@contextlib.contextmanager
def export_errors(path: Path) -> Iterator[None]:
    """Turn errors of FFmpeg and the file system into an `ExportError` that names the target."""
    if "\0" in str(path):
        raise ExportError(f"{str(path)!r} is no possible name: it has a NUL in it.", _OTHER_NAME)
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        code = getattr(error, "errno", None)
        hint = _HINTS.get(code or 0, "Check the folder, or choose another one.")
        reason = getattr(error, "strerror", None) or str(error)
        raise ExportError(f"{path} cannot be written ({reason}).", hint) from error


@contextlib.contextmanager
def named_as(partial: Path, target: Path) -> Iterator[None]:
    """Have errors name the target where they name the hidden place that it is written in first."""
    try:
        yield
    except EngineError as error:
        if str(partial) not in str(error):
            raise
        message = str(error).replace(str(partial), str(target))
        raise ExportError(message, error.hint) from error


_NO_ROOM = "Free some room on the disk, or choose a folder on another one."
_OTHER_NAME = "Choose another name."
_NO_RIGHT = "Choose a folder that you may write to."
_HINTS = {
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EFBIG: _NO_ROOM,
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: _NO_RIGHT,
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.ENOTSUP: _OTHER_NAME,
    errno.ENOENT: "Create the folder first.",
    errno.ENOTDIR: "Choose a folder, not a file, to write into.",
    errno.EISDIR: "A folder has that name: choose another one.",
    errno.EEXIST: "A file has that name: choose another one.",
    errno.ENOTEMPTY: "That folder holds other files: choose another name.",
}

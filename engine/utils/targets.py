"""Targets that would be written over what is read: they are refused before anything is written."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from engine.errors import ExportError

_HINT = "Choose another name or another folder."


def check_target(target: Path, inputs: Iterable[Path]) -> None:
    """Refuse a file or folder that is something that is read, lies in it, or has it inside.

    Files are compared by what they are, so that links, other spellings and hard links are found.

    Parameters
    ----------
    target : Path
        It may be missing.
    inputs : iterable of Path
        Files and folders, which may be missing. Beside a file that is read one may write.

    Raises
    ------
    ExportError
        If they meet, or the target is no possible name.
    """
    if "\0" in str(target):
        raise ExportError("The name to write to has a NUL in it.", "Choose another name.")
    for path in inputs:
        if _is_same(target, path):
            raise ExportError(f"{target} is read, so it cannot be written over.", _HINT)
        if target.is_dir() and _lies_in(path, target):
            raise ExportError(f"{target} holds {path}, which is read.", _HINT)
        if path.is_dir() and _lies_in(target, path):
            raise ExportError(f"{target} lies in {path}, which is read.", _HINT)


def check_targets(folder: Path, names: Iterable[str], inputs: Iterable[Path]) -> None:
    """Refuse what is written into a folder, as `check_target`, and a folder of what is read.

    Raises
    ------
    ExportError
        If they meet.
    """
    inputs = tuple(inputs)
    folders = [path for path in inputs if path.is_dir()]
    check_target(folder, folders)
    for name in names:
        check_target(folder / name, inputs)


def _is_same(first: Path, second: Path) -> bool:
    try:
        return os.path.samefile(first, second)
    except (OSError, ValueError):  # one of them is missing
        return os.path.realpath(first) == os.path.realpath(second)


def _lies_in(inner: Path, outer: Path) -> bool:
    real = Path(os.path.realpath(inner))
    return any(_is_same(parent, outer) for parent in real.parents)

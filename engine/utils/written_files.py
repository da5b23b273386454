"""A folder's list of what the program wrote there: the proof that a file is its own.

A hidden JSON names the files with the hashes of their content. A file that it does not name, or
that has changed since, is the user's: it is never removed, nor overwritten unasked.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from engine.utils.atomic import write_text
from engine.utils.bounded_files import open_regular, read_bounded
from engine.utils.schema import convert, parse_json

LIST_NAME = ".motion-inspector.json"
_KIND = "files written by Motion Inspector"
_MOST_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class _Stored:
    """The content of the list: SHA-256 of each file, by its name from the folder on."""

    kind: str
    files: dict[str, str] = field(default_factory=dict)


def listed(folder: Path) -> dict[str, str]:
    """Return what a folder's list names, with hashes, or nothing without a list of ours."""
    path = folder / LIST_NAME
    if path.is_symlink():
        return {}
    try:
        stored = convert(parse_json(read_bounded(path, _MOST_BYTES)), _Stored, LIST_NAME)
    except (OSError, ValueError, TypeError):
        return {}
    return stored.files if stored.kind == _KIND else {}


def save_list(folder: Path, files: Mapping[str, str]) -> None:
    """Write a folder's list, in one step.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    plain = {"kind": _KIND, "files": dict(sorted(files.items()))}
    write_text(folder / LIST_NAME, json.dumps(plain, indent=0) + "\n", sync=True)


def hashes_below(folder: Path) -> dict[str, str]:
    """Return the hashes of all files of a folder but its list, by name from the folder on."""
    return {name: digest(folder / name) for name in names_below(folder) if name != LIST_NAME}


def own_files(folder: Path) -> frozenset[str]:
    """Return the files of a folder that are as the program wrote them, its list among them."""
    known = listed(folder)
    own = {name for name in names_below(folder) if is_own(folder, name, known)}
    return frozenset(own | {LIST_NAME} if known else own)


def is_own(folder: Path, name: str, known: Mapping[str, str]) -> bool:
    """Return whether a file is the one that a folder's list names."""
    path = folder / name
    try:
        return name in known and _is_regular(path) and digest(path) == known[name]
    except OSError:  # unreadable or gone: then it cannot be told
        return False


def digest(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def names_below(folder: Path) -> Iterator[str]:
    """Yield all that is no folder below a folder, as "a/b.png", without following links."""
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in (*files, *links):
            yield Path(place, name).relative_to(folder).as_posix()


def _is_regular(path: Path) -> bool:
    return stat.S_ISREG(path.lstat().st_mode)

"""A new folder in the place of an old one, and what a writer that was killed meanwhile left.

The new folder lies in a hidden room beside its target. A journal in the room says which files of
the old one may go. All others are the user's: the new folder has links to them, and one that
came too late for that is given back.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.utils.bounded_files import read_bounded
from engine.utils.exchange import exchange
from engine.utils.schema import convert, parse_json, to_plain

_JOURNAL, _OLD = "swap.json", "old"
_MOST_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class _Journal:
    """The name of the target, the identity of the new folder, and what of the old one may go."""

    name: str
    device: int
    inode: int
    dropped: tuple[str, ...]


def swap_in(new: Path, target: Path, dropped: Iterable[str]) -> None:
    """Put a folder in the place of its target, in one step where the system has one.

    Parameters
    ----------
    new : Path
        In a room beside the target, with the target's name.
    target : Path
        It may be missing.
    dropped : iterable of str
        Files of the old folder that may go.

    Raises
    ------
    OSError
        If it cannot be done; the target is then as it was.
    """
    facts = new.stat()
    journal = _Journal(target.name, facts.st_dev, facts.st_ino, tuple(sorted(dropped)))
    with (new.parent / _JOURNAL).open("w", encoding="utf-8") as file:
        json.dump(to_plain(journal), file)
        file.flush()
        os.fsync(file.fileno())
    if not os.path.lexists(target):
        new.rename(target)
    elif not exchange(new, target):
        _rename_twice(new, target)


def settle(room: Path) -> None:
    """Finish a swap that was begun in a room, and remove of the old folder what may go.

    Raises
    ------
    OSError
        If something of the user's stays, for which there is no place.
    """
    journal = _read(room)
    if journal is None:
        return
    new, target, old = room / journal.name, room.parent / journal.name, room / _OLD
    if _is_folder(old) and not os.path.lexists(target):
        (new if _is_new(new, journal) else old).rename(target)
    for place in (old, new):
        if _is_folder(place) and not _is_new(place, journal):
            _give_back(place, target, frozenset(journal.dropped))


def _rename_twice(new: Path, target: Path) -> None:
    old = new.parent / _OLD
    target.rename(old)
    try:
        new.rename(target)
    except OSError:
        old.rename(target)
        raise


def _read(room: Path) -> _Journal | None:
    try:
        raw = parse_json(read_bounded(room / _JOURNAL, _MOST_BYTES))
        journal: _Journal = convert(raw, _Journal, _JOURNAL)
    except (OSError, ValueError, TypeError):  # none, or half written: then nothing was swapped
        return None
    return journal if journal.name == Path(journal.name).name not in ("", "..") else None


def _is_folder(place: Path) -> bool:
    """Tell folders from links to them: a room that strangers made may lead to the user's own."""
    return place.is_dir() and not place.is_symlink()


def _is_new(place: Path, journal: _Journal) -> bool:
    try:
        facts = place.stat()
    except OSError:
        return False
    return (facts.st_dev, facts.st_ino) == (journal.device, journal.inode)


def _give_back(old: Path, target: Path, dropped: frozenset[str]) -> None:
    """Empty an old folder: what may go and what the new one has goes, the rest is given back."""
    root = Path(os.path.realpath(target.parent), target.name)  # a link would lead elsewhere
    for place, folders, files in os.walk(old, topdown=False):
        links = [name for name in folders if os.path.islink(os.path.join(place, name))]
        for name in (*files, *links):
            path = Path(place, name)
            inside = path.relative_to(old)
            if inside.as_posix() in dropped or _is_same(path, target / inside):
                path.unlink()
            else:
                _rescue(path, root / inside)
        os.rmdir(place)


def _rescue(path: Path, home: Path) -> None:
    if os.path.lexists(home) or os.path.realpath(home.parent) != str(home.parent):
        raise OSError(errno.EEXIST, "it cannot be given back", str(path))
    home.parent.mkdir(parents=True, exist_ok=True)
    path.rename(home)


def _is_same(first: Path, second: Path) -> bool:
    try:
        return os.path.samestat(first.lstat(), second.lstat())
    except OSError:
        return False

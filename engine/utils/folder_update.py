"""Results in a folder that is replaced as a whole, with the user's other files kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from engine.errors import ExportError
from engine.utils.atomic import AtomicPath, sync_to_disk
from engine.utils.folder_swap import swap_in
from engine.utils.written_files import (
    LIST_NAME,
    hashes_below,
    is_own,
    listed,
    names_below,
    save_list,
)

OVERWRITE_HINT = "Choose another place, or replace what is there with --overwrite."
_MOST_OTHERS = 1000
_MOST_NAMED = 3
_SEALED = ".zarr"  # a folder that another file in it would spoil


@dataclass(frozen=True, slots=True)
class _Old:
    """The files of a folder, by what becomes of them."""

    dropped: frozenset[str] = frozenset()
    carried: tuple[str, ...] = ()


@contextmanager
def updated_folder(folder: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give an empty folder to fill, whose files replace those of the same names at the end.

    Killed at any moment, the folder is as it was or has all that is new. Other files in it stay.
    A file that the program did not write, or that has changed since, is replaced only if asked.

    Parameters
    ----------
    folder : Path
        Made if needed.
    overwrite : bool
        Whether files of the user's may be replaced.

    Raises
    ------
    ExportError
        If the folder cannot be replaced, or files of the user's would be.
    OSError
        If something cannot be written; the folder is then as it was.
    """
    target = Path(os.path.realpath(folder))
    check_folder_of_its_own(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = AtomicPath(target)
    try:
        unfinished.path.mkdir()
        yield unfinished.path
        _publish(unfinished.path, target, overwrite=overwrite)
    finally:
        unfinished.discard()


def check_folder_of_its_own(folder: Path) -> None:
    """Refuse a folder that cannot be replaced by another.

    Raises
    ------
    ExportError
        If it is a file, a disk of its own, or the working folder or the user's home is it or
        lies in it.
    """
    if folder.exists() and not folder.is_dir():
        raise ExportError(f"{folder} is a file, not a folder.", "Choose another one.")
    here, home = Path.cwd(), Path(os.path.realpath(os.path.expanduser("~")))
    place = Path(os.path.realpath(folder))  # which links in a circle do not stop
    if os.path.ismount(folder) or place in (here, *here.parents, home, *home.parents):
        raise ExportError(
            f"{folder} cannot be replaced as a whole: it is the working folder, your home, or a "
            "disk.",
            f"Choose a folder in it, such as {folder / 'results'}.",
        )
    if folder.is_dir() and not os.access(folder, os.W_OK):
        raise ExportError(f"{folder} cannot be written to.", "Choose another folder.")


def check_conflicts(folder: Path, is_made: Callable[[str], bool], *, overwrite: bool) -> None:
    """Refuse to replace files of a folder that the program did not write, before any work.

    Parameters
    ----------
    folder : Path
        It may be missing.
    is_made : callable
        Whether a file of that name, such as "annotated/frame-000001.png", will be written.
    overwrite : bool
        Whether they may be replaced.

    Raises
    ------
    ExportError
        If there are such files, or too many others.
    """
    _sorted_out(folder, is_made, frozenset(), overwrite=overwrite)


def refuse_foreign(names: list[Path]) -> None:
    """Refuse to replace files that the program did not write, or that have changed since.

    Raises
    ------
    ExportError
        If there are any.
    """
    if names:
        more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
        text = ", ".join(map(str, names[:_MOST_NAMED]))
        verb = "was" if len(names) == 1 else "were"
        raise ExportError(
            f"{text}{more} {verb} not written by Motion Inspector, or changed since.",
            OVERWRITE_HINT,
        )


def _publish(new: Path, target: Path, *, overwrite: bool) -> None:
    made = hashes_below(new)
    tops = frozenset(name.partition("/")[0] for name in made)
    old = _sorted_out(target, made.__contains__, tops, overwrite=overwrite)
    known = listed(target)
    save_list(new, {name: known[name] for name in old.carried if name in known} | made)
    for path in new.rglob("*"):
        sync_to_disk(path)
    if target.is_dir():
        _carry(old.carried, target, new, tops)
        _take_over_rights(target, new)
    sync_to_disk(new)
    swap_in(new, target, old.dropped)
    sync_to_disk(target.parent)


def _sorted_out(
    folder: Path, is_made: Callable[[str], bool], tops: frozenset[str], *, overwrite: bool
) -> _Old:
    known = listed(folder)
    dropped: set[str] = set()
    conflicts: set[str] = set()
    carried: list[str] = []
    for name in names_below(folder):
        top = name.partition("/")[0]
        is_list = name == LIST_NAME
        if is_list and known:
            dropped.add(name)
        elif is_list or is_made(name) or top.endswith(_SEALED) or _is_in_made(name, is_made):
            own = is_own(folder, name, known)
            (dropped if own else conflicts).add(name)
        elif top in tops and is_own(folder, name, known):
            dropped.add(name)
        else:
            carried.append(name)
        if len(carried) > _MOST_OTHERS:
            raise ExportError(
                f"{folder} holds more than {_MOST_OTHERS} other files.",
                f"Choose a folder for the results alone, such as {folder / 'results'}.",
            )
    if not overwrite:
        refuse_foreign([folder / name for name in sorted(conflicts)])
    return _Old(frozenset(dropped | conflicts), tuple(carried))


def _is_in_made(name: str, is_made: Callable[[str], bool]) -> bool:
    """Return whether a file lies in a folder that has the name of a file that is written."""
    return any(is_made(parent.as_posix()) for parent in Path(name).parents)


def _carry(names: tuple[str, ...], old: Path, new: Path, tops: frozenset[str]) -> None:
    """Give a new folder links to files of an old one, and the folders they lie in."""
    for place in _folders_below(old):
        if place.parts[0] not in tops:
            (new / place).mkdir()
            shutil.copystat(old / place, new / place)
    for name in names:
        try:
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            os.link(old / name, new / name, follow_symlinks=False)
        except OSError as error:
            raise ExportError(
                f"{old} holds a file that cannot be kept: {name} ({error.strerror}).",
                f"Choose a folder for the results alone, such as {old / 'results'}.",
            ) from error


def _folders_below(folder: Path) -> Iterator[Path]:
    for place, folders, _ in os.walk(folder):
        for name in folders:
            if not os.path.islink(os.path.join(place, name)):
                yield Path(place, name).relative_to(folder)


def _take_over_rights(old: Path, new: Path) -> None:
    facts = old.stat()
    if hasattr(os, "chown"):
        with suppress(OSError):  # only root may give files away
            os.chown(new, facts.st_uid, facts.st_gid)
    new.chmod(facts.st_mode & 0o7777)

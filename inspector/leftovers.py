"""Folders from which leftovers of killed runs are removed at the next start."""

from __future__ import annotations

import logging
import tempfile
import threading
from pathlib import Path

from engine.utils.atomic import remove_leftovers, write_text
from engine.utils.bounded_files import read_bounded
from engine.utils.paths import state_folder

log = logging.getLogger(__name__)

_MOST_FOLDERS = 20
_MOST_BYTES = 2**20


def remember_target(target: Path) -> None:
    """Note the folder of a file or folder that is about to be written.

    Not being able to note it keeps nobody from exporting: it is logged.
    """
    parent = str(target.absolute().parent)
    folders = [parent, *(folder for folder in _remembered() if folder != parent)]
    try:
        _list_path().parent.mkdir(parents=True, exist_ok=True)
        write_text(_list_path(), "\n".join(folders[:_MOST_FOLDERS]))
    except OSError:
        log.warning("%s cannot be written", _list_path(), exc_info=True)


def tidy() -> None:
    """Remove leftovers of killed runs from the folders of exports, and of temporary files."""
    for folder in (*_remembered(), *_of_temporary_files()):
        remove_leftovers(Path(folder))


def tidy_in_background() -> None:
    """Run `tidy` in a thread: the window need not wait for a slow or absent network folder."""
    threading.Thread(target=tidy, name="tidy", daemon=True).start()


def _remembered() -> list[str]:
    try:
        return read_bounded(_list_path(), _MOST_BYTES).decode("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):  # nothing was exported yet, or the list is spoilt
        return []


def _of_temporary_files() -> list[str]:
    try:
        return [tempfile.gettempdir()]
    except OSError:  # there is none
        return []


def _list_path() -> Path:
    return state_folder() / "exported-to.txt"

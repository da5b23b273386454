"""Sessions beyond one run: autosave, recovery after a crash, recent files, moved videos."""

from __future__ import annotations

import json
import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from engine.cancel import Check, never
from engine.errors import EngineError
from engine.utils.atomic import write_text
from engine.utils.locks import FileLock, is_held
from engine.utils.paths import state_folder
from engine.video.content_hash import content_id, size_in
from gui.backend import RecentFile, Recoverable
from gui.state.session_file import SUFFIX, SessionFile, dump, read_session

log = logging.getLogger(__name__)

MOST_RECENT = 12

_MOST_FILES = 5_000
_MOST_SEARCH_S = 3.0
_SAVED_AS = "saved_as"
_LOCK = ".lock"


def autosave_folder() -> Path:
    """Return the folder of the autosave files, which may not exist yet."""
    return state_folder() / "autosave"


class Autosave:
    """Autosave of the open session, in a file that a clean exit removes.

    Not being able to is logged, once: it keeps nobody from working.

    Parameters
    ----------
    folder : Path or None
        Where; None takes `autosave_folder`.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = autosave_folder() if folder is None else folder
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock: FileLock | None = None
        self._text = ""
        self._turn = threading.Lock()  # a crash is saved by another thread
        self._failed = False

    @property
    def path(self) -> Path:
        """The file, which exists only while a session is open."""
        return self._folder / f"{self._name}{SUFFIX}"

    def save(self, session: SessionFile | None, saved_as: Path | None = None) -> Path | None:
        """Save the open session if it has changed. Any thread may call this.

        Parameters
        ----------
        session : SessionFile or None
            What is open; None if nothing is.
        saved_as : Path or None
            The file that the user keeps it in.

        Returns
        -------
        Path or None
            The file, if it holds the session now.
        """
        try:
            with self._turn:
                if session is None:
                    self._forget()
                    return None
                self._write(session, saved_as)
        except (OSError, EngineError):
            if not self._failed:
                log.warning("the session cannot be kept in %s", self.path, exc_info=True)
            self._failed = True
            return None
        return self.path

    def close(self) -> None:
        """Remove the file, at a clean exit after all was saved."""
        try:
            self._forget()
        except OSError:
            log.warning("%s cannot be removed", self.path, exc_info=True)
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _write(self, session: SessionFile, saved_as: Path | None) -> None:
        place = {} if saved_as is None else {_SAVED_AS: str(saved_as.absolute())}
        text = dump(replace(session, other={**session.other, **place}))
        if text == self._text:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        if self._lock is None:
            self._lock = FileLock.take(self._folder / f"{self._name}{_LOCK}")
        write_text(self.path, text, sync=True)
        self._text, self._failed = text, False

    def _forget(self) -> None:
        self._text = ""
        self.path.unlink(missing_ok=True)


def find_recoverable(folder: Path | None = None) -> list[Recoverable]:
    """Return the sessions of dead processes, the newest first. Unreadable ones are logged."""
    folder = autosave_folder() if folder is None else folder
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if not is_held(path.with_name(path.name.removesuffix(SUFFIX) + _LOCK)):
            found += _recovered(path)
    return sorted(found, key=lambda each: each.saved_s, reverse=True)


def forget(recoverable: Recoverable) -> None:
    """Remove a session that was recovered or discarded."""
    try:
        recoverable.path.unlink(missing_ok=True)
    except OSError:
        log.warning("%s cannot be removed", recoverable.path, exc_info=True)


def _recovered(path: Path) -> list[Recoverable]:
    try:
        session, saved_s = read_session(path), path.stat().st_mtime
    except (EngineError, OSError) as error:
        log.warning("%s cannot be recovered: %s", path, error)
        return []
    other = dict(session.other)
    place = other.pop(_SAVED_AS, None)
    saved_as = Path(place) if isinstance(place, str) else None
    return [Recoverable(path, replace(session, other=other), saved_s, saved_as)]


class RecentFiles:
    """The videos and sessions last opened, the newest first, in a file of the settings.

    Parameters
    ----------
    settings : Path
        Folder of the settings.
    """

    def __init__(self, settings: Path) -> None:
        self._path = settings / "recent.json"

    def entries(self) -> tuple[RecentFile, ...]:
        """Return at most `MOST_RECENT` files, none if the list is missing or broken."""
        return tuple(RecentFile(path, path.exists()) for path in self._read())

    def add(self, path: Path) -> None:
        """Put a file first."""
        path = path.absolute()
        self._write([path, *(other for other in self._read() if other != path)])

    def remove(self, path: Path) -> None:
        """Take a file off the list."""
        self._write([other for other in self._read() if other != path.absolute()])

    def clear(self) -> None:
        """Empty the list."""
        self._write([])

    def _read(self) -> list[Path]:
        try:
            values = json.loads(self._path.read_text(encoding="utf-8"))
            if not isinstance(values, list) or not all(isinstance(text, str) for text in values):
                raise ValueError("it is no list of texts")
        except FileNotFoundError:
            return []
        except (OSError, ValueError, RecursionError) as error:
            log.warning("%s cannot be used: %s", self._path, error)
            return []
        return [Path(text) for text in values if "\0" not in text][:MOST_RECENT]

    def _write(self, paths: Sequence[Path]) -> None:
        text = json.dumps([str(path) for path in paths[:MOST_RECENT]], indent=1)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_text(self._path, text, sync=True)
        except OSError:  # the list is a convenience
            log.warning("%s cannot be written", self._path, exc_info=True)


def relink(session: SessionFile, search: Sequence[Path] = (), check: Check = never) -> Path | None:
    """Return the present path of the video of a session, or None if it cannot be found.

    Looked for beside the session, at its old place, and in folders and below them: at most
    5,000 files and 3 s.

    Parameters
    ----------
    session : SessionFile
    search : sequence of Path
        Folders, the session's own first.
    check : callable
        May raise `Cancelled`.
    """
    known = [path for path in (session.beside, session.request.video) if path is not None]
    for path in known:
        if path.exists() and (not session.content or _has(path, session.content)):
            return path
    if not session.content:
        return None
    for path in _candidates(search, session.request.video.name, size_in(session.content)):
        check()
        if _has(path, session.content):
            return path
    return None


def difference(session: SessionFile, path: Path) -> str | None:
    """Return a warning if a file is not the video of a session, else None."""
    if not session.content or _has(path, session.content):
        return None
    return (
        f"{path.name} is not the video that this session was made with: its content differs, so "
        "frames, notes and explanations may not fit it."
    )


def _candidates(folders: Sequence[Path], name: str, size: int | None) -> Iterator[Path]:
    """Yield files of that size, or folders of that name for pictures, for a short time."""
    until = time.monotonic() + _MOST_SEARCH_S
    left = _MOST_FILES
    for folder in folders:
        for place, inner, files in os.walk(folder):
            inner.sort()
            names = inner if size is None else sorted(files, key=lambda file: file != name)
            left -= 1 + len(names)
            if left < 0 or time.monotonic() > until:
                return
            for path in (Path(place, entry) for entry in names):
                if path.name == name if size is None else _size(path) == size:
                    yield path


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:  # gone, or another user's: not what is looked for
        return None


def _has(path: Path, content: str) -> bool:
    try:
        return content_id(path) == content
    except EngineError:  # unreadable: not what is looked for
        return False

"""Autosave of what is open, and its recovery after a crash."""

from __future__ import annotations

import logging
import os
import secrets
import threading
from dataclasses import replace
from pathlib import Path

from engine.errors import EngineError
from engine.utils.atomic import write_text
from engine.utils.locks import FileLock, is_held
from engine.utils.paths import state_folder
from gui.backend import Recoverable
from gui.state.session_file import SUFFIX, SessionFile, dump, read_session

log = logging.getLogger(__name__)

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

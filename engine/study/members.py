"""Workers of a study as others see them: whether one lives, and its journal.

A worker holds a lock on a file of its own, which the system takes away when its process ends,
however it ends. Other computers may not see locks, so they go by the time at which the file was
last touched.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from engine.errors import EngineError, os_errors
from engine.study.place import Place
from engine.utils.locks import FileLock, is_held

log = logging.getLogger(__name__)

BEAT_S = 10.0
LEASE_S = 90.0
"""A worker elsewhere that did not touch its file for so long is taken for dead."""

_ROOM = "Make room there, or choose another --out."


def host() -> str:
    """Return the name of this computer, as the names of its workers begin."""
    return re.sub(r"[^A-Za-z0-9.]", "_", socket.gethostname())[:64]


class Member:
    """A worker of a study, which is this process, a context.

    Attributes
    ----------
    name : str
        Of this worker alone: computer, process and a random part.
    partial, room : Path
        A file and a folder that nobody else writes to.
    """

    def __init__(self, place: Place) -> None:
        self.name = f"{host()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._workers = place.workers
        self.partial = place.workers / f"{self.name}.part"
        self.room = place.workers / f"{self.name}.room"
        self._path = place.workers / f"{self.name}.lock"
        self._ended = threading.Event()

    def __enter__(self) -> Member:
        with os_errors(EngineError, f"{self._workers} cannot be written to", _ROOM):
            self._workers.mkdir(parents=True, exist_ok=True)
            lock = FileLock.take(self._path)
        if lock is None:
            raise EngineError(f"{self._path} is held by another worker.", "Try again.")
        self._lock = lock
        self._beat = threading.Thread(target=self._beating, name="beat", daemon=True)
        self._beat.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._beat.join()
        self._lock.release()

    def note(self, key: str, state: str, seconds: float = 0.0) -> None:
        """Add a line to the journal. A full disk is no reason to stop."""
        line = json.dumps({"key": key, "state": state, "seconds": round(seconds, 3)})
        with suppress(OSError), (self._workers / f"{self.name}.log").open("ab", 0) as journal:
            journal.write(f"{line}\n".encode())

    def lives(self, name: str) -> bool:
        """Return whether a worker lives, as far as can be told from here."""
        path = self._workers / f"{name}.lock"
        if name == self.name:
            return True
        if name.rpartition("-")[0].rpartition("-")[0] == host():
            return is_held(path)
        with suppress(OSError):
            # by the clock of the disk, which wrote both times
            return self._path.stat().st_mtime - path.stat().st_mtime < LEASE_S
        return False

    def _beating(self) -> None:
        while not self._ended.wait(BEAT_S):
            try:
                os.utime(self._path)
            except OSError:
                log.warning("%s cannot be touched", self._path, exc_info=True)


def age_of(path: Path) -> float:
    """Return the age of a file in seconds, 0 of one that is gone."""
    with suppress(OSError):
        return max(0.0, time.time() - path.stat().st_mtime)
    return 0.0

"""How far a study is: counted from the journals of its workers, and told in progress.json."""

from __future__ import annotations

import json
import time
from collections import deque
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.errors import EngineError, os_errors
from engine.study.place import Place
from engine.utils.atomic import write_text
from engine.utils.bounded_files import open_regular
from engine.utils.schema import parse_json

_RECENT_S = 60.0
_MOST_BYTES = 2**22


@dataclass(frozen=True, slots=True)
class StudyProgress:
    """The content of progress.json.

    Attributes
    ----------
    version : int
        Of this file.
    total, done, failed : int
        Rows, those with a result, and those of them that have an error in its place.
    workers : int
        That are at work.
    per_minute : float
        Rows that got a result in the last minute, or a minute's worth of a shorter time.
    seconds_left : float or None
        At that rate; None while it is not known.
    finished : bool
        Whether the tables are written.
    updated : float
        Seconds since 1970.
    """

    version: int
    total: int
    done: int
    failed: int
    workers: int
    per_minute: float
    seconds_left: float | None
    finished: bool
    updated: float


class ProgressBook:
    """Counts results as journals tell them.

    Parameters
    ----------
    place : Place
        Journals are read from where they end by now.
    total, done, failed : int
        Rows, and what was there before.
    """

    def __init__(self, place: Place, total: int, done: int, failed: int) -> None:
        self._place, self._total = place, total
        self._done, self._failed = done, failed
        self._read = {path: path.stat().st_size for path in place.workers.glob("*.log")}
        self._counted: set[str] = set()
        self._began = time.monotonic()
        self._recent: deque[tuple[float, int]] = deque([(self._began, done)])

    def look(self) -> None:
        """Read what the workers wrote since the last look."""
        for path in self._place.workers.glob("*.log"):
            for entry in self._entries(path):
                self._count(str(entry.get("key")), str(entry.get("state")))
        now = time.monotonic()
        self._recent.append((now, self._done))
        while len(self._recent) > 2 and self._recent[1][0] < now - _RECENT_S:
            self._recent.popleft()

    def progress(self, workers: int, *, finished: bool = False) -> StudyProgress:
        """Return how far the study is."""
        (before, some), (now, more) = self._recent[0], self._recent[-1]
        rate = (more - some) / max(now - before, 1e-9) if more > some else 0.0
        left = (self._total - self._done) / rate if rate else None
        return StudyProgress(
            version=1,
            total=self._total,
            done=self._done,
            failed=self._failed,
            workers=workers,
            per_minute=round(60 * rate, 3),
            seconds_left=0.0 if self._done >= self._total else left,
            finished=finished,
            updated=time.time(),
        )

    def save(self, progress: StudyProgress) -> None:
        """Write progress.json, in one step.

        Raises
        ------
        EngineError
            If it cannot be written.
        """
        path = self._place.progress
        hint = "Make room there; the study goes on where it was when it is run again."
        text = json.dumps(asdict(progress), indent=1)
        with os_errors(EngineError, f"{path} cannot be written", hint):
            write_text(path, f"{text}\n")

    def _entries(self, path: Path) -> list[dict[str, object]]:
        with open_regular(path) as file:
            file.seek(self._read.get(path, 0))
            raw = file.read(_MOST_BYTES)
        whole = raw[: raw.rfind(b"\n") + 1]
        self._read[path] = self._read.get(path, 0) + len(whole)
        entries = []
        for line in whole.splitlines():
            try:
                entry = parse_json(line)
            except ValueError:
                continue  # torn by a kill
            entries += [entry] if isinstance(entry, dict) else []
        return entries

    def _count(self, key: str, state: str) -> None:
        if state not in ("done", "failed") or key in self._counted:
            return
        self._counted.add(key)
        self._done += 1
        self._failed += state == "failed"

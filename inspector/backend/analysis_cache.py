"""Analyses kept in the user's cache folder: what was explained once is opened, not explained again.

A folder an analysis, named by its request's key, and beside it an empty locked file for each
analysis that is in use. Deciding who uses what is done by one process at a time. Where another
one is computing the same thing, it is left alone: the second computes for itself.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.cancel import Check
from engine.errors import EngineError, os_errors
from engine.pipeline.cache_key import key_with_maps, request_key
from engine.pipeline.cache_lookup import open_finished
from engine.store import Analysis
from engine.store.summary import AnalysisSummary, summary_of, write_summary
from engine.types import Report, Request
from engine.utils.folder_size import folder_bytes
from engine.utils.locks import FileLock, alone, is_held
from engine.utils.paths import cache_folder
from engine.video.content_hash import content_id
from inspector.backend.torch_import import import_torch

log = logging.getLogger(__name__)

DEFAULT_LIMIT_BYTES = 4 * 2**30


_USE, _TRASH, _LOCK = ".use", ".trash", "cache.lock"


class AnalysisCache:
    """Analyses on disk, the least recently used ones removed beyond a size.

    Parameters
    ----------
    folder : Path or None
        Where they lie; made if it is missing. None takes the user's cache folder.
    limit_bytes : int
        Size in bytes of all together beyond which they are removed; those in use stay.
    """

    def __init__(self, folder: Path | None = None, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self._folder = cache_folder() / "analyses" if folder is None else folder
        self._limit_bytes = limit_bytes

    def explain_cached(
        self, request: Request, report: Report, check: Check, playhead: int | None = None
    ) -> Analysis:
        """Open the analysis of an equal request, go on with a broken off one, or explain.

        The analysis is in use until it is closed. Parameters, errors and result are those of
        `engine.pipeline.explain`; what a cancel leaves is gone on with the next time.
        """
        content = content_id(request.video)  # before the key, which must not be that of another
        key = request_key(request)
        opened = None if key is None else self._opened_with_maps(request, key)
        if opened is not None:
            return opened
        use = None if key is None else self._claimed(key, request)
        if key is None or use is None:
            return self._explained(request, report, check, playhead)
        with _let_go_on_failure(use.release):
            place = self._folder / key
            analysis = open_finished(request, place, key)
            if analysis is None:
                analysis = self._explained(request, report, check, playhead, key, content)
                self.keep_summary(place, summary_of(analysis, time.time()))
            self._touch(place)
        analysis.when_closed(use.release)
        self.make_room()
        return analysis

    def folders(self) -> list[Path]:
        """Return the folders of all analyses, finished or not."""
        return self._entries()

    def open_kept(self, folder: Path) -> Analysis:
        """Open a finished analysis of the cache, which is in use until it is closed.

        Raises
        ------
        EngineError
            If it is gone, or damaged.
        """
        use = self._lock(folder.name)
        release = _nothing if use is None else use.release
        with _let_go_on_failure(release):
            analysis = Analysis.open(folder)
        self._touch(folder)
        analysis.when_closed(release)
        return analysis

    def keep_summary(self, folder: Path, summary: AnalysisSummary) -> None:
        """Write the summary of an analysis of the cache, without making it look used."""
        try:
            used = folder.stat()
            write_summary(folder, summary)
            os.utime(folder, ns=(used.st_atime_ns, used.st_mtime_ns))
        except OSError:
            log.warning("no summary of %s can be kept", folder, exc_info=True)

    def remove(self, folder: Path) -> bool:
        """Remove an analysis from the cache. Return False where it is in use, and stays."""
        with os_errors(EngineError, f"{folder} cannot be removed", "Check who owns it."):
            with alone(self._made() / _LOCK):
                if self._is_used(folder.name):
                    return False
                if folder.is_dir():
                    self._throw_away(folder)
            self._empty_trash()
        return True

    def has(self, request: Request) -> bool:
        """Return whether the analysis of an equal request is here, finished and whole."""
        key = request_key(request)
        keys = () if key is None else (key, key_with_maps(key))
        found = (open_finished(request, self._folder / one, one) for one in keys)
        return any(analysis is not None for analysis in found)

    def make_room(self, limit_bytes: int | None = None) -> None:
        """Remove the least recently used analyses beyond the limit, or another one given.

        Those in use stay. Not being able to is logged: it keeps nobody from working.
        """
        try:
            with alone(self._made() / _LOCK):
                self._discard(self._limit_bytes if limit_bytes is None else limit_bytes)
            self._empty_trash()
        except OSError:
            log.warning("%s cannot be tidied", self._folder, exc_info=True)

    def size_bytes(self) -> int:
        """Return the size of all cached analyses, in bytes."""
        return sum(folder_bytes(entry) for entry in self._entries())

    def folder_of(self, request: Request) -> Path | None:
        """Return the folder of the cached analysis of a request, or None without one."""
        key = request_key(request)
        return None if key is None else self._folder / key

    def _opened_with_maps(self, request: Request, key: str) -> Analysis | None:
        """Open the finished analysis that has maps of evidence besides what is asked for."""
        key = key_with_maps(key)
        if request.preset == "evidence" or not (self._folder / key).is_dir():
            return None
        use = self._claimed(key, request)
        if use is None:
            return None
        with _let_go_on_failure(use.release):
            analysis = open_finished(request, self._folder / key, key)
        if analysis is None:
            use.release()
            return None
        self._touch(self._folder / key)
        analysis.when_closed(use.release)
        return analysis

    def _explained(
        self,
        request: Request,
        report: Report,
        check: Check,
        playhead: int | None,
        key: str | None = None,
        content: str | None = None,
    ) -> Analysis:
        import_torch()
        from engine.pipeline import explain  # here: what is kept is opened without torch

        if key is None:
            return explain(request, report, check, playhead=playhead)
        return explain(
            request,
            report,
            check,
            folder=self._folder / key,
            resume=True,
            key=key,
            content=content,
            playhead=playhead,
        )

    def _claimed(self, key: str, request: Request) -> FileLock | None:
        """Lock an entry for use, or return None if it is busy or cannot be saved."""
        try:
            with alone(self._made() / _LOCK):
                place = self._folder / key
                if self._is_used(key) and open_finished(request, place, key) is None:
                    return None
                return self._taken(key)
        except OSError:
            log.warning("analyses cannot be kept in %s", self._folder, exc_info=True)
            return None

    def _lock(self, key: str) -> FileLock | None:
        """Lock an entry for use. On a disk without room it is opened without a lock."""
        try:
            with alone(self._made() / _LOCK):
                return self._taken(key)
        except OSError:
            log.warning("%s cannot be locked", self._folder / key, exc_info=True)
            return None

    def _taken(self, key: str) -> FileLock | None:
        """Lock an entry for use. For whoever is alone in the cache."""
        return FileLock.take(self._folder / f"{key}.{os.getpid()}-{secrets.token_hex(4)}{_USE}")

    def _throw_away(self, entry: Path) -> None:
        """Take an entry out of sight, to be removed by `_empty_trash`."""
        entry.rename(entry.with_name(f"{secrets.token_hex(8)}{_TRASH}"))

    def _empty_trash(self) -> None:
        for trash in self._folder.glob(f"*{_TRASH}"):
            shutil.rmtree(trash, ignore_errors=True)

    def _discard(self, limit_bytes: int) -> None:
        total = 0
        for entry in sorted(self._entries(), key=_last_used, reverse=True):
            total += folder_bytes(entry)
            if total > limit_bytes and not self._is_used(entry.name):
                total -= folder_bytes(entry)
                self._throw_away(entry)
                log.info("%s removed to make room", entry)

    def _entries(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        with os.scandir(self._folder) as found:  # which tells folders without a look at each
            names = [entry.name for entry in found if entry.is_dir()]
        return [self._folder / name for name in names if not name.endswith(_TRASH)]

    def _is_used(self, key: str) -> bool:
        # All are asked, so that those of dead processes are gone.
        return any([is_held(path) for path in self._folder.glob(f"{key}.*{_USE}")])

    def _made(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder

    def _touch(self, place: Path) -> None:
        try:
            os.utime(place)
        except OSError:
            log.warning("%s cannot be marked as used", place, exc_info=True)


@contextmanager
def _let_go_on_failure(release: Callable[[], None]) -> Iterator[None]:
    """Release what is in use, if it cannot be opened after all."""
    try:
        yield
    except BaseException:
        release()
        raise


def _nothing() -> None:
    """Release no lock."""


def _last_used(entry: Path) -> int:
    return entry.stat().st_mtime_ns

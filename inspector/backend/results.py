"""Results of the user's cache, as the window lists them."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

from engine.cancel import Check
from engine.errors import EngineError
from engine.store import DOCUMENT, Analysis
from engine.store.explained_video import with_video
from engine.store.summary import AnalysisSummary, kept_summary, read_summary
from engine.video.content_hash import content_id, holds
from gui.backend import ResultBackend
from gui.state.results import Result
from gui.state.video_info import VideoRequest
from inspector.backend.analysis_cache import AnalysisCache

log = logging.getLogger(__name__)


def result_services(cache: AnalysisCache | None = None) -> ResultBackend:
    """Return the results of a cache, or of the user's."""
    kept = _KeptResults(AnalysisCache() if cache is None else cache)
    return ResultBackend(kept.listed, kept.open, kept.rename, kept.remove)


class _KeptResults:
    """The finished analyses of a cache, by the content of their video."""

    def __init__(self, cache: AnalysisCache) -> None:
        self._cache = cache

    def listed(self, video: VideoRequest, check: Check) -> tuple[Result, ...]:
        """Return the results of a video, wherever it lay when they were made."""
        folders, found = self._cache.folders(), []
        content = content_id(video.path) if folders else ""
        for folder in folders:
            check()
            summary = self._summary(folder)
            if summary is not None and _is_of(summary, video, content):
                found.append(Result(folder, summary))
        return tuple(found)

    def open(self, folder: Path, video: Path) -> Analysis:
        """Open a result to be shown over a video."""
        analysis = self._cache.open_kept(folder)
        try:
            analysis.header = with_video(analysis.header, video)
        except BaseException:
            analysis.close()
            raise
        return analysis

    def rename(self, folder: Path, name: str) -> bool:
        """Give a result another name. Return True, as `remove` does."""
        summary = self._summary(folder)
        if summary is not None:
            self._cache.keep_summary(folder, replace(summary, name=name))
        return True

    def remove(self, folder: Path) -> bool:
        """Remove a result from the disk. Return False where it is in use, and stays."""
        return self._cache.remove(folder)

    def _summary(self, folder: Path) -> AnalysisSummary | None:
        """Return the summary of a result, which is kept from now on, or None of a damaged one."""
        kept = kept_summary(folder)
        if kept is not None or not (folder / DOCUMENT).is_file():  # else of an earlier version
            return kept
        try:
            made = read_summary(folder)
        except EngineError:
            log.info("%s is not listed", folder, exc_info=True)
            return None
        self._cache.keep_summary(folder, made)
        return made


def _is_of(summary: AnalysisSummary, video: VideoRequest, content: str) -> bool:
    """Return True for a result of what is open: the same content, stream and pictures."""
    request = summary.request
    if (request.stream, request.deinterlace) != (video.stream, video.deinterlace):
        return False
    if summary.content == content:
        return True
    # a recording that went on, under its own name
    same_file = request.video == video.path.absolute() or request.video == video.path
    return same_file and bool(summary.content) and holds(video.path, summary.content)

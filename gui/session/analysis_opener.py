"""Opens saved analyses with their videos, and lets the user look for a video that moved."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from engine.errors import VideoError
from engine.store import Analysis
from engine.store.explained_video import with_video
from gui.state.video_info import VideoInfo, VideoRequest, video_mismatch
from gui.tasks.jobs import Failure, JobRunner
from gui.widgets.dialogs import ask_where

_Located = tuple[Analysis, Failure | None]


class AnalysisOpener(QObject):
    """Shows a saved analysis once its video is open, and over no other video.

    Parameters
    ----------
    window : QWidget
        Parent of the dialogs.

    Signals
    -------
    failed(failure) : Failure
    video_requested(request) : VideoRequest
        Open the video of an analysis; `video_opened` or `forget` answers.
    opened(analysis) : Analysis
        Its video is open.
    """

    failed = Signal(object)
    video_requested = Signal(object)
    opened = Signal(object)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._pending: Analysis | None = None
        self.runner = JobRunner("loader", self)
        self.runner.finished.connect(self._on_runner_finished)
        self.runner.failed.connect(self.failed)

    def open(self, folder: Path) -> None:
        """Open the folder of an analysis. `opened`, `failed` or a question follows."""
        self.forget()
        self.runner.submit(lambda report, check: _located(Analysis.open(folder)))

    def go_on(self, analysis: Analysis, video: Path) -> None:
        """Go on with the video that the user chose."""
        self.runner.submit(lambda report, check: _located(analysis, video))

    def forget(self) -> None:
        """Give up the analysis whose video is being opened."""
        self._pending = None

    def video_opened(self, info: VideoInfo) -> None:
        """Show the analysis that a video was opened for."""
        analysis, self._pending = self._pending, None
        if analysis is None or analysis.header.request.video != info.path:
            return
        mismatch = video_mismatch(analysis, info.size, info.whole_count)
        if mismatch is None:
            self.opened.emit(analysis)
        else:
            self.failed.emit(mismatch)

    def close(self) -> None:
        """End the thread."""
        self.runner.close()

    @Slot(object)
    def _on_runner_finished(self, located: _Located) -> None:
        analysis, failure = located
        request = analysis.header.request
        if failure is not None:
            take = partial(self.go_on, analysis)
            ask_where(self._window, failure.message, failure.hint, request.video.name, take)
            return
        self._pending = analysis
        self.video_requested.emit(VideoRequest(request.video, request.stream, request.deinterlace))


def _located(analysis: Analysis, video: Path | None = None) -> _Located:
    """Return an analysis with its video, or with why this one is not it."""
    try:
        place = video or analysis.header.request.video
        analysis.header = with_video(analysis.header, place)
    except VideoError as error:
        return analysis, Failure(str(error), error.hint)
    return analysis, None

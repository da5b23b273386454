"""Asks the reader thread for frames; the newest request wins, an answer carries its number."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, QThread, Signal, Slot

from engine.types import Progress
from gui.playback.frame_worker import FrameWorker
from gui.state.video_info import FrameRequest, FrameSet, VideoInfo, Wanted
from gui.tasks.jobs import STOP_MS, Failure

log = logging.getLogger(__name__)


class FrameReader(QObject):
    """Asks the reader thread for frames.

    Signals
    -------
    reading(progress) : Progress
        Of the index of a long file.
    opened(info) : VideoInfo
    updated(info) : VideoInfo
        More became known of the open video.
    failed(failure) : Failure
    frame_read(found) : FrameSet
    """

    reading = Signal(object)
    opened = Signal(object)
    updated = Signal(object)
    failed = Signal(object)
    frame_read = Signal(object)
    _asked = Signal()
    _chosen = Signal(object)
    _closing = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._opened = 0
        self._thread = QThread()
        self._thread.setObjectName("frame reader")
        self._worker = FrameWorker()
        self._worker.moveToThread(self._thread)
        self._chosen.connect(self._worker.open)
        self._asked.connect(self._worker.serve)
        self._closing.connect(self._worker.end)
        self._worker.reading.connect(self._on_worker_reading)
        self._worker.updated.connect(self._on_worker_updated)
        self._worker.opened.connect(self._on_worker_opened)
        self._worker.failed.connect(self._on_worker_failed)
        self._worker.read.connect(self._on_worker_read)
        self._thread.start()

    def open(self, wanted: Wanted) -> None:
        """Open a video; `opened` or `failed` follows."""
        self._chosen.emit(wanted)

    def request(self, request: FrameRequest) -> None:
        """Ask for a frame; `frame_read` follows unless a newer request comes first."""
        self._worker.want(request, self._opened)
        self._asked.emit()

    def close(self) -> None:
        """Close the video and end the thread."""
        self._closing.emit()
        if not self._thread.wait(STOP_MS):
            log.error("the frame reader did not end")

    @Slot(object)
    def _on_worker_reading(self, progress: Progress) -> None:
        self.reading.emit(progress)

    @Slot(object)
    def _on_worker_updated(self, info: VideoInfo) -> None:
        self.updated.emit(info)

    @Slot(object)
    def _on_worker_opened(self, info: VideoInfo) -> None:
        self._opened += 1
        self.opened.emit(info)

    @Slot(object)
    def _on_worker_failed(self, failure: Failure) -> None:
        self.failed.emit(failure)

    @Slot(object)
    def _on_worker_read(self, found: FrameSet) -> None:
        self.frame_read.emit(found)

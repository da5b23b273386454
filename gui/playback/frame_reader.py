"""The GUI thread's side of the frame reader. The newest request wins."""

from __future__ import annotations

from PySide6.QtCore import QObject, QThread, Signal, Slot

from gui.playback.frame_worker import FrameWorker
from gui.state.video_info import FrameRequest, VideoInfo, VideoRequest
from gui.tasks.endings import endings


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
    frame_read(frame_set) : FrameSet
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
        self._worker.reading.connect(self.reading)
        self._worker.updated.connect(self.updated)
        self._worker.opened.connect(self._on_worker_opened)
        self._worker.failed.connect(self.failed)
        self._worker.read.connect(self.frame_read)
        self._thread.start()

    def open(self, request: VideoRequest) -> None:
        """Open a video, then emit `opened` or `failed`."""
        self._chosen.emit(request)

    def request(self, request: FrameRequest) -> None:
        """Request a frame. A newer request replaces it."""
        self._worker.want(request, self._opened)
        self._asked.emit()

    def close(self) -> None:
        """Close the video and end the thread."""
        self._closing.emit()
        endings.wait(self._thread, self._worker)

    @Slot(object)
    def _on_worker_opened(self, info: VideoInfo) -> None:
        self._opened += 1
        self.opened.emit(info)

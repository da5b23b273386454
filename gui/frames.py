"""Reads frames in a thread of its own; the newest request wins, an answer carries its number."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal, Slot

from engine.errors import EngineError
from engine.types import Float64Array, UInt8Array
from engine.video import Video, open_video
from gui.jobs import STOP_MS, Failure

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class VideoInfo:
    """What the window must know of a video.

    Attributes
    ----------
    path : Path
    frame_count : int
    fps : float
        Average frames per second.
    size : (int, int)
        Width and height in pixels.
    timestamps_s : float64 array, (N,)
        Seconds from the start of the file.
    """

    path: Path
    frame_count: int
    fps: float
    size: tuple[int, int]
    timestamps_s: Float64Array


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """A frame wanted at a size in pixels."""

    frame: int
    size: tuple[int, int]


class FrameWorker(QObject):
    """Opens and reads; lives in the reader thread.

    Signals
    -------
    opened(info), failed(failure), read(request, picture)
    """

    opened = Signal(object)
    failed = Signal(object)
    read = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._video: Video | None = None
        self._wanted: FrameRequest | None = None
        self._lock = threading.Lock()

    def want(self, request: FrameRequest) -> None:
        """Note the newest request, from any thread; an older one is forgotten."""
        with self._lock:
            self._wanted = request

    @Slot(object)
    def open(self, path: Path) -> None:
        """Open a video in place of the one before; on failure that one stays."""
        try:
            video = open_video(path)
        except EngineError as error:
            log.info("cannot open %s", path, exc_info=True)
            self.failed.emit(Failure(str(error), error.hint))
            return
        self.close()
        self._video = video
        self.opened.emit(VideoInfo(path, len(video), video.fps, video.size, video.timestamps_s))

    @Slot()
    def serve(self) -> None:
        """Read what is wanted now, if it was not read already."""
        with self._lock:
            request, self._wanted = self._wanted, None
        if request is None or self._video is None:
            return
        try:
            picture = self._video.picture(request.frame, *request.size)
        except EngineError as error:
            self.failed.emit(Failure(str(error), error.hint))
            return
        self.read.emit(request, picture)

    @Slot()
    def close(self) -> None:
        """Close the video."""
        if self._video is not None:
            self._video.close()
            self._video = None


class FrameReader(QObject):
    """Asks the reader thread for frames.

    Signals
    -------
    opened(info) : VideoInfo
    failed(failure) : Failure
    frame_read(frame, picture) : int, uint8 array (H, W, 3)
    """

    opened = Signal(object)
    failed = Signal(object)
    frame_read = Signal(int, object)
    _asked = Signal()
    _chosen = Signal(object)
    _closing = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = QThread()
        self._thread.setObjectName("frame reader")
        self._worker = FrameWorker()
        self._worker.moveToThread(self._thread)
        self._chosen.connect(self._worker.open)
        self._asked.connect(self._worker.serve)
        self._closing.connect(self._worker.close)
        self._worker.opened.connect(self._on_worker_opened)
        self._worker.failed.connect(self._on_worker_failed)
        self._worker.read.connect(self._on_worker_read)
        self._thread.start()

    def open(self, path: Path) -> None:
        """Open a video; `opened` or `failed` follows."""
        self._chosen.emit(path)

    def request(self, frame: int, size: tuple[int, int]) -> None:
        """Ask for a frame at a size; `frame_read` follows unless a newer request comes first."""
        self._worker.want(FrameRequest(frame, size))
        self._asked.emit()

    def close(self) -> None:
        """Close the video and end the thread."""
        self._closing.emit()
        self._thread.quit()
        if not self._thread.wait(STOP_MS):
            log.error("the frame reader did not end")

    @Slot(object)
    def _on_worker_opened(self, info: VideoInfo) -> None:
        self.opened.emit(info)

    @Slot(object)
    def _on_worker_failed(self, failure: Failure) -> None:
        self.failed.emit(failure)

    @Slot(object, object)
    def _on_worker_read(self, request: FrameRequest, picture: UInt8Array) -> None:
        self.frame_read.emit(request.frame, picture)

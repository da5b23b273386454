"""Reads frames in a thread of its own; the newest request wins, an answer carries its number."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, QThread, QTimer, Signal, Slot

from engine.errors import EngineError
from engine.types import Float64Array, Progress, UInt8Array
from engine.video import Video, open_video
from engine.video.about import in_words
from gui.jobs import STOP_MS, Failure

log = logging.getLogger(__name__)

_WATCH_MS = 300


@dataclass(frozen=True, slots=True)
class Wanted:
    """A video to be opened, and how.

    Attributes
    ----------
    path : Path
    stream : int or None
        Which of its video streams, from 0; None takes its default.
    deinterlace : bool
        Whether interlaced pictures are made whole.
    """

    path: Path
    stream: int | None = None
    deinterlace: bool = False


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
        Width and height in pixels, as they are to be shown.
    timestamps_s : float64 array, (N,)
        Seconds from the start of the file.
    wanted : Wanted
        What was asked for.
    stream, streams : int
        Number of the video stream that is shown, and how many there are.
    interlaced : bool
        Whether its pictures are marked as interlaced.
    progress : float
        Part of the file that is known, 0 to 1; below 1 more frames will come.
    damage : tuple of (int, int)
        Ranges of frames that may be missing or look wrong: the first, and the one after the last.
    lost : frozenset of int
        Frames that do not decode; the one before stands in.
    about : tuple of (str, str)
        What else there is to say of the file: names and texts.
    """

    path: Path
    frame_count: int
    fps: float
    size: tuple[int, int]
    timestamps_s: Float64Array
    wanted: Wanted
    stream: int = 0
    streams: int = 1
    interlaced: bool = False
    progress: float = 1.0
    damage: tuple[tuple[int, int], ...] = ()
    lost: frozenset[int] = frozenset()
    about: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class FrameRequest:
    """A frame wanted at a size in pixels."""

    frame: int
    size: tuple[int, int]


class FrameWorker(QObject):
    """Opens and reads; lives in the reader thread.

    Signals
    -------
    reading(progress), opened(info), updated(info), failed(failure), read(request, picture)
    """

    reading = Signal(object)
    opened = Signal(object)
    updated = Signal(object)
    failed = Signal(object)
    read = Signal(object, object)

    def __init__(self) -> None:
        super().__init__()
        self._video: Video | None = None
        self._told: VideoInfo | None = None
        self._watch = QTimer(self)
        self._watch.setInterval(_WATCH_MS)
        self._watch.timeout.connect(self._look)
        self._wanted: FrameRequest | None = None
        self._lock = threading.Lock()

    def want(self, request: FrameRequest) -> None:
        """Note the newest request, from any thread; an older one is forgotten."""
        with self._lock:
            self._wanted = request

    @Slot(object)
    def open(self, wanted: Wanted) -> None:
        """Open a video in place of the one before; on failure that one stays."""
        try:
            video = open_video(
                wanted.path,
                stream=wanted.stream,
                deinterlace=wanted.deinterlace,
                in_background=True,
                hold=True,
                report=self.reading.emit,
            )
        except EngineError as error:
            log.info("cannot open %s", wanted.path, exc_info=True)
            self.failed.emit(Failure(str(error), error.hint))
            return
        self.close()
        self._video = video
        self._told = _info(video, wanted)
        self.opened.emit(self._told)
        self._watch.start()

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
        self._look()  # a frame that is lost is known before its picture is shown
        self.read.emit(request, picture)

    @Slot()
    def _look(self) -> None:
        """Tell what was learnt of the video meanwhile."""
        if self._video is None or self._told is None:
            return
        if _is_news(self._video, self._told):
            self._told = _info(self._video, self._told.wanted)
            self.updated.emit(self._told)

    @Slot()
    def end(self) -> None:
        """Close the video and end the thread; by the thread itself, so that both happen."""
        self.close()
        self.thread().quit()

    @Slot()
    def close(self) -> None:
        """Close the video."""
        self._watch.stop()
        if self._video is not None:
            self._video.close()
            self._video = None


def _is_news(video: Video, told: VideoInfo) -> bool:
    known = (len(video), video.progress, video.damaged_ranges, video.damaged_frames)
    return known != (told.frame_count, told.progress, told.damage, told.lost)


def _info(video: Video, wanted: Wanted) -> VideoInfo:
    return VideoInfo(
        path=video.path,
        wanted=wanted,
        streams=video.file_facts.streams,
        stream=video.file_facts.stream,
        interlaced=video.picture_facts.interlaced,
        frame_count=len(video),
        fps=video.fps,
        size=video.display_size,
        timestamps_s=video.timestamps_s,
        progress=video.progress,
        damage=video.damaged_ranges,
        lost=video.damaged_frames,
        about=tuple(in_words(video)),
    )


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
    frame_read(frame, picture) : int, uint8 array (H, W, 3)
    """

    reading = Signal(object)
    opened = Signal(object)
    updated = Signal(object)
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

    def request(self, frame: int, size: tuple[int, int]) -> None:
        """Ask for a frame at a size; `frame_read` follows unless a newer request comes first."""
        self._worker.want(FrameRequest(frame, size))
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
        self.opened.emit(info)

    @Slot(object)
    def _on_worker_failed(self, failure: Failure) -> None:
        self.failed.emit(failure)

    @Slot(object, object)
    def _on_worker_read(self, request: FrameRequest, picture: UInt8Array) -> None:
        self.frame_read.emit(request.frame, picture)

"""Opens and reads a video in the reader thread, for the newest request only."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from engine.errors import EngineError
from engine.render.model_view import flow_at, model_view
from engine.video import Video, open_video
from engine.video.about_video import in_words
from gui.state.video_info import FrameRequest, FrameSet, VideoInfo, VideoRequest
from gui.tasks.jobs import Failure

log = logging.getLogger(__name__)

_WATCH_MS = 300
_MOST_AHEAD = 10


class FrameWorker(QObject):
    """Opens and reads a video. Lives in the reader thread.

    Signals
    -------
    reading(progress), opened(info), updated(info), failed(failure), read(frame set)
    """

    reading = Signal(object)
    opened = Signal(object)
    updated = Signal(object)
    failed = Signal(object)
    read = Signal(object)
    _free = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._video: Video | None = None
        self._info: VideoInfo | None = None
        self._watch = QTimer(self)
        self._watch.setInterval(_WATCH_MS)
        self._watch.timeout.connect(self._look)
        self._pending: FrameRequest | None = None
        self._opened = self._pending_video = 0
        self._lock = threading.Lock()
        self._ahead = _Ahead()
        self._free.connect(self._prepare, Qt.ConnectionType.QueuedConnection)

    def want(self, request: FrameRequest, video: int) -> None:
        """Replace the pending request, from any thread.

        ``video`` says which one is meant, counted from 1 in the order that they were opened in:
        a request for the one before is not answered.
        """
        with self._lock:
            self._pending, self._pending_video = request, video

    @Slot(object)
    def open(self, request: VideoRequest) -> None:
        """Open a video in place of the last one, which stays on failure."""
        try:
            video = open_video(
                request.path,
                stream=request.stream,
                deinterlace=request.deinterlace,
                in_background=True,
                hold=True,
                report=self.reading.emit,
            )
        except EngineError as error:
            log.info("cannot open %s", request.path, exc_info=True)
            self.failed.emit(Failure(str(error), error.hint))
            return
        self.close()
        self._video = video
        self._info = _info(video, request)
        self._opened += 1
        self.opened.emit(self._info)
        self._watch.start()

    @Slot()
    def serve(self) -> None:
        """Read the pending request, if any."""
        with self._lock:
            request, self._pending = self._pending, None
            is_of_this = self._pending_video == self._opened
        if request is None or self._video is None or not is_of_this:
            return
        try:
            frame_set = self._ahead.take(request) or _frame_set(self._video, request)
        except EngineError as error:
            self.failed.emit(Failure(str(error), error.hint))
            return
        self._look()  # a frame that is lost is known before its picture is shown
        self.read.emit(frame_set)
        self._free.emit()

    @Slot()
    def _prepare(self) -> None:
        """Prefetch the frame expected next while idle."""
        following = self._ahead.following()
        with self._lock:
            idle = self._pending is None
        if not idle or self._video is None or following is None:
            return
        if not 0 <= following.frame < len(self._video):
            return
        try:
            self._ahead.keep(following, _frame_set(self._video, following))
        except EngineError:
            log.info("cannot read ahead", exc_info=True)  # reported when it is requested

    @Slot()
    def _look(self) -> None:
        """Emit `updated` if more is known of the video."""
        if self._video is None or self._info is None:
            return
        if _is_news(self._video, self._info):
            self._info = _info(self._video, self._info.request)
            self.updated.emit(self._info)

    @Slot()
    def end(self) -> None:
        """Close the video and end this thread, in this thread so that both happen."""
        self.close()
        self.thread().quit()

    @Slot()
    def close(self) -> None:
        """Close the video."""
        self._watch.stop()
        self._ahead = _Ahead()
        if self._video is not None:
            self._video.close()
            self._video = None


class _Ahead:
    """Prefetches the frame expected next."""

    def __init__(self) -> None:
        self._last: FrameRequest | None = None
        self._step = 0
        self._entry: tuple[FrameRequest, FrameSet] | None = None

    def take(self, request: FrameRequest) -> FrameSet | None:
        """Return the frame prefetched for a request, if any, and note the step."""
        if self._last is not None and request.frame != self._last.frame:
            self._step = request.frame - self._last.frame
        self._last = request
        entry, self._entry = self._entry, None
        return entry[1] if entry is not None and entry[0] == request else None

    def keep(self, request: FrameRequest, frame_set: FrameSet) -> None:
        """Keep a frame that was read before its request."""
        self._entry = request, frame_set

    def following(self) -> FrameRequest | None:
        """Return the next request while stepping or playing, or None."""
        if self._last is None or not 0 < abs(self._step) <= _MOST_AHEAD:
            return None
        return replace(self._last, frame=self._last.frame + self._step)


def _frame_set(video: Video, request: FrameRequest) -> FrameSet:
    extras = request.extras
    picture = video.picture(request.frame, *request.size)
    flow = flow_at(video, request.frame) if extras.flow else None
    view = None
    if extras.seen_by is not None:
        view = model_view(video.picture(request.frame, *video.size), extras.seen_by)
    return FrameSet(request.frame, picture, flow, view)


def _is_news(video: Video, info: VideoInfo) -> bool:
    known = (len(video), video.progress, video.damaged_ranges, video.damaged_frames)
    return known != (info.frame_count, info.progress, info.damage, info.lost)


def _info(video: Video, request: VideoRequest) -> VideoInfo:
    return VideoInfo(
        path=video.path,
        request=request,
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

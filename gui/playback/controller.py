"""Controller of the open video: reader, clock and panes follow the view state."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from engine.types import Progress
from gui.commands.command import Command
from gui.panes.pane_grid import PaneGrid
from gui.playback.clock import Playback
from gui.playback.frame_reader import FrameReader
from gui.playback.transport import Transport
from gui.state.video_info import FrameSet, VideoInfo, VideoRequest
from gui.state.view_model import ViewModel
from gui.state.view_state import SPEEDS, ViewState, played_range


class PlaybackController(QObject):
    """Opens videos, and shows the frame that the view model points at.

    Signals
    -------
    opened(info), updated(info) : VideoInfo
        Another video is open; or more became known of the same one.
    failed(failure) : Failure
    told(text) : str
        For the status line.
    frame_shown(frame) : int
        The panes show this frame now.
    """

    opened = Signal(object)
    updated = Signal(object)
    failed = Signal(object)
    told = Signal(str)
    frame_shown = Signal(int)

    def __init__(
        self, view_model: ViewModel, panes: PaneGrid, transport: Transport, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.video: VideoInfo | None = None
        self.reader = FrameReader(self)
        self.playback = Playback(self)
        self._view_model, self._panes, self._transport = view_model, panes, transport
        self._direction = 1
        view_model.changed.connect(self._on_view_model_changed)
        panes.frame_wanted.connect(self.request_frame)
        self.reader.opened.connect(self._on_reader_opened)
        self.reader.updated.connect(self._on_reader_updated)
        self.reader.failed.connect(self.pause)  # or every frame of a broken file would be told
        self.reader.failed.connect(self.failed)
        self.reader.reading.connect(self._on_reader_reading)
        self.reader.frame_read.connect(self._on_reader_frame_read)
        self.playback.frame_due.connect(view_model.go_to)
        self.playback.ended.connect(self.pause)
        self.playback.rate_measured.connect(self._on_playback_rate_measured)

    def open(self, request: VideoRequest) -> None:
        """Open a video, then emit `opened` or `failed`."""
        text = f"Opening {request.path.name} ..."
        self.told.emit(text)
        if self.video is None:
            self._panes.clear(text)
        self.reader.open(request)

    def reopen(self, *, stream: int | None = None, deinterlace: bool | None = None) -> None:
        """Open the same video with another stream or deinterlacing."""
        if self.video is None:
            return
        request = self.video.request
        if stream is not None:
            request = replace(request, stream=stream)
        if deinterlace is not None:
            request = replace(request, deinterlace=deinterlace)
        self.open(request)

    @Slot()
    def request_frame(self) -> None:
        """Ask for the frame at the playhead as the panes need it now."""
        if self.video is not None:
            self.reader.request(self._panes.request(self._view_model.state.frame))

    @Slot()
    def toggle_play(self) -> None:
        """Play on, or pause."""
        if self._view_model.state.playing:
            self.pause()
        else:
            self.play(1)

    @Slot()
    def pause(self) -> None:
        """Stop at the frame that is shown: while playing the playhead may be a little ahead."""
        shown = self._panes.shown_frame
        if self._view_model.state.playing:
            self._view_model.update(playing=False, **({"frame": shown} if shown >= 0 else {}))

    def play(self, direction: int) -> None:
        """Play forward (1) or backward (-1), twice as fast if it already does."""
        state = self._view_model.state
        if self.video is None:
            return
        if state.playing and direction == self._direction:
            faster = [speed for speed in SPEEDS if speed >= 2 * state.speed]
            self._view_model.update(speed=faster[0] if faster else SPEEDS[-1])
            return
        self._direction = direction
        if state.playing:
            self.playback.start(state.frame, direction)
        self._view_model.update(playing=True)

    def close(self) -> None:
        """Stop playing and end the reader."""
        self.playback.stop()
        self.reader.close()

    @Slot(ViewState, ViewState)
    def _on_view_model_changed(self, old: ViewState, new: ViewState) -> None:
        self._pace(old, new)
        if self.video is not None and not (old.playing and new.playing and old.frame != new.frame):
            self._transport.show_state(new, self.video.timestamps_s)
        if old.frame != new.frame:
            self.request_frame()
        if old.panes != new.panes:
            self._panes.set_kinds(new.panes)
        if (old.preset, old.sigma, old.heat) != (new.preset, new.sigma, new.heat):
            self._panes.redraw(new)

    def _pace(self, old: ViewState, new: ViewState) -> None:
        if _pacing(old) != _pacing(new):
            self.playback.set_pace(new.speed, new.pace, new.loop, played_range(new))
        if old.playing == new.playing:
            return
        if new.playing:
            self.playback.start(new.frame, self._direction)
        else:
            self._direction = 1
            self.playback.stop()

    @Slot(object)
    def _on_reader_opened(self, info: VideoInfo) -> None:
        self.video = info
        self._panes.set_video(info.size)
        self.playback.set_video(info.timestamps_s)
        self._view_model.update(frame=0, frame_count=info.frame_count, playing=False, range=None)
        self._transport.show_state(self._view_model.state, info.timestamps_s)
        self.request_frame()
        self.told.emit(facts_of(info))
        self.opened.emit(info)

    @Slot(object)
    def _on_reader_updated(self, info: VideoInfo) -> None:
        if self.video is None or info.path != self.video.path:
            return
        self.video = info
        self.playback.set_times(info.timestamps_s)
        self._view_model.update(frame_count=info.frame_count)
        self._transport.show_state(self._view_model.state, info.timestamps_s)
        self.told.emit(facts_of(info))
        self.updated.emit(info)

    @Slot(object)
    def _on_reader_reading(self, progress: Progress) -> None:
        share = progress.done / max(progress.total, 1)
        self.told.emit(f"{progress.stage}: {share:.0%}")

    @Slot(object)
    def _on_reader_frame_read(self, frame_set: FrameSet) -> None:
        state = self._view_model.state
        if frame_set.frame != state.frame and not state.playing:
            return  # late: the playhead has moved on, and a newer request is under way
        self._panes.show_frame(frame_set, state)
        self.playback.frame_shown(frame_set.frame)
        if self.video is not None and state.playing:
            # while playing, the number shown is that of the picture shown, not of the clock
            shown = replace(state, frame=min(frame_set.frame, state.frame_count - 1))
            self._transport.show_state(shown, self.video.timestamps_s)
        if self.video is not None and frame_set.frame in self.video.lost:
            self.told.emit(
                f"Frame {frame_set.frame} cannot be decoded; the one before it stands in for it."
            )
        self.frame_shown.emit(frame_set.frame)

    @Slot(float)
    def _on_playback_rate_measured(self, shown: float) -> None:
        if self.video is not None:
            self._transport.show_rate(shown, self.video.fps * self._view_model.state.speed)

    def commands(self) -> tuple[Command, ...]:
        """Return the commands of playing and of the range."""
        transport = self._transport
        back, forward = partial(self.play, -1), partial(self.play, 1)
        return (
            Command("play.toggle", "Play or pause", self.toggle_play, ("Space",)),
            Command("play.back", "Play backward; again: faster", back, ("J",)),
            Command("play.pause", "Pause", self.pause, ("K",)),
            Command("play.forward", "Play; again: faster", forward, ("L",)),
            Command("step.place", "Go to a frame or a time", transport.entry.setFocus, ("G",)),
            Command("range.in", "Set in point", transport.set_in, ("I",)),
            Command("range.out", "Set out point", transport.set_out, ("O",)),
        )


def _pacing(state: ViewState) -> tuple[object, ...]:
    return state.speed, state.pace, state.loop, played_range(state)


def facts_of(info: VideoInfo) -> str:
    """Describe a video in one line for the status bar."""
    width, height = info.size
    facts = f"{info.frame_count} frames, {width}x{height}, {info.fps:.3g} frames/s"
    more = "" if info.progress >= 1 else f", looking for more ({info.progress:.0%})"
    hurt = "; damaged: see the hatched part of the timeline" if info.damage else ""
    return f"{info.path.name}: {facts}{more}{hurt}"

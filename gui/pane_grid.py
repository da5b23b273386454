"""The four panes in lock-step: one frame, one picture size, one colour scale."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from engine import render
from engine.store import Analysis
from engine.types import Rect, UInt8Array
from gui.pane import Pane
from gui.state import ViewState

NOT_YET = "Not explained yet"
HEAT = ("relevance", "motion", "static")
_TITLES = {
    "video": "Video",
    "relevance": "Relevance",
    "motion": "Motion",
    "static": "Static",
}
_PROMISES = {
    "relevance": "What the model looked at",
    "motion": "The part that is due to movement",
    "static": "The part that stays in place",
}


class PaneGrid(QWidget):
    """Video, relevance, motion and static, drawn from the same frame.

    Signals
    -------
    resized()
        The panes have a new size: frames of another size are wanted.
    """

    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panes = {name: Pane(title, True, self) for name, title in _TITLES.items()}
        layout = QGridLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.setSpacing(8)
        for position, pane in enumerate(self.panes.values()):
            layout.addWidget(pane, position // 2, position % 2)
        self._analysis: Analysis | None = None
        self._frame = -1
        self._picture: UInt8Array | None = None

    @property
    def shown_frame(self) -> int:
        """Frame whose picture the panes show; -1 for none."""
        return self._frame

    def picture_size(self, video: tuple[int, int]) -> tuple[int, int]:
        """Size in pixels at which a video of (width, height) fits the panes."""
        rooms = [pane.room() for pane in self.panes.values()]
        width, height = min(r[0] for r in rooms), min(r[1] for r in rooms)
        factor = min(width / video[0], height / video[1])
        return max(round(video[0] * factor), 1), max(round(video[1] * factor), 1)

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Take heat from this analysis."""
        self._analysis = analysis

    def clear(self, message: str) -> None:
        """Show a message in place of the video, and what the other panes are for."""
        self._frame, self._picture = -1, None
        self.panes["video"].show_message(message)
        for name, promise in _PROMISES.items():
            self.panes[name].show_message(promise)

    def show_frame(self, frame: int, picture: UInt8Array, state: ViewState) -> None:
        """Show a frame of the video, uint8 RGB (H, W, 3), and its heat."""
        self._frame, self._picture = frame, picture
        self.panes["video"].show_picture(picture)
        self.redraw(state)

    def redraw(self, state: ViewState) -> None:
        """Draw the heat of the shown frame again: another sigma, preset, opacity, or more of it."""
        if self._picture is None:
            return
        index = self._ready_index(state)
        if index is None:
            for name in HEAT:
                self.panes[name].show_message(self._reason() or _PROMISES[name])
            return
        self._draw_heat(index, self._picture, state)

    def _ready_index(self, state: ViewState) -> int | None:
        if self._analysis is None:
            return None
        index = self._frame - self._analysis.header.start
        ready = self._analysis.separation(state.preset).frames_ready
        return index if 0 <= index < ready else None

    def _reason(self) -> str:
        if self._analysis is None:
            return ""
        header = self._analysis.header
        inside = header.start <= self._frame < header.stop
        return NOT_YET if inside else f"Outside the explained range {header.start}:{header.stop}"

    def _draw_heat(self, index: int, picture: UInt8Array, state: ViewState) -> None:
        analysis = self._analysis
        if analysis is None:
            return
        maps = analysis.separation(state.preset).frame(index, state.sigma)
        marks = [] if analysis.sampled[index] else ["interpolated"]
        if analysis.header.seen != Rect(0.0, 0.0, 1.0, 1.0):
            marks.append("hatched: not seen by the model")
        for name in HEAT:
            heat = render.overlay(
                picture,
                getattr(maps, name),
                analysis.header.seen,
                analysis.scale,
                state.heat,
            )
            self.panes[name].show_picture(heat, ", ".join(marks))
            self.panes[name].show_scale(analysis.scale, state.heat)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell that pictures of another size are wanted."""
        super().resizeEvent(event)
        self.resized.emit()

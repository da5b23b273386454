"""Curves per frame under the panes: seek, zoom, choose a range, read values."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolButton, QWidget

from engine.annotations.bouts import Bout
from engine.types import Float64Array
from gui.state.curves import CurveSet
from gui.state.peaks import next_peak, previous_peak
from gui.timeline.plots import KEYS, USUAL, WITHOUT_EVIDENCE, TimelinePlots, colour_of
from gui.timeline.readout import readout
from gui.timeline.readout_line import ReadoutLine
from gui.widgets.flow_layout import FlowLayout
from gui.widgets.form_widgets import vbox

_TOOLTIPS = {
    "evidence": "How much of the evidence is movement, with its 95 % interval; a step a window",
    "bits": "Evidence in bits, from the bottom: movement, several pictures, one picture",
    "order": "Bits lost when the frames come in another order; the highest is at the top",
    "share": "How much of the map's relevance changes sharply: a property of the map",
    "parts": "Sums of the map's relevance: motion and static",
}
_GRAB_PX = 5
_SWITCH_PX = 22
_ZOOM_A_NOTCH = 1.25
_NOTCH = 120


class Timeline(QWidget):
    """Share of movement by evidence above, its bits below, and more curves to switch on.

    Signals
    -------
    frame_requested(frame) : int
        The user clicked on or dragged to a frame.
    range_changed(frames) : (int, int)
        The user dragged a range, or an edge of it: the first frame, the one after the last.
    flow_wanted()
        The user asks for a curve that is not measured yet.
    span_changed()
        The plots lie elsewhere, see `span`.
    """

    frame_requested = Signal(int)
    range_changed = Signal(object)
    flow_wanted = Signal()
    span_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: CurveSet | None = None
        self._flow: tuple[int, Float64Array] | None = None
        self._notes: list[tuple[int, int, str]] = []
        self._frame_count = 0
        self._frame = 0
        self._other: CurveSet | None = None
        self._other_name = ""
        self._range: tuple[int, int] | None = None
        self._grabbed = ""
        self._anchor = 0
        self._panned = 0.0, 0.0, 1.0  # pixel that was grabbed, and the view then
        self._nothing = "Evidence and scores of each frame appear here"
        self._chosen: set[str] = set()  # switches that the user has pressed
        self.plots = TimelinePlots()
        self.shares, self.sums = self.plots.shares, self.plots.sums
        self._view = self.plots.view
        self._view.viewport().installEventFilter(self)
        self._view.viewport().setMouseTracking(True)
        self.shares.vb.sigResized.connect(self.span_changed)
        self.readout = ReadoutLine()
        self.switches = {key: self._switch(key) for key in KEYS}
        self._lay_out()
        self._name_switches()
        self.clear()
        self.setMinimumHeight(150)

    @property
    def damage(self) -> list[object]:
        """The ranges hatched as damaged."""
        return list(self.plots.damage)

    def set_video(self, frame_count: int) -> None:
        """Span the axis over a video and drop the curves."""
        self._flow = None
        self.plots.set_flow(0, np.zeros(0))
        self._name_switches()
        self.set_frame_count(frame_count)
        self.set_damage(())
        self.set_notes(())
        self.clear()

    def set_frame_count(self, frame_count: int) -> None:
        """Span the axis over more frames of the same video."""
        self._frame_count = frame_count
        self.plots.set_span(frame_count)

    def set_times(self, times_s: Float64Array) -> None:
        """Set the time of each frame in seconds, float64 (N,), for the axis above."""
        self.plots.times.show_times(times_s)

    def span(self) -> tuple[int, int]:
        """Return where the first and the last frame are while all are shown, as global pixels."""
        box = self.shares.vb.sceneBoundingRect()
        ends = (self._view.mapFromScene(point) for point in (box.topLeft(), box.topRight()))
        left, right = (self._view.viewport().mapToGlobal(point).x() for point in ends)
        return left, right

    def set_damage(self, ranges: Sequence[tuple[int, int]]) -> None:
        """Hatch ranges of frames, each the first and the one after the last, as damaged."""
        self.plots.set_damage(ranges)

    def set_range(self, frames: tuple[int, int] | None) -> None:
        """Show the chosen range."""
        self._range = frames
        self.plots.set_range(frames)

    def set_notes(self, notes: Sequence[tuple[int, int, str]]) -> None:
        """Flag notes: first frame, the one after the last, text."""
        self._notes = list(notes)
        self.plots.set_notes([first for first, _, _ in notes])
        self._read_out(self._frame)

    def set_bouts(self, bouts: Sequence[Bout]) -> None:
        """Show bouts as lanes below the curves."""
        self.plots.set_bouts(bouts)
        self._read_out(self._frame)

    def set_flow(self, start: int, energy: Float64Array) -> None:
        """Show how much moves, float64 (n,), in shares of the picture's side a frame."""
        self._flow = start, energy
        self.plots.set_flow(start, energy)
        self._name_switches()
        self._read_out(self._frame)

    def set_other(self, curves: CurveSet | None) -> None:
        """Show the curves of another analysis, dashed."""
        self._other = curves
        self.plots.set_other(curves)
        self._read_out(self._frame)

    def name_other(self, name: str) -> None:
        """Call the other analysis by this name."""
        self._other_name = name

    def clear(self) -> None:
        """Drop the curves."""
        self._curves = None
        self.plots.clear()
        self.readout.show_text(self._nothing)

    def set_curves(self, curves: CurveSet) -> None:
        """Show curves, which may still grow."""
        self._curves = curves
        self._switch_as_usual(USUAL if curves.evidence is not None else WITHOUT_EVIDENCE)
        self.plots.set_curves(curves)
        self.set_frame(self._frame)

    def set_frame(self, frame: int) -> None:
        """Move the playhead. A zoomed view follows by pages."""
        self._frame = frame
        self.plots.set_cursor(frame)
        left, right = self.shares.viewRange()[0]
        if not left <= frame <= right:
            width = right - left
            begin = min(max(frame - 0.1 * width, 0), max(self._frame_count - 1 - width, 0))
            self.shares.setXRange(begin, begin + width, padding=0)
        self._read_out(frame)

    def peak_frame(self, frame: int, direction: int) -> int | None:
        """Return the frame of the next (1) or previous (-1) motion peak, or None."""
        peaks = () if self._curves is None else self._curves.peaks
        peak = next_peak(peaks, frame) if direction > 0 else previous_peak(peaks, frame)
        return None if peak is None else peak.frame

    def _lay_out(self) -> None:
        row = QWidget()
        lines = FlowLayout(_SWITCH_PX, 2, row)
        for switch in self.switches.values():
            lines.addWidget(switch)
        layout = vbox(self, row, self.readout, self._view, margins=(8, 4, 8, 2), spacing=2)
        layout.setStretchFactor(self._view, 1)

    def _switch(self, key: str) -> QToolButton:
        switch = QToolButton()
        switch.setObjectName("switch")
        switch.setCheckable(True)
        switch.setChecked(self.plots.shows(key))
        switch.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        switch.setToolTip(_TOOLTIPS.get(key, ""))
        switch.clicked.connect(partial(self._chosen.add, key))
        switch.toggled.connect(partial(self._on_switch_toggled, key))
        return switch

    def _switch_as_usual(self, shown: frozenset[str]) -> None:
        """Show what is usual where the user has not chosen otherwise."""
        for key in (USUAL | WITHOUT_EVIDENCE) - self._chosen:
            self.switches[key].setChecked(key in shown)

    def _name_switches(self) -> None:
        names = {
            "evidence": "motion share",
            "bits": "bits",
            "order": "order",
            "share": "changing share",
            "score": "score",
            "top": "classes",
            "flow": "motion in the video" if self._flow else "motion: measure",
            "parts": "sums",
            "peaks": "peaks",
        }
        for key, switch in self.switches.items():
            switch.setText(("● " if switch.isChecked() else "○ ") + names[key])
            switch.setStyleSheet(f"color: {colour_of(key)}")

    def _on_switch_toggled(self, key: str, shown: bool) -> None:
        self.plots.switch(key, shown)
        if key == "flow" and self._flow is None:
            self.flow_wanted.emit()
        self._name_switches()
        self._read_out(self._frame)

    def _read_out(self, frame: int) -> None:
        notes = [text for first, stop, text in self._notes if first <= frame < stop]
        notes += self.plots.lanes.texts_at(frame)
        other = None if self._other is None else (self._other_name, self._other)
        shown = {key for key in KEYS if self.plots.shows(key)}
        text = readout(frame, self._curves, self._flow, notes, other, shown)
        self.readout.show_text(text or self._nothing)

    def _frame_at(self, x_px: float) -> int:
        point = self._view.mapToScene(round(x_px), 0)
        x = self.shares.vb.mapSceneToView(point).x()
        return max(0, min(round(float(x)), self._frame_count - 1))

    def _x_of(self, frame: float) -> float:
        point = self.shares.vb.mapViewToScene(self.shares.vb.viewRect().center())
        point.setX(self.shares.vb.mapViewToScene(type(point)(frame, 0)).x())
        return float(self._view.mapFromScene(point).x())

    def _press(self, event: QMouseEvent) -> None:
        x = event.position().x()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._grabbed, self._panned = "pan", (x, *self.shares.viewRange()[0])
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._grabbed, self._anchor = "range", self._frame_at(x)
        elif self._range is not None and abs(x - self._x_of(self._range[0] - 0.5)) <= _GRAB_PX:
            self._grabbed, self._anchor = "range", self._range[1] - 1
        elif self._range is not None and abs(x - self._x_of(self._range[1] - 0.5)) <= _GRAB_PX:
            self._grabbed, self._anchor = "range", self._range[0]
        else:
            self._grabbed = "seek"
        self._drag(x)

    def _drag(self, x: float) -> None:
        frame = self._frame_at(x)
        if self._grabbed == "seek":
            self.frame_requested.emit(frame)
        elif self._grabbed == "range":
            first, last = sorted((self._anchor, frame))
            self.range_changed.emit((first, last + 1))
        elif self._grabbed == "pan":
            grabbed, left, right = self._panned
            by = (grabbed - x) * (right - left) / self.shares.vb.width()
            self.shares.setXRange(left + by, right + by, padding=0)

    def _hover(self, x: float) -> None:
        frame = self._frame_at(x)
        self.plots.set_hair(frame)
        self._read_out(frame)

    def _zoom(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        left, right = self.shares.viewRange()[0]
        if turned.x() or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            by = -(turned.x() or turned.y()) / _NOTCH * 0.1 * (right - left)
        else:
            factor = _ZOOM_A_NOTCH ** (-turned.y() / _NOTCH)
            fixed = self._frame_at(event.position().x())
            left, right, by = (
                fixed - (fixed - left) * factor,
                fixed + (right - fixed) * factor,
                0.0,
            )
        self.shares.setXRange(left + by, right + by, padding=0)

    def _on_viewport_mouse(self, event: QMouseEvent) -> None:
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress:
            self._press(event)
        elif kind == QEvent.Type.MouseButtonDblClick:
            self.plots.set_span(self._frame_count)
        elif kind == QEvent.Type.MouseButtonRelease:
            self._grabbed = ""
        elif self._grabbed:
            self._drag(event.position().x())
        else:
            self._hover(event.position().x())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Turn what the mouse does on the plots into seeks, ranges, zoom and readouts."""
        if isinstance(event, QMouseEvent) and self._frame_count:
            self._on_viewport_mouse(event)
            return True
        if isinstance(event, QWheelEvent) and self._frame_count:
            self._zoom(event)
            return True
        if event.type() == QEvent.Type.Resize:
            self.plots.fit_lanes()
        if event.type() == QEvent.Type.Leave:
            self.plots.set_hair(None)
            self._read_out(self._frame)
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        """Draw in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "switches"):
            self.plots.restyle()
            self._name_switches()
            self._read_out(self._frame)  # its words have the colours of the curves

"""Transport under the panes: slider with range, buttons, speed and playhead."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QPoint, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QStyle,
    QToolButton,
    QWidget,
)

from engine.types import Float64Array
from gui.state.view_state import LOOPS, PACES, SPEEDS, Loop, ViewState
from gui.theme import theme
from gui.theme.icons import SIDE_PX, icon
from gui.widgets.form_widgets import vbox
from gui.widgets.number_edits import WholeNumberEdit
from gui.widgets.plain_text import PlainLabel
from gui.widgets.time_entry import TimeEntry, clock

_FAR = 2**30
_FALLS_SHORT = 0.9
_HANDLE_PX = 14
_LEAST_PX = 100  # of a slider
_MARGINS = 8, 2, 8, 4
_ROOMY_PX = 830  # from here on everything has room
_LOOP_NAMES: dict[Loop, str] = {"off": "off", "loop": "repeat", "ping-pong": "ping-pong"}


class RangeSlider(QSlider):
    """A slider that jumps to where it is pressed, and shows a range of its values."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.shown_range: tuple[int, int] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName("Playhead")

    def show_range(self, frames: tuple[int, int] | None) -> None:
        """Show a range: the first frame, and the one after the last."""
        if frames != self.shown_range:
            self.shown_range = frames
            self.update()

    def _x(self, value: float) -> float:
        room = self.width() - _HANDLE_PX
        return _HANDLE_PX / 2 + room * value / max(self.maximum(), 1)

    def _value(self, event: QMouseEvent) -> int:
        left = round(event.position().x()) - _HANDLE_PX // 2
        room = self.width() - _HANDLE_PX
        return QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), left, room)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the range behind the slider."""
        if self.shown_range is not None:
            painter = QPainter(self)
            first, stop = self.shown_range
            colour = QColor(theme.colours().accent)
            colour.setAlpha(90)
            left, right = self._x(first), self._x(max(stop - 1, first))
            height = 14.0
            top = (self.height() - height) / 2
            painter.fillRect(QRectF(left - 1, top, right - left + 2, height), colour)
            painter.end()
        super().paintEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go where it was pressed."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self.setValue(self._value(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer."""
        if self.isSliderDown():
            self.setValue(self._value(event))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self.setSliderDown(False)


class Transport(QWidget):
    """Slider, buttons, frame number, time, speed.

    Signals
    -------
    frame_requested(frame) : int
    stepped(frames) : int
    play_toggled()
    range_changed(frames) : (int, int) or None
    loop_changed(loop), pace_changed(pace) : str
    speed_changed(speed) : float
    resized()
    """

    frame_requested = Signal(int)
    stepped = Signal(int)
    play_toggled = Signal()
    range_changed = Signal(object)
    loop_changed = Signal(str)
    pace_changed = Signal(str)
    speed_changed = Signal(float)
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = ViewState()
        self._icons: dict[QToolButton, str] = {}
        self._make_buttons()
        self._make_fields()
        self._lay_out()
        self._connect()
        self._show_icons()
        self.setEnabled(False)

    def show_state(self, state: ViewState, times_s: Float64Array) -> None:
        """Show where the playhead is, without telling anyone that it moved."""
        self._state = state
        last = max(state.frame_count - 1, 0)
        for part in (self.slider, self.number):
            part.blockSignals(True)
            part.setRange(0, last)
            part.setValue(state.frame)
            part.blockSignals(False)
        self.slider.show_range(state.range)
        self.setEnabled(state.frame_count > 0)
        self.clear.setEnabled(state.range is not None)
        self._set_icon(self.play, "pause" if state.playing else "play")
        self._set_icon(self.loop, state.loop)
        self.loop.setToolTip(f"Loop: {_LOOP_NAMES[state.loop]} (Ctrl+L)")
        self._show_choices(state)
        if not state.playing:
            self.rate.setText("")
        if state.frame_count:
            self.entry.show_place(state.frame, times_s)
            self.time.setText(clock(times_s[state.frame]))
            self.whole.setText(f"/ {clock(times_s[-1])}")

    def show_rate(self, shown: float, expected: float) -> None:
        """Show the frames a second really shown, beside those of the video at this speed."""
        self.rate.setText(f"{shown:.1f} of {expected:.3g} fps")
        short = shown < _FALLS_SHORT * expected
        self.rate.setObjectName("short" if short else "faint")
        self.rate.style().polish(self.rate)

    def align(self, first_px: int, last_px: int) -> None:
        """Let the first and the last frame of the slider be at these global pixels, across.

        It is as wide as there is room where they are not above one another.
        """
        left, right = (self.mapFromGlobal(QPoint(x, 0)).x() for x in (first_px, last_px))
        half, margin = _HANDLE_PX // 2, _MARGINS[0]
        fits = margin + half <= left < right - _LEAST_PX and right <= self.width() - margin
        space = (left - half - margin, max(self.width() - margin - right - half, 0))
        before, after = space if fits else (0, 0)
        self._ahead.setContentsMargins(before, 0, after, 0)

    def set_in(self) -> None:
        """Let the range begin at the playhead."""
        frame, chosen = self._state.frame, self._state.range
        stop = chosen[1] if chosen and chosen[1] > frame else self._state.frame_count
        self.range_changed.emit((frame, stop))

    def set_out(self) -> None:
        """Let the range end with the frame at the playhead."""
        frame, chosen = self._state.frame, self._state.range
        first = chosen[0] if chosen and chosen[0] <= frame else 0
        self.range_changed.emit((first, frame + 1))

    def _make_buttons(self) -> None:
        self.first = self._button("first", "First frame (Home)")
        self.back = self._button("back", "Previous frame (Left)")
        self.play = self._button("play", "Play or pause (Space)")
        self.forward = self._button("forward", "Next frame (Right)")
        self.last = self._button("last", "Last frame (End)")
        self.mark_in = self._button("in", "Set in point (I)")
        self.mark_out = self._button("out", "Set out point (O)")
        self.clear = self._button("clear", "Clear range (U)")
        self.loop = self._button("loop", "")

    def _make_fields(self) -> None:
        self.slider = RangeSlider()
        self.number = WholeNumberEdit()
        self.number.setKeyboardTracking(False)
        self.number.setToolTip("Frame number")
        self.number.setAccessibleName("Frame number")
        self.number.setButtonSymbols(WholeNumberEdit.ButtonSymbols.NoButtons)
        self.number.setFixedWidth(72)
        self.entry = TimeEntry()
        self.entry.setFixedWidth(104)
        self.time, self.whole = PlainLabel("0:00.000"), PlainLabel("/ 0:00.000")
        self.speed = QComboBox()
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}x", speed)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.speed.setToolTip("Speed ([ slower, ] faster)")
        self.speed.setAccessibleName("Speed")
        self.pace = QComboBox()
        self.pace.addItems([pace for pace in PACES])
        self.pace.setToolTip("Keep time and skip frames, or show every frame")
        self.pace.setAccessibleName("Pace")
        self.rate = PlainLabel()
        self.rate.setObjectName("faint")
        ignored = QSizePolicy.Policy.Ignored  # it comes with playing, which must not move the docks
        self.rate.setSizePolicy(ignored, QSizePolicy.Policy.Preferred)

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        for button in (self.first, self.back, self.play, self.forward, self.last):
            row.addWidget(button)
        row.addSpacing(8)
        for button in (self.mark_in, self.mark_out, self.clear, self.loop):
            row.addWidget(button)
        row.addSpacing(8)
        for choice in (self.speed, self.pace):
            row.addWidget(choice)
        row.addSpacing(2)
        row.addWidget(self.rate, 1)
        for field in (self.time, self.whole, self.number, self.entry):
            row.addWidget(field)
            row.addSpacing(4)
        self._ahead = QHBoxLayout()
        self._ahead.setContentsMargins(0, 0, 0, 0)
        self._ahead.addWidget(self.slider)
        vbox(self, self._ahead, row, margins=_MARGINS, spacing=2)

    def _connect(self) -> None:
        self.play.clicked.connect(self.play_toggled)
        steps = ((self.first, -_FAR), (self.back, -1), (self.forward, 1), (self.last, _FAR))
        for button, frames in steps:
            button.clicked.connect(partial(self._step, frames))
        self.mark_in.clicked.connect(self.set_in)
        self.mark_out.clicked.connect(self.set_out)
        self.clear.clicked.connect(self._on_clear_clicked)
        self.loop.clicked.connect(self._on_loop_clicked)
        self.slider.valueChanged.connect(self.frame_requested)
        self.number.valueChanged.connect(self.frame_requested)
        self.entry.frame_requested.connect(self.frame_requested)
        self.speed.activated.connect(self._on_speed_activated)
        self.pace.activated.connect(self._on_pace_activated)

    def _show_choices(self, state: ViewState) -> None:
        speed, pace = self.speed.findData(state.speed), PACES.index(state.pace)
        for combo, row in ((self.speed, speed), (self.pace, pace)):
            if combo.currentIndex() != row:
                combo.setCurrentIndex(row)

    def _button(self, name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setIconSize(QSize(SIDE_PX, SIDE_PX))
        button.setFixedSize(32, 28)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._icons[button] = name
        return button

    def _set_icon(self, button: QToolButton, name: str) -> None:
        if self._icons[button] != name:
            self._icons[button] = name
            button.setIcon(icon(name))

    def _show_icons(self) -> None:
        for button, name in self._icons.items():
            button.setIcon(icon(name))

    def _step(self, frames: int, checked: bool = False) -> None:
        self.stepped.emit(frames)

    @Slot()
    def _on_clear_clicked(self) -> None:
        self.range_changed.emit(None)

    @Slot()
    def _on_loop_clicked(self) -> None:
        following = (LOOPS.index(self._state.loop) + 1) % len(LOOPS)
        self.loop_changed.emit(LOOPS[following])

    @Slot(int)
    def _on_speed_activated(self, row: int) -> None:
        self.speed_changed.emit(SPEEDS[row])

    @Slot(int)
    def _on_pace_activated(self, row: int) -> None:
        self.pace_changed.emit(PACES[row])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what is elsewhere too, where there is little room."""
        super().resizeEvent(event)
        is_narrow = self.width() < _ROOMY_PX
        self.pace.setHidden(is_narrow)
        self.whole.setHidden(is_narrow)
        self.resized.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Draw the pictures in the colours of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "loop"):
            self._show_icons()

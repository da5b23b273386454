"""Play, step, seek, typed frame number; and the clock behind playback."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QSpinBox, QWidget

from engine.types import Float64Array
from gui.state import ViewState


class Playback(QObject):
    """Advances the playhead in real time while playing; a QTimer in the GUI thread.

    Signals
    -------
    frame_due(frame) : int
        Playback has reached this frame; skipped frames are not told.
    """

    frame_due = Signal(int)
    _TICK_MS = 8

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(self._TICK_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        self._times_s: Float64Array = np.zeros(0)
        self._started_s = 0.0
        self._from_s = 0.0
        self._last = -1

    def set_video(self, times_s: Float64Array) -> None:
        """Play a video with these frame times, float64 (N,) in seconds."""
        self.stop()
        self.set_times(times_s)

    def set_times(self, times_s: Float64Array) -> None:
        """Take over more times of the same video, while it plays or not."""
        self._times_s = times_s

    def start(self, frame: int) -> None:
        """Play on from a frame; from the start if it is the last."""
        if len(self._times_s) < 2:
            return
        first = 0 if frame >= len(self._times_s) - 1 else frame
        self._from_s, self._last = float(self._times_s[first]), first
        self._started_s = time.monotonic()
        self._timer.start()
        self.frame_due.emit(first)

    def stop(self) -> None:
        """Stop playing."""
        self._timer.stop()

    @Slot()
    def _on_timer_timeout(self) -> None:
        now_s = self._from_s + time.monotonic() - self._started_s
        frame = int(np.searchsorted(self._times_s, now_s, side="right")) - 1
        last_gap = float(self._times_s[-1] - self._times_s[-2])
        if now_s >= self._times_s[-1] + last_gap:
            self.start(0)
        elif frame > self._last:
            self._last = frame
            self.frame_due.emit(frame)


class Transport(QWidget):
    """Buttons, slider and frame number.

    Signals
    -------
    frame_requested(frame) : int
    stepped(frames) : int
    play_toggled()
    """

    frame_requested = Signal(int)
    stepped = Signal(int)
    play_toggled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.play = self._button("▶", "Play or pause (Space)")
        self.back = self._button("◀", "One frame back (Left)")
        self.forward = self._button("▶|", "One frame on (Right)")
        self.back.setText("|◀")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.number = QSpinBox()
        self.number.setKeyboardTracking(False)
        self.number.setToolTip("Frame number; type one to go there")
        self.number.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)
        self.number.setFixedWidth(72)
        self.time = QLabel("0:00.000")
        self.time.setMinimumWidth(150)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 2, 8, 2)
        layout.setSpacing(8)
        parts = (self.back, self.play, self.forward, self.slider, QLabel("Frame"), self.number)
        for part in (*parts, self.time):
            layout.addWidget(part, 1 if part is self.slider else 0)
        self.play.clicked.connect(self.play_toggled)
        self.back.clicked.connect(self._on_back_clicked)
        self.forward.clicked.connect(self._on_forward_clicked)
        self.slider.valueChanged.connect(self.frame_requested)
        self.number.valueChanged.connect(self.frame_requested)
        self.setEnabled(False)

    def show_state(self, state: ViewState, times_s: Float64Array) -> None:
        """Show where the playhead is, without telling anyone that it moved."""
        last = max(state.frame_count - 1, 0)
        for part in (self.slider, self.number):
            part.blockSignals(True)
            part.setRange(0, last)
            part.setValue(state.frame)
            part.blockSignals(False)
        self.setEnabled(state.frame_count > 0)
        self.play.setText("❚❚" if state.playing else "▶")
        if state.frame_count:
            self.time.setText(f"{_clock(times_s[state.frame])} / {_clock(times_s[-1])}")

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)
        button.setFixedWidth(48)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        return button

    @Slot()
    def _on_back_clicked(self) -> None:
        self.stepped.emit(-1)

    @Slot()
    def _on_forward_clicked(self) -> None:
        self.stepped.emit(1)


def _clock(time_s: float) -> str:
    milliseconds = round(float(time_s) * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes}:{rest // 1000:02d}.{rest % 1000:03d}"

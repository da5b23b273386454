"""A line that takes a frame number or a time, and tells which frame is meant."""

from __future__ import annotations

import re

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QLineEdit, QWidget

from engine.types import Float64Array

_FRAME = re.compile(r"f?(\d+)")
_STEP = re.compile(r"[+-]\d+")
_CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d*)?)s?")


def parse_place(text: str, frame: int, times_s: Float64Array) -> int:
    """Frame that a text means: "81", "f81", "+10", "-10", "62.5s", "1:02.5", "0:01:02.500".

    Parameters
    ----------
    text : str
    frame : int
        The playhead, for steps.
    times_s : float64 array, (N,)
        Time of each frame from the start of the file, in seconds. A time means the frame that
        is on the screen then.

    Raises
    ------
    ValueError
        If it is none of these, or lies outside the video; the text says which.
    """
    text = text.strip().replace(" ", "")
    last = len(times_s) - 1
    place = _frame_of(text, frame)
    if place is None:
        place = _frame_at(text, times_s)
    if not 0 <= place <= last:
        raise ValueError(f"The video has the frames 0 to {last}.")
    return place


def clock(time_s: float) -> str:
    """Format a time as "1:02.500", with hours if any."""
    milliseconds = round(float(time_s) * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest // 1000:02d}.{rest % 1000:03d}"
    return f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}"


def _frame_of(text: str, frame: int) -> int | None:
    if _STEP.fullmatch(text):
        return frame + int(text)
    match = _FRAME.fullmatch(text)
    return int(match[1]) if match else None


def _frame_at(text: str, times_s: Float64Array) -> int:
    match = _CLOCK.fullmatch(text)
    if not match or not text:
        raise ValueError("Type a frame (81), a step (+10) or a time (1:02.5 or 62.5s).")
    hours, minutes, seconds = (float((part or "0").replace(",", ".")) for part in match.groups())
    wanted_s = hours * 3600 + minutes * 60 + seconds
    if wanted_s > times_s[-1] + 1:
        raise ValueError(f"The video ends at {clock(times_s[-1])}.")
    # half a millisecond of grace: times are shown rounded to whole ones
    return max(int(np.searchsorted(times_s, wanted_s + 0.0005, side="right")) - 1, 0)


class TimeEntry(QLineEdit):
    """Takes a place in the video.

    Signals
    -------
    frame_requested(frame) : int
    """

    frame_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._frame = 0
        self._times_s: Float64Array = np.zeros(0)
        self._tip = "Go to a frame (81), a step (+10) or a time (1:02.5, 62.5s)"
        self.setToolTip(self._tip)
        self.setPlaceholderText("frame or time")
        self.setAccessibleName("Go to a frame or a time")
        self.returnPressed.connect(self._on_return_pressed)
        self.textChanged.connect(self._on_text_changed)

    def show_place(self, frame: int, times_s: Float64Array) -> None:
        """Count steps from this frame of a video with these times."""
        self._frame, self._times_s = frame, times_s

    @Slot()
    def _on_return_pressed(self) -> None:
        if not self.text():
            return
        try:
            frame = parse_place(self.text(), self._frame, self._times_s)
        except ValueError as error:
            self._show_wrong(str(error))
            return
        self.clear()
        self.frame_requested.emit(frame)

    @Slot()
    def _on_text_changed(self) -> None:
        self._show_wrong("")

    def _show_wrong(self, reason: str) -> None:
        self.setProperty("wrong", bool(reason))
        self.setToolTip(reason or self._tip)
        self.style().polish(self)

"""The clock of playback: the frame due at any speed, direction and loop."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot

from engine.types import Float64Array
from gui.state.view_state import Loop, Pace

_TICK_MS = 4
_TELL_S = 0.5
_RATE_OVER_S = 1.0


class Playback(QObject):
    """Advances the playhead while playing, by a QTimer in the GUI thread.

    Parameters
    ----------
    clock : callable
        Seconds, ever growing.

    Signals
    -------
    frame_due(frame) : int
        Playback has reached this frame; skipped frames are not told.
    ended()
        The end of the range was reached, and nothing loops.
    rate_measured(rate) : float
        Frames a second that were really shown over the last second.
    """

    frame_due = Signal(int)
    ended = Signal()
    rate_measured = Signal(float)

    def __init__(
        self, parent: QObject | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(parent)
        self._clock = clock
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.advance)
        self._times_s: Float64Array = np.zeros(0)
        self._speed, self._pace, self._loop = 1.0, "real time", "loop"
        self._range: tuple[int, int] | None = None
        self._direction = 1
        self._frame, self._shown = 0, -1
        self._due_s = 0.0  # on the clock: when the frame told last was due
        self._shown_at: deque[float] = deque()
        self._told_s = 0.0

    @property
    def playing(self) -> bool:
        """True while the clock runs."""
        return self._timer.isActive()

    def set_video(self, times_s: Float64Array) -> None:
        """Play a video with these frame times, float64 (N,) in seconds."""
        self.stop()
        self._range = None
        self.set_times(times_s)

    def set_times(self, times_s: Float64Array) -> None:
        """Take over more times of the same video, while it plays or not."""
        self._times_s = times_s

    def set_pace(
        self, speed: float, pace: Pace, loop: Loop, frames: tuple[int, int] | None
    ) -> None:
        """Set speed, pace, loop and range as in `ViewState`."""
        if speed != self._speed:
            self._due_s = self._clock()
        self._speed, self._pace, self._loop, self._range = speed, pace, loop, frames

    def start(self, frame: int, direction: int = 1) -> None:
        """Play forward (1) or backward (-1) from a frame, or from the other end."""
        first, last = self._ends()
        if last <= first:
            return
        self._direction = direction
        end, begin = (last, first) if direction > 0 else (first, last)
        self._frame = begin if frame == end or not first <= frame <= last else frame
        self._due_s = self._clock()
        self._shown = -1
        self._shown_at.clear()
        self._told_s = self._due_s
        self._timer.start()
        self.frame_due.emit(self._frame)

    def stop(self) -> None:
        """Stop playing."""
        self._timer.stop()

    def frame_shown(self, frame: int) -> None:
        """Note that a frame is on the screen."""
        self._shown = frame
        now_s = self._clock()
        self._shown_at.append(now_s)
        while now_s - self._shown_at[0] > _RATE_OVER_S:
            self._shown_at.popleft()

    @Slot()
    def advance(self) -> None:
        """Emit the frame that is due by now, if it has changed."""
        self._tell_rate()
        if self._pace == "every frame":
            if self._shown == self._frame and self._left_s() <= 0:
                self._step(late=True)
            return
        before = self._frame
        while self._timer.isActive() and self._left_s() <= 0:
            self._step(late=False)
        if self._timer.isActive() and self._frame != before:
            self.frame_due.emit(self._frame)

    def _step(self, *, late: bool) -> None:
        """Move to the next frame. A late frame counts from when it is emitted."""
        due_s = self._due_s + self._gap_s(self._frame)
        following = self._following()
        if following is None:
            self.stop()
            self.ended.emit()
            return
        self._frame = following
        self._due_s = max(due_s, self._clock()) if late else due_s
        if late:
            self.frame_due.emit(following)

    def _following(self) -> int | None:
        first, last = self._ends()
        following = self._frame + self._direction
        if first <= following <= last:
            return following
        if self._loop == "loop":
            return first if self._direction > 0 else last
        if self._loop == "ping-pong":
            self._direction = -self._direction
            return min(max(self._frame + self._direction, first), last)
        return None

    def _ends(self) -> tuple[int, int]:
        count = len(self._times_s)
        first, stop = self._range or (0, count)
        return max(first, 0), min(stop, count) - 1

    def _left_s(self) -> float:
        return self._due_s + self._gap_s(self._frame) - self._clock()

    def _gap_s(self, frame: int) -> float:
        """Return the duration of a frame in seconds of the clock."""
        count = len(self._times_s)
        later = frame + 1 if self._direction > 0 else frame
        later = min(max(later, 1), count - 1)
        gap_s = float(self._times_s[later] - self._times_s[later - 1])
        return max(gap_s, 1e-4) / self._speed

    def _tell_rate(self) -> None:
        now_s = self._clock()
        if now_s - self._told_s < _TELL_S or len(self._shown_at) < 2:
            return
        self._told_s = now_s
        span_s = self._shown_at[-1] - self._shown_at[0]
        if span_s > 0:
            self.rate_measured.emit((len(self._shown_at) - 1) / span_s)

"""A throttle: passes numbers on no more often than eyes can follow, the newest always."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal, Slot


class Throttle(QObject):
    """Passes numbers on at once after a pause, and otherwise at most every so often.

    Parameters
    ----------
    interval_ms : int
        Least time between two.

    Signals
    -------
    passed(number) : int
    """

    passed = Signal(int)

    def __init__(self, interval_ms: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._newest = 0
        self._passed_s = float("-inf")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(interval_ms)
        self._timer.timeout.connect(self._pass)

    @Slot(int)
    def take(self, number: int) -> None:
        """Pass a number on, now or soon."""
        self._newest = number
        if self._timer.isActive():
            return
        if time.monotonic() - self._passed_s >= self._timer.interval() / 1000:
            self._pass()
        else:
            self._timer.start()

    def stop(self) -> None:
        """Pass on nothing more."""
        self._timer.stop()

    @Slot()
    def _pass(self) -> None:
        self._passed_s = time.monotonic()
        self.passed.emit(self._newest)

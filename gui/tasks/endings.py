"""The end of threads: none is waited for beyond one limit, whatever it is stuck in."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QThread

log = logging.getLogger(__name__)

STOP_S = 20.0
"""Seconds that one thread is waited for, where it is not the window that closes."""
CLOSE_S = 2.0
"""Seconds that all threads of a window are waited for together when it closes."""


class Endings:
    """Waits for threads, and keeps those that do not end.

    Attributes
    ----------
    left : list of (QThread, QObject)
        Threads that did not end, with their workers. Qt aborts the program if one of them is
        destroyed while it runs, so that they are kept until the process ends.
    """

    def __init__(self) -> None:
        self.left: list[tuple[QThread, QObject]] = []
        self._deadline: float | None = None

    @property
    def stuck(self) -> bool:
        """True if a thread that was left still runs."""
        return any(thread.isRunning() for thread, _ in self.left)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Wait for all threads together no longer than some seconds."""
        before, self._deadline = self._deadline, time.monotonic() + seconds
        try:
            yield
        finally:
            self._deadline = before

    def wait(self, thread: QThread, worker: QObject) -> None:
        """Wait for a thread that was asked to end, and leave it if it does not."""
        left_s = STOP_S
        if self._deadline is not None:
            left_s = max(self._deadline - time.monotonic(), 0.0)
        if not thread.wait(round(left_s * 1000)):
            log.error("thread %s did not end", thread.objectName())
            self.leave(thread, worker)

    def leave(self, thread: QThread, worker: QObject) -> None:
        """Keep a thread that is stuck, and end it should it ever come back."""
        thread.quit()
        self.left.append((thread, worker))


endings = Endings()
"""Those of this process."""

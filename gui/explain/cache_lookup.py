"""Finds out whether what the panel says is explained already, as it changes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

from engine.types import Request
from gui.explain.controller import ExplainController
from gui.tasks.jobs import JobRunner

_SETTLED_MS = 150


class CacheLookup(QObject):
    """Asks the cache once the settings have settled, in a thread of its own.

    Parameters
    ----------
    is_cached : callable
        Request -> whether its analysis is kept.
    explain : ExplainController
        Its panel is told.
    """

    def __init__(
        self,
        is_cached: Callable[[Request], bool],
        explain: ExplainController,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._is_cached, self._explain = is_cached, explain
        self._runner = JobRunner("look into the cache", self, low_priority=True)
        self._runner.finished.connect(self._on_runner_finished)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLED_MS)
        self._timer.timeout.connect(self._on_timer_timeout)
        explain.panel.changed.connect(self.start)

    @Slot()
    def start(self) -> None:
        """Look, soon, whether what would be explained is there."""
        self._runner.cancel()
        self._timer.start()

    def close(self) -> None:
        """End the thread."""
        self._timer.stop()
        self._runner.close()

    @Slot()
    def _on_timer_timeout(self) -> None:
        request, ask = self._explain.wish(), self._is_cached
        if request is not None:
            self._runner.submit(lambda report, check: ask(request))

    @Slot(object)
    def _on_runner_finished(self, is_cached: bool) -> None:
        if is_cached and not self._timer.isActive():
            self._explain.panel.show_cached()

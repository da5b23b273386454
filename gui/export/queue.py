"""Exports in the background, one after the other, while work in the window goes on."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from engine.cancel import Check
from engine.store import Analysis
from engine.types import Report
from gui.backend import ExportBackend
from gui.state.analysis_refs import AnalysisRefs
from gui.state.export_request import ExportRequest
from gui.tasks.jobs import Failure, JobRunner

_Item = tuple[Analysis, ExportRequest]


class ExportQueue(QObject):
    """Writes one request at a time, in order.

    Parameters
    ----------
    backend : ExportBackend
        What writes.
    analysis_refs : AnalysisRefs
        Keeps an analysis open until it is written, whatever the window shows by then.

    Signals
    -------
    progressed(progress), failed(failure), cancelled()
    written(path) : Path
        The file or folder is complete.
    busy_changed(busy) : bool
    length_changed(count) : int
        How many wait behind the one that is being written.
    """

    progressed = Signal(object)
    written = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    busy_changed = Signal(bool)
    length_changed = Signal(int)

    def __init__(
        self, backend: ExportBackend, analysis_refs: AnalysisRefs, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._backend, self._analysis_refs = backend, analysis_refs
        self._waiting: deque[_Item] = deque()
        self._running: Analysis | None = None
        self._runner = JobRunner("export", self)
        self._runner.progressed.connect(self.progressed)
        self._runner.finished.connect(self._on_runner_finished)
        self._runner.failed.connect(self._on_runner_failed)
        self._runner.cancelled.connect(self._on_runner_cancelled)

    @property
    def busy(self) -> bool:
        """True while an export is written."""
        return self._running is not None

    def add(self, analysis: Analysis | None, request: ExportRequest) -> None:
        """Write a request as soon as those before it are written."""
        if analysis is None or not analysis.complete:
            self.failed.emit(Failure("There is nothing to write yet.", "Explain the video first."))
            return
        self._waiting.append((self._analysis_refs.acquire(analysis), request))
        if self._running is None:
            self._start_next()
            self.busy_changed.emit(True)
        else:
            self.length_changed.emit(len(self._waiting))

    @Slot()
    def cancel(self) -> None:
        """Stop the export that is written, without a trace, and go on with the next."""
        self._runner.cancel()

    def close(self) -> None:
        """Stop, drop the waiting exports, and end the thread."""
        waiting = list(self._waiting)
        self._waiting.clear()
        for analysis, _ in waiting:
            self._analysis_refs.release(analysis)
        self._runner.close()
        self._let_go()

    def _start_next(self) -> None:
        self._running, request = self._waiting.popleft()
        analysis, write = self._running, self._backend.write
        request = replace(request, opened=self._analysis_refs.folders())

        def work(report: Report, check: Check) -> Path:
            return write(analysis, request, report, check)

        self._runner.submit(work)

    def _let_go(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            self._analysis_refs.release(running)

    def _go_on(self) -> None:
        self._let_go()
        if self._waiting:
            self._start_next()
            self.length_changed.emit(len(self._waiting))
        else:
            self.busy_changed.emit(False)

    @Slot(object)
    def _on_runner_finished(self, path: Path) -> None:
        self._go_on()
        self.written.emit(path)

    @Slot(object)
    def _on_runner_failed(self, failure: Failure) -> None:
        self._go_on()
        self.failed.emit(failure)

    @Slot()
    def _on_runner_cancelled(self) -> None:
        self._go_on()
        self.cancelled.emit()

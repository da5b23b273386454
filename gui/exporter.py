"""Export and saving in the background, while work in the window goes on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from engine.cancel import Check
from engine.render import HeatLook
from engine.store import Analysis
from engine.types import Preset, Progress
from gui.jobs import Failure, JobRunner, Report
from gui.state import ViewState

Export = Callable[[Analysis, Path, Preset, float, HeatLook, Report, Check], Path]


class Exporter(QObject):
    """Writes the analysis that the window shows, one file or folder at a time.

    Parameters
    ----------
    export : callable
        (analysis, path, preset, sigma, heat, report, check) -> Path; called in a thread.

    Signals
    -------
    progressed(progress), failed(failure), cancelled()
    written(path) : Path
        The file or folder is complete.
    busy_changed(busy) : bool
    """

    progressed = Signal(object)
    written = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    busy_changed = Signal(bool)

    def __init__(self, export: Export, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._export = export
        self._runner = JobRunner("export", self)
        self._runner.progressed.connect(self.progressed)
        self._runner.finished.connect(self._on_runner_finished)
        self._runner.failed.connect(self._on_runner_failed)
        self._runner.cancelled.connect(self._on_runner_cancelled)

    @property
    def busy(self) -> bool:
        """Whether something is being written."""
        return self._runner.busy

    def export_clip(self, analysis: Analysis | None, path: Path, state: ViewState) -> None:
        """Write the annotated clip as the view shows it."""

        def work(analysis: Analysis, report: Report, check: Check) -> Path:
            return self._export(
                analysis, path, state.preset, state.sigma, state.heat, report, check
            )

        self._start(analysis, work)

    def save(self, analysis: Analysis | None, folder: Path, state: ViewState) -> None:
        """Write the analysis as a folder."""

        def work(analysis: Analysis, report: Report, check: Check) -> Path:
            report(Progress("Saving the analysis"))
            analysis.save(folder, preset=state.preset, sigma=state.sigma, check=check)
            return folder

        self._start(analysis, work)

    @Slot()
    def cancel(self) -> None:
        """Stop what is being written; nothing of it is left."""
        self._runner.cancel()

    def close(self) -> None:
        """Stop, and end the thread."""
        self._runner.close()

    def _start(
        self, analysis: Analysis | None, work: Callable[[Analysis, Report, Check], Path]
    ) -> None:
        if analysis is None or not analysis.complete:
            self.failed.emit(Failure("There is nothing to write yet.", "Explain the video first."))
            return
        self._runner.submit(partial(work, analysis))
        self.busy_changed.emit(True)

    @Slot(object)
    def _on_runner_finished(self, path: Path) -> None:
        self.busy_changed.emit(False)
        self.written.emit(path)

    @Slot(object)
    def _on_runner_failed(self, failure: Failure) -> None:
        self.busy_changed.emit(False)
        self.failed.emit(failure)

    @Slot()
    def _on_runner_cancelled(self) -> None:
        self.busy_changed.emit(False)
        self.cancelled.emit()

"""Jobs beside an explanation: labels of the chosen model, agreement with optical flow."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from engine.store import Analysis
from engine.types import Preset, Progress
from gui.backend import Backend
from gui.tasks.jobs import MORE_PATIENCE_MS, JobRunner


class BackgroundJobs(QObject):
    """Loads class labels and measures agreement with optical flow, each in its own thread.

    Signals
    -------
    labels_loaded(labels) : tuple of str
    agreement_measured(flow) : FlowPrecision
    told(text) : str
        For the status line.
    failed(failure) : Failure
    """

    labels_loaded = Signal(object)
    agreement_measured = Signal(object)
    told = Signal(str)
    failed = Signal(object)

    def __init__(self, backend: Backend, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._backend = backend
        self.labels = JobRunner("labels", self, patience_ms=MORE_PATIENCE_MS)
        self.agreement = JobRunner("agreement with flow", self)
        self.labels.finished.connect(self.labels_loaded)
        self.labels.failed.connect(self.failed)
        self.agreement.progressed.connect(self._on_agreement_progressed)
        self.agreement.finished.connect(self.agreement_measured)
        self.agreement.failed.connect(self.failed)

    def load_labels(self, model: str, weights: Path | None) -> None:
        """Load the class labels of a model, then emit `labels_loaded` or `failed`."""
        load = self._backend.labels
        self.labels.submit(lambda report, check: load(model, weights, report, check))

    def measure_agreement(self, analysis: Analysis, preset: Preset, sigma: float) -> None:
        """Measure how far motion relevance agrees with optical flow."""
        run = self._backend.agreement
        self.agreement.submit(lambda report, check: run(analysis, preset, sigma, report, check))

    def close(self) -> None:
        """End the threads."""
        self.labels.close()
        self.agreement.close()

    @Slot(object)
    def _on_agreement_progressed(self, progress: Progress) -> None:
        self.told.emit(f"{progress.stage}: {progress.done} / {progress.total}")

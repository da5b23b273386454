"""The analysis of the open video: asked for, shown while it grows, separated at each sigma."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal, Slot

from engine.cancel import Check
from engine.diagnostics.reliability import Badge, reliability_badges
from engine.metrics import FlowPrecision
from engine.store import Analysis
from engine.types import Progress, Request
from gui.backend import Backend
from gui.state.analysis_refs import AnalysisRefs
from gui.state.curves import CurveSet, curves_of
from gui.state.view_model import ViewModel
from gui.state.view_state import ViewState
from gui.tasks.jobs import Failure, JobRunner, Report


@dataclass(frozen=True, slots=True, eq=False)
class Separated:
    """What is made anew for each preset and sigma, and as the analysis grows."""

    curves: CurveSet
    badges: tuple[Badge, ...]


class ExplainRuns(QObject):
    """Runs the engine and holds what it made.

    Parameters
    ----------
    services : Backend
        The engine.
    session : ViewModel
        Preset and sigma.
    holding : AnalysisRefs
        Keeps the analysis open.

    Attributes
    ----------
    request : Request or None
        What is being explained, or was to make the analysis that is shown.

    Signals
    -------
    started()
    shown(analysis) : Analysis or None
        Another analysis, which may still grow, is to be shown; or none.
    grew()
        There is more of it.
    progressed(progress), finished(analysis), failed(failure), cancelled()
        Of the run of the engine.
    curves_made(curves) : CurveSet
    """

    started = Signal()
    shown = Signal(object)
    grew = Signal()
    progressed = Signal(object)
    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    curves_made = Signal(object)
    curves_failed = Signal(object)

    def __init__(
        self,
        services: Backend,
        session: ViewModel,
        holding: AnalysisRefs,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.analysis: Analysis | None = None
        self.request: Request | None = None
        self.curves: CurveSet | None = None
        self.badges: tuple[Badge, ...] = ()
        self._flow: FlowPrecision | None = None
        self._services, self._session, self._holding = services, session, holding
        self.engine = JobRunner("engine", self, discard=_close, low_priority=True)
        self.refilter = JobRunner("curves", self)
        self.engine.progressed.connect(self._on_engine_progressed)
        self.engine.finished.connect(self._on_engine_finished)
        self.engine.failed.connect(self._on_engine_failed)
        self.engine.cancelled.connect(self._on_engine_cancelled)
        self.refilter.finished.connect(self._on_refilter_finished)
        self.refilter.failed.connect(self.curves_failed)
        session.changed.connect(self._on_session_changed)

    def start(self, request: Request) -> None:
        """Explain, in place of what runs."""
        run, self.request = self._services.explain, request
        self.engine.submit(lambda report, check: run(request, report, check))
        self.started.emit()

    @Slot()
    def cancel(self) -> None:
        """Stop; `cancelled` follows."""
        self.engine.cancel()

    def take(self, analysis: Analysis) -> None:
        """Show an analysis that was made before."""
        self.request = None
        self._show(analysis)

    def _show(self, analysis: Analysis) -> None:
        """Show an analysis, which may still grow."""
        if self.analysis is not analysis:
            self.drop()
            self.analysis = self._holding.hold(analysis)
            self._flow = None
            self.shown.emit(analysis)
        self.separate()

    def reset(self) -> None:
        """Stop, and show none."""
        self.cancel()
        self.request = None
        self.drop()

    def drop(self) -> None:
        """Show none."""
        analysis, self.analysis, self.curves = self.analysis, None, None
        if analysis is not None:
            self.shown.emit(None)
            self._holding.release(analysis)

    def separate(self) -> None:
        """Make the curves for preset and sigma as they are now."""
        analysis, state = self.analysis, self._session.state
        if analysis is None or not analysis.steps_written:
            return
        conserves = self._services.methods[analysis.header.request.method].conserves
        flow = self._flow

        def work(report: Report, check: Check) -> Separated:
            curves = curves_of(analysis, state.preset, state.sigma, check)
            return Separated(curves, reliability_badges(analysis, conserves, flow=flow))

        self.refilter.submit(work)

    def set_flow(self, flow: FlowPrecision) -> None:
        """Count in how far the analysis agrees with optical flow."""
        self._flow = flow
        self.separate()

    def close(self) -> None:
        """Stop the jobs and their threads, then let go."""
        self.engine.close()
        self.refilter.close()
        self.drop()

    @Slot(ViewState, ViewState)
    def _on_session_changed(self, old: ViewState, new: ViewState) -> None:
        if (old.preset, old.sigma) != (new.preset, new.sigma):
            self.separate()

    @Slot(object)
    def _on_engine_progressed(self, progress: Progress) -> None:
        self.progressed.emit(progress)
        if progress.analysis is not None:
            self._show(progress.analysis)
            self.grew.emit()

    @Slot(object)
    def _on_engine_finished(self, analysis: Analysis) -> None:
        self._show(analysis)
        self.grew.emit()
        self.finished.emit(analysis)

    @Slot(object)
    def _on_engine_failed(self, failure: Failure) -> None:
        self._drop_incomplete()
        self.failed.emit(failure)

    @Slot()
    def _on_engine_cancelled(self) -> None:
        self._drop_incomplete()
        self.cancelled.emit()

    def _drop_incomplete(self) -> None:
        self.request = None
        if self.analysis is not None and not self.analysis.complete:
            self.drop()

    @Slot(object)
    def _on_refilter_finished(self, made: Separated) -> None:
        if self.analysis is not None:
            self.curves, self.badges = made.curves, made.badges
            self.curves_made.emit(made.curves)


def _close(analysis: Analysis) -> None:
    analysis.close()

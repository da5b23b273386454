"""Controller of explanations: settings, the run of the engine, and its results."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from engine.metrics import FlowPrecision
from engine.network_inputs import inputs_text
from engine.store import Analysis, ExplainProgress
from engine.types import Progress, Request
from engine.what_if.checks import FreezeCheck
from gui.backend import Backend
from gui.commands.command import Command
from gui.explain.display_settings import DisplaySettings
from gui.explain.missing import failure_of, missing_model
from gui.explain.panel import ExplainPanel
from gui.explain.results_panel import ResultsPanel
from gui.explain.separated import Checks, Separated, fitting, notices_of, separated
from gui.explain.side_jobs import BackgroundJobs
from gui.explain.video_requests import as_viewed, of_video
from gui.state.analysis_refs import AnalysisRefs
from gui.state.curves import CurveSet
from gui.state.video_info import VideoInfo
from gui.state.view_model import ViewModel
from gui.state.view_state import ViewState
from gui.tasks.jobs import Failure, JobRunner


class ExplainController(QObject):
    """Explains the open video and shows the result while it grows.

    Parameters
    ----------
    backend : Backend
    view_model : ViewModel
        Preset, sigma, playhead and display settings.
    refs : AnalysisRefs
        Keeps the analysis open.

    Attributes
    ----------
    analysis : Analysis or None
        The analysis on screen, which may still grow.
    growing : Analysis or None
        What the running job has made by now; on screen unless the user looks at another one.
    request : Request or None
        Request of the running job, or of the analysis shown unless it is in a user's folder.

    Signals
    -------
    started()
        A run of the engine has begun.
    shown(analysis) : Analysis or None
        Another analysis is shown, or none.
    grew()
        The analysis has more steps.
    curves_made(curves) : CurveSet
        Curves for the current preset and sigma.
    explained()
        The analysis is complete and shown.
    made(analysis) : Analysis
        A run has made this, shown or not.
    ended()
        A run has ended, in whatever way.
    told(text) : str
        For the status line.
    failed(failure) : Failure
        A problem for the user; one with ``untrusted`` asks for trust.
    """

    started = Signal()
    shown = Signal(object)
    grew = Signal()
    curves_made = Signal(object)
    explained = Signal()
    made = Signal(object)
    ended = Signal()
    told = Signal(str)
    failed = Signal(object)

    def __init__(
        self, backend: Backend, view_model: ViewModel, refs: AnalysisRefs, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.analysis: Analysis | None = None
        self.growing: Analysis | None = None
        self._finished: Analysis | None = (
            None  # shown before what is growing, and again if it fails
        )
        self._follows = True
        self.request: Request | None = None
        self.curves: CurveSet | None = None
        self._flow: FlowPrecision | None = None
        self._freezing: FreezeCheck | None = None
        self._video: VideoInfo | None = None
        self._backend, self._view_model, self._refs = backend, view_model, refs
        self.panel = ExplainPanel(backend.models, backend.methods, estimate=backend.estimate)
        self.display, self.results = DisplaySettings(), ResultsPanel()
        self.separation = self.results.separation
        self.engine = JobRunner("engine", self, discard=Analysis.close, low_priority=True)
        self.refilter = JobRunner("curves", self)
        self.background = BackgroundJobs(backend, self)
        self._connect_jobs()
        self._connect_panels()
        self.separation.show_state(view_model.state)

    def set_video(self, info: VideoInfo) -> None:
        """Offer the frames of another video."""
        self._video = info
        self.panel.set_video(info.frame_count, info.fps)
        if self.panel.target.count() == 1:
            self.load_labels()  # only now: it imports torch, which the first window need not

    def update_video(self, info: VideoInfo) -> None:
        """Offer more frames of the same video."""
        self._video = info
        self.panel.extend_video(info.frame_count)

    @Slot()
    def explain_chosen(self) -> None:
        """Explain with the settings of the panel."""
        self.explain(self.panel.settings())

    @Slot(object)
    def explain_frames(self, frames: tuple[int, int]) -> None:
        """Explain a range that need not be the chosen one, with the settings of the panel."""
        self.explain(replace(self.panel.settings(), frames=frames))

    @Slot(object)
    def explain(self, settings: Request) -> None:
        """Explain the open video, in place of a running job."""
        if self._video is None:
            return
        missing = self.panel.missing()
        if missing:
            self.failed.emit(failure_of(missing))
            return
        self.panel.show_busy(True)
        self.results.show_failure("")
        self.told.emit("")  # what was told of the last run is no longer so
        run = self._backend.explain
        self.growing, self._follows = None, True
        request = self.request = as_viewed(settings, self._video, self._view_model.state)
        frame = self._view_model.state.frame
        self.engine.submit(lambda report, check: run(request, frame, report, check))
        self.started.emit()

    @Slot()
    def cancel(self) -> None:
        """Cancel the running job after its current window."""
        self.engine.cancel()

    def current_request(self) -> Request | None:
        """Return the request running, shown or chosen, or None without a video."""
        request, analysis, video = self.request, self.analysis, self._video
        if video is None:
            return None
        if request is None and analysis is not None:
            request = analysis.header.request
        if request is None:
            return as_viewed(self.panel.settings(), video, self._view_model.state)
        return of_video(request, video)

    def wish(self) -> Request | None:
        """Return what Explain would do now, or None where it cannot or does something."""
        video = self._video
        if video is None or self.engine.busy or self.panel.missing():
            return None
        return as_viewed(self.panel.settings(), video, self._view_model.state)

    def take(self, analysis: Analysis) -> None:
        """Show another analysis. One that is growing goes on out of sight."""
        self._follows = analysis is self.growing
        self.request = None if analysis.place == "folder" else analysis.header.request
        self._show(analysis)

    def let_go(self) -> None:
        """Show no analysis. A running job goes on."""
        self.request = self.request if self.engine.busy else None
        self._drop()

    def reset(self) -> None:
        """Cancel the running job and show no analysis."""
        self.cancel()
        self.request = self.growing = None
        self._finished = self._refs.exchange(self._finished, None)
        self._drop()

    def separate(self) -> None:
        """Compute the curves for the current preset and sigma in the background."""
        analysis, state = self.analysis, self._view_model.state
        if analysis is None or not analysis.steps_written:
            return
        freezing = fitting(self._freezing, analysis, state)
        checks = Checks(self._conserves(analysis), self._flow, freezing)
        self.refilter.submit(lambda report, check: separated(analysis, state, checks, check))

    def show_frame(self, frame: int) -> None:
        """Show the numbers of a frame."""
        curves = self.curves
        if curves is None:
            return
        self.results.show_frame(curves, frame)
        row = frame - curves.start
        known = 0 <= row < len(curves.probabilities)
        self.panel.show_scores(curves.probabilities[row] if known else None, curves.unit)

    @Slot(object)
    def take_freezing(self, freezing: FreezeCheck) -> None:
        """Show a badge of a check of the map, as long as it is separated so."""
        self._freezing = freezing
        self.separate()

    def check_against_flow(self) -> None:
        """Measure the agreement of motion relevance with optical flow for a badge."""
        analysis, state = self.analysis, self._view_model.state
        if analysis is not None and analysis.complete:
            shown = analysis.shown_preset(state.preset)
            self.background.measure_agreement(analysis, shown, state.sigma)

    @Slot()
    def load_labels(self) -> None:
        """Load the class labels of the chosen model."""
        settings = self.panel.settings()
        if missing_model(settings.model, self.panel.model_choice.models) is None:
            self.background.load_labels(settings.model, settings.weights)

    def commands(self) -> tuple[Command, ...]:
        """Return the commands that start and stop explaining."""
        explain, cancel = self.explain_chosen, self.cancel

        def has_video() -> bool:
            return self._video is not None

        return (
            Command("model.explain", "Explain", explain, ("Ctrl+Return",), has_video),
            Command("model.cancel", "Cancel explaining", cancel, ("Ctrl+.",)),
        )

    def close(self) -> None:
        """Stop the jobs and their threads, then release the analysis."""
        self.engine.close()
        self.refilter.close()
        self._finished = self._refs.exchange(self._finished, None)
        self._drop()
        self.background.close()

    def _connect_jobs(self) -> None:
        self.engine.progressed.connect(self._on_engine_progressed)
        self.engine.finished.connect(self._on_engine_finished)
        self.engine.failed.connect(self._on_engine_failed)
        self.engine.cancelled.connect(self._on_engine_cancelled)
        self.refilter.finished.connect(self._on_refilter_finished)
        self.refilter.failed.connect(self.failed)
        self.background.labels_loaded.connect(self.panel.set_labels)
        self.background.agreement_measured.connect(self._on_background_agreement_measured)
        self.background.told.connect(self.told)
        self.background.failed.connect(self.failed)

    def _connect_panels(self) -> None:
        self.panel.explain_requested.connect(self.explain)
        self.panel.cancel_requested.connect(self.cancel)
        self.panel.model_changed.connect(self.load_labels)
        self.failed.connect(self.panel.model_choice.let_go_of_weights)
        self.panel.frames.edited.connect(self._view_model.setter("range"))
        self.separation.preset_changed.connect(self._view_model.setter("preset"))
        self.separation.sigma_changed.connect(self._view_model.setter("sigma"))
        self.display.look_changed.connect(self._view_model.setter("heat"))
        self.results.top.chosen.connect(self.panel.choose_target)
        self._view_model.changed.connect(self._on_view_model_changed)

    def _conserves(self, analysis: Analysis) -> bool:
        method = self._backend.methods.get(analysis.header.request.method)
        return method is not None and method.conserves  # it may come from another machine

    def _show(self, analysis: Analysis) -> None:
        """Show an analysis, which may still grow."""
        if self.analysis is not analysis:
            if not analysis.complete and self.analysis is not None and self.analysis.complete:
                self._finished = self._refs.exchange(self._finished, self.analysis)
            self._drop()
            self.analysis = self._refs.acquire(analysis)
            self._flow = self._freezing = None
            self.background.agreement.cancel()
            spec = analysis.header.spec
            count = len(analysis.windows[0].logits) if analysis.windows else len(spec.labels)
            labels = tuple(spec.label(k) for k in range(count))
            self.panel.set_labels(labels, values=spec.score_unit is not None)
            self._show_display()
            self.shown.emit(analysis)
        if analysis.windows:
            of_steps = analysis.windows[0].step_logits
            self.panel.offer_steps(0 if of_steps is None else len(of_steps))
        self.separate()

    def _drop(self) -> None:
        """Show no analysis, and release the one that was shown."""
        analysis, self.analysis, self.curves = self.analysis, None, None
        if analysis is None:
            return
        self.background.agreement.cancel()
        self.results.clear()
        self.panel.show_scores(None)
        self._show_display()
        self.shown.emit(None)
        self._refs.release(analysis)

    def _show_display(self) -> None:
        state = self._view_model.state
        shown = self.analysis
        scale = 0.0
        if shown is not None:
            preset = shown.shown_preset(state.preset)
            scale = shown.full_colour(preset, state.heat.percentile)
        self.display.show_look(state.heat, scale)

    def _end_incomplete(self) -> None:
        """Show the last finished analysis, or none, in place of one that was broken off."""
        self.growing = None
        shown = self.analysis
        if shown is not None and not shown.complete:
            shown = self._finished
        if shown is None:
            self.request = None
            self._drop()
        else:
            self.take(shown)
        self._end()

    def _end(self) -> None:
        self._finished = self._refs.exchange(self._finished, None)
        self.panel.show_busy(False)
        self.ended.emit()

    @Slot(ViewState, ViewState)
    def _on_view_model_changed(self, old: ViewState, new: ViewState) -> None:
        if old.range != new.range:
            self.panel.frames.choose(new.range)
        if (old.preset, old.sigma) != (new.preset, new.sigma):
            self.separate()
        if (old.preset, old.sigma, old.heat) != (new.preset, new.sigma, new.heat):
            self.separation.show_state(new)
            self._show_display()

    @Slot(object)
    def _on_engine_progressed(self, progress: Progress) -> None:
        self.panel.show_progress(progress)
        if isinstance(progress, ExplainProgress) and progress.analysis.windows:
            self.growing = progress.analysis
            if self._follows:
                self._show(progress.analysis)
            self.grew.emit()

    @Slot(object)
    def _on_engine_finished(self, analysis: Analysis) -> None:
        self.growing = None
        self._refs.acquire(analysis)  # nobody else may have it, if another one is shown
        if self._follows:
            self._show(analysis)
            self._view_model.go_into(analysis.header.start, analysis.header.stop)
            self.grew.emit()
        self.made.emit(analysis)
        self._refs.release(analysis)
        self._end()
        self.told.emit("Explained. Results say what the decisions rest on.")
        self.explained.emit()

    @Slot(object)
    def _on_engine_failed(self, failure: Failure) -> None:
        self._end_incomplete()
        self.results.show_failure(failure.message)
        self.told.emit("Not explained")
        self.failed.emit(failure)

    @Slot()
    def _on_engine_cancelled(self) -> None:
        self._end_incomplete()
        self.told.emit("Cancelled")

    @Slot(object)
    def _on_refilter_finished(self, separation: Separated) -> None:
        analysis, curves = self.analysis, separation.curves
        if analysis is None:
            return
        self.curves = curves
        conservation = analysis.conservation if self._conserves(analysis) else None
        inputs = inputs_text(analysis.by_input)
        notices = notices_of(analysis, self._view_model.state.preset)
        self.results.show_clip(curves, conservation, notices, inputs)
        self.results.show_badges(separation.badges)
        self._show_display()
        self.show_frame(self._view_model.state.frame)
        self.curves_made.emit(curves)

    @Slot(object)
    def _on_background_agreement_measured(self, flow: FlowPrecision) -> None:
        self._flow = flow
        self.separate()

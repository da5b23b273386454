"""Joins the Explain panel, the heat settings and the results with the engine behind them."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from engine.metrics import FlowPrecision
from engine.render import HeatLook
from engine.store import Analysis
from engine.types import Progress, Request
from gui.backend import Backend
from gui.commands.command import Command
from gui.explain.display_settings import HeatSettings
from gui.explain.panel import ExplainPanel, ExplainSettings
from gui.explain.results_panel import ResultsPanel
from gui.explain.runs import ExplainRuns
from gui.state.curves import CurveSet
from gui.state.video_info import VideoInfo
from gui.state.view_model import ViewModel
from gui.state.view_state import ViewState
from gui.tasks.jobs import Failure, JobRunner


class ExplainController(QObject):
    """Turns what the user wants explained into requests, and what came out into words.

    Parameters
    ----------
    services : Backend
    session : ViewModel
    explaining : ExplainRuns
        Runs the engine.

    Signals
    -------
    failed(failure) : Failure
        Something to tell; one with ``untrusted`` asks for trust.
    told(text) : str
        For the status line.
    explained()
        The analysis is complete and shown.
    """

    failed = Signal(object)
    told = Signal(str)
    explained = Signal()

    def __init__(
        self,
        services: Backend,
        session: ViewModel,
        explaining: ExplainRuns,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.panel = ExplainPanel(services.models, services.methods, estimate=services.estimate)
        self.heat, self.results = HeatSettings(), ResultsPanel()
        self.separation = self.results.separation
        self.labels = JobRunner("labels", self)
        self.agreement = JobRunner("agreement with flow", self)
        self._services, self._session, self._explaining = services, session, explaining
        self._video: VideoInfo | None = None
        self._connect_panel()
        self._connect_engine()
        self.separation.show_state(session.state)

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
        self.explain(self.panel.wish())

    @Slot()
    def explain_range(self) -> None:
        """Explain the chosen range with the settings of the panel."""
        wish, frames = self.panel.wish(), self._session.state.range
        self.explain(wish if frames is None else replace(wish, frames=frames))

    @Slot(object)
    def explain(self, wish: ExplainSettings) -> None:
        """Explain the open video."""
        if self._video is not None:
            self.panel.show_busy(True)
            self._explaining.start(self.request_for(wish, self._video))

    def current_request(self) -> Request | None:
        """What is being explained, was explained, or would be; None without a video."""
        request, analysis, video = self._explaining.request, self._explaining.analysis, self._video
        if video is None:
            return None
        if request is None and analysis is not None:
            request = analysis.header.request
        if request is None:
            request = self.request_for(self.panel.wish(), video)
        wanted = video.wanted
        return replace(
            request, video=video.path, stream=wanted.stream, deinterlace=wanted.deinterlace
        )

    def request_for(self, wish: ExplainSettings, video: VideoInfo) -> Request:
        """What the engine is asked for a wish."""
        state = self._session.state
        return Request(
            video=video.path,
            model=wish.model,
            weights=wish.weights,
            method=wish.method,
            options=wish.options,
            target=wish.target,
            against=wish.against,
            preset=state.preset,
            sigma=state.sigma,
            frames=wish.frames,
            stream=video.wanted.stream,
            deinterlace=video.wanted.deinterlace,
        )

    def show_frame(self, frame: int) -> None:
        """Show the numbers of a frame."""
        curves = self._explaining.curves
        if curves is None:
            return
        self.results.show_frame(curves, frame)
        row = frame - curves.start
        known = 0 <= row < len(curves.probabilities)
        self.panel.show_scores(curves.probabilities[row] if known else None)

    def check_against_flow(self) -> None:
        """Measure how far what is kept as motion agrees with optical flow; a badge tells."""
        analysis, state = self._explaining.analysis, self._session.state
        if analysis is None or not analysis.complete:
            return
        run = self._services.agreement
        self.agreement.submit(
            lambda report, check: run(analysis, state.preset, state.sigma, report, check)
        )

    @Slot()
    def load_labels(self) -> None:
        """Learn which classes the chosen model has."""
        wish, load = self.panel.wish(), self._services.labels
        self.labels.submit(lambda report, check: load(wish.model, wish.weights, report, check))

    def close(self) -> None:
        """End the threads."""
        self.labels.close()
        self.agreement.close()

    def _connect_panel(self) -> None:
        panel, session = self.panel, self._session
        panel.explain_requested.connect(self.explain)
        panel.cancel_requested.connect(self._explaining.cancel)
        panel.model_changed.connect(self.load_labels)
        self.separation.preset_changed.connect(self._on_separation_preset_changed)
        self.separation.sigma_changed.connect(self._on_separation_sigma_changed)
        self.heat.heat_changed.connect(self._on_heat_heat_changed)
        self.results.top.chosen.connect(panel.choose_target)
        self.labels.finished.connect(panel.set_labels)
        self.labels.failed.connect(self.failed)
        session.changed.connect(self._on_session_changed)

    def _connect_engine(self) -> None:
        explaining = self._explaining
        explaining.shown.connect(self._on_explaining_shown)
        explaining.progressed.connect(self._on_explaining_progressed)
        explaining.finished.connect(self._on_explaining_finished)
        explaining.failed.connect(self._on_explaining_failed)
        explaining.cancelled.connect(self._on_explaining_cancelled)
        explaining.curves_made.connect(self._on_explaining_curves_made)
        explaining.curves_failed.connect(self.failed)
        self.agreement.progressed.connect(self._on_agreement_progressed)
        self.agreement.finished.connect(self._on_agreement_finished)
        self.agreement.failed.connect(self.failed)

    @Slot(ViewState, ViewState)
    def _on_session_changed(self, old: ViewState, new: ViewState) -> None:
        if (old.preset, old.sigma, old.heat) != (new.preset, new.sigma, new.heat):
            self.separation.show_state(new)
            self._show_heat(new)

    def _show_heat(self, state: ViewState) -> None:
        analysis = self._explaining.analysis
        self.heat.show_look(state.heat, 0.0 if analysis is None else analysis.scale)

    @Slot(object)
    def _on_explaining_shown(self, analysis: Analysis | None) -> None:
        self.agreement.cancel()
        if analysis is None:
            self.results.clear()
            self.panel.show_scores(None)
        else:
            spec = analysis.header.spec
            count = len(analysis.windows[0].logits) if analysis.windows else len(spec.labels)
            self.panel.set_labels(tuple(spec.label(k) for k in range(count)))
        self._show_heat(self._session.state)

    @Slot(object)
    def _on_explaining_progressed(self, progress: Progress) -> None:
        self.panel.show_progress(progress)

    @Slot(object)
    def _on_explaining_finished(self, analysis: Analysis) -> None:
        self.panel.show_busy(False)
        self.told.emit("Explained. Drag sigma to separate motion from static.")
        self.explained.emit()

    @Slot(object)
    def _on_explaining_failed(self, failure: Failure) -> None:
        self.panel.show_busy(False)
        self.results.show_failure(failure.message)
        self.failed.emit(failure)

    @Slot()
    def _on_explaining_cancelled(self) -> None:
        self.panel.show_busy(False)
        self.told.emit("Cancelled")

    @Slot(object)
    def _on_explaining_curves_made(self, curves: CurveSet) -> None:
        analysis, frame = self._explaining.analysis, self._session.state.frame
        if analysis is None:
            return
        conserves = self._services.methods[analysis.header.request.method].conserves
        conservation = analysis.conservation if conserves else None
        self.results.show_clip(curves, conservation, analysis.notices)
        self.results.show_badges(self._explaining.badges)
        self._show_heat(self._session.state)
        self.show_frame(frame)

    @Slot(object)
    def _on_agreement_progressed(self, progress: Progress) -> None:
        self.told.emit(f"{progress.stage}: {progress.done} / {progress.total}")

    @Slot(object)
    def _on_agreement_finished(self, flow: FlowPrecision) -> None:
        self._explaining.set_flow(flow)

    @Slot(str)
    def _on_separation_preset_changed(self, preset: str) -> None:
        self._session.update(preset=preset)

    @Slot(float)
    def _on_separation_sigma_changed(self, sigma: float) -> None:
        self._session.update(sigma=sigma)

    @Slot(object)
    def _on_heat_heat_changed(self, look: HeatLook) -> None:
        self._session.update(heat=look)

    def commands(self) -> tuple[Command, ...]:
        """Return the commands that start and stop explaining."""
        explain, cancel, span = self.explain_chosen, self._explaining.cancel, self.explain_range

        def has_video() -> bool:
            return self._video is not None

        return (
            Command("model.explain", "Explain", explain, ("Ctrl+Return",), has_video),
            Command("model.cancel", "Cancel explaining", cancel, ("Ctrl+.",)),
            Command("range.explain", "Explain the range only", span),
        )

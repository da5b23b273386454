"""A second analysis of the same video, in lock-step with the first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from engine.descriptions import MethodInfo
from engine.store import Analysis, Header
from gui.commands.command import Command
from gui.explain.controller import ExplainController
from gui.panes.pane_grid import PaneGrid
from gui.state.analysis_refs import AnalysisRefs
from gui.state.curves import CurveSet, curves_of
from gui.state.saved_analysis import open_of_video
from gui.state.video_info import video_mismatch
from gui.state.view_model import ViewModel
from gui.state.view_state import ViewState
from gui.tasks.jobs import JobRunner
from gui.timeline.timeline import Timeline
from gui.widgets.dialogs import folder_dialog

_PANES: tuple[str, ...] = ("relevance", "other relevance", "motion", "other motion")


class ComparisonController(QObject):
    """Holds the other analysis, and shows its maps and curves beside the first.

    Parameters
    ----------
    view_model, panes, timeline
        Where it is shown.
    explain : ExplainController
        Has the first.
    analysis_refs : AnalysisRefs
        Keeps the other open.
    methods : mapping of str to MethodInfo
        For their names.

    Signals
    -------
    changed(analysis) : Analysis or None
    failed(failure) : Failure
    """

    changed = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        view_model: ViewModel,
        panes: PaneGrid,
        timeline: Timeline,
        explain: ExplainController,
        analysis_refs: AnalysisRefs,
        methods: Mapping[str, MethodInfo],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.other: Analysis | None = None
        self._view_model, self._panes, self._timeline = view_model, panes, timeline
        self._explain, self._analysis_refs, self._methods = explain, analysis_refs, methods
        self._before: tuple[str, ...] = ()
        self._curves = JobRunner("curves of the other", self)
        self._curves.finished.connect(self._on_curves_finished)
        self._curves.failed.connect(self.failed)
        self._loader = JobRunner("loader of the other", self)
        self._loader.finished.connect(self._on_loader_finished)
        self._loader.failed.connect(self.failed)
        view_model.changed.connect(self._on_view_model_changed)
        explain.shown.connect(self._on_explain_shown)

    def take(self, analysis: Analysis) -> None:
        """Compare with an analysis from now on."""
        before, self.other = self.other, self._analysis_refs.acquire(analysis)
        if before is not None:
            self._analysis_refs.release(before)
        else:
            self._before = self._view_model.state.panes
            self._view_model.update(panes=_PANES)
        self._show()

    def stop(self) -> None:
        """Show one analysis again."""
        if self.other is None:
            return
        self._analysis_refs.release(self.other)
        self.other = None
        self._timeline.set_other(None)
        self._view_model.update(panes=self._before)
        self._show()

    def pin(self) -> None:
        """Pin the analysis that is shown, to compare the next one with it."""
        analysis = self._explain.analysis
        if analysis is not None and analysis.complete:
            self.take(analysis)

    def open(self, folder: Path) -> None:
        """Compare with a saved analysis, then emit `changed` or `failed`."""
        shown = self._explain.analysis
        if shown is not None:
            video = shown.header.request.video
            self._loader.submit(lambda report, check: open_of_video(folder, video))

    def swap(self) -> None:
        """Show the other analysis first."""
        first, other = self._explain.analysis, self.other
        if first is None or other is None:
            return
        self._analysis_refs.acquire(first)
        self._explain.take(other)
        self.take(first)
        self._analysis_refs.release(first)

    def share_scale(self, shared: bool) -> None:
        """Set one colour scale for both analyses, or one for each."""
        self._panes.renderer.one_scale = shared
        self._panes.redraw(self._view_model.state)

    def close(self) -> None:
        """End the threads."""
        self._curves.close()
        self._loader.close()

    def _show(self) -> None:
        self._panes.set_other(self.other)
        self._name()
        self._panes.redraw(self._view_model.state)
        self._ask_curves()
        self.changed.emit(self.other)

    def _name(self) -> None:
        first, other = self._explain.analysis, self.other
        names = "", ""
        if first is not None and other is not None:
            names = distinguishing_labels(first.header, other.header, self._methods)
        self._panes.renderer.names = names
        self._timeline.name_other(names[1])

    def _ask_curves(self) -> None:
        other, state = self.other, self._view_model.state
        if other is not None:
            self._curves.submit(
                lambda report, check: curves_of(other, state.preset, state.sigma, check)
            )

    @Slot(ViewState, ViewState)
    def _on_view_model_changed(self, old: ViewState, new: ViewState) -> None:
        if (old.preset, old.sigma) != (new.preset, new.sigma):
            self._ask_curves()

    @Slot()
    def _on_explain_shown(self) -> None:
        self._name()

    @Slot(object)
    def _on_curves_finished(self, curves: CurveSet) -> None:
        if self.other is not None:
            self._timeline.set_other(curves)
            self._panes.redraw(self._view_model.state)

    @Slot(object)
    def _on_loader_finished(self, analysis: Analysis) -> None:
        shown = self._explain.analysis
        size = None if shown is None else shown.header.size
        refusal = video_mismatch(analysis, size, self._view_model.state.frame_count)
        if refusal is None:
            self.take(analysis)
        else:
            analysis.close()
            self.failed.emit(refusal)

    def commands(self) -> tuple[Command, ...]:
        """Return the commands of the Compare menu."""

        def has_analysis() -> bool:
            return self._explain.analysis is not None

        def has_other() -> bool:
            return self.other is not None

        shared, share = (lambda: self._panes.renderer.one_scale), self.share_scale
        return (
            Command("compare.keep", "Pin for comparison", self.pin, ("Ctrl+K",), has_analysis),
            Command("compare.open", "Compare with a saved one...", self._choose, (), has_analysis),
            Command("compare.swap", "Swap the two", self.swap, ("Ctrl+J",), has_other),
            Command("compare.scale", "One scale for both", share, (), has_other, shared),
            Command("compare.stop", "End the comparison", self.stop, (), has_other),
        )

    def _choose(self) -> None:
        """Let the user choose the folder of the other analysis."""
        window = self._panes.window()
        folder_dialog(window, "Compare with an analysis", self.open).open()


def distinguishing_labels(
    first: Header, other: Header, methods: Mapping[str, MethodInfo]
) -> tuple[str, str]:
    """Return short names by the first difference: ("Gradient", "LRP").

    Model, method, class, the class it is held against, options and weights are looked at in this
    order; where all are the same, the second is "pinned".
    """
    pairs = zip(_traits(first, methods), _traits(other, methods), strict=True)
    return next((pair for pair in pairs if pair[0] != pair[1]), ("this", "pinned"))


def _traits(header: Header, methods: Mapping[str, MethodInfo]) -> tuple[str, ...]:
    request = header.request
    method = methods.get(request.method)
    options = ", ".join(f"{key} {value}" for key, value in request.options)
    return (
        header.spec.name,
        request.method if method is None else method.title,
        "the top class" if request.target is None else str(request.target),
        "no contrast" if request.against is None else f"contrast with {request.against}",
        options or "usual options",
        "its own weights" if request.weights is None else request.weights.name,
    )

"""A second analysis of the same video, in lock-step with the first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from engine.store import Analysis
from engine.types import MethodInfo
from gui.commands.command import Command
from gui.explain.runs import ExplainRuns
from gui.panes.pane_grid import PaneGrid
from gui.state.analysis_labels import distinguishing_labels
from gui.state.analysis_refs import AnalysisRefs
from gui.state.curves import CurveSet, curves_of
from gui.state.view_model import ViewModel
from gui.state.view_state import ViewState
from gui.tasks.jobs import Failure, JobRunner
from gui.timeline.timeline import Timeline
from gui.widgets.file_dialog import folder_dialog

_PANES: tuple[str, ...] = ("relevance", "other relevance", "motion", "other motion")


class ComparisonController(QObject):
    """Holds the other analysis, and shows its maps and curves beside the first.

    Parameters
    ----------
    session, panes, timeline
        Where it is shown.
    explaining : ExplainRuns
        Has the first.
    holding : AnalysisRefs
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
        session: ViewModel,
        panes: PaneGrid,
        timeline: Timeline,
        explaining: ExplainRuns,
        holding: AnalysisRefs,
        methods: Mapping[str, MethodInfo],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.other: Analysis | None = None
        self._session, self._panes, self._timeline = session, panes, timeline
        self._explaining, self._holding, self._methods = explaining, holding, methods
        self._before: tuple[str, ...] = ()
        self._curves = JobRunner("curves of the other", self)
        self._curves.finished.connect(self._on_curves_finished)
        self._curves.failed.connect(self.failed)
        self._loader = JobRunner("loader of the other", self)
        self._loader.finished.connect(self._on_loader_finished)
        self._loader.failed.connect(self.failed)
        session.changed.connect(self._on_session_changed)
        explaining.shown.connect(self._on_explaining_shown)

    def take(self, analysis: Analysis) -> None:
        """Compare with an analysis from now on."""
        before, self.other = self.other, self._holding.hold(analysis)
        if before is not None:
            self._holding.release(before)
        else:
            self._before = self._session.state.panes
            self._session.update(panes=_PANES)
        self._show()

    def stop(self) -> None:
        """Show one analysis again."""
        if self.other is None:
            return
        self._holding.release(self.other)
        self.other = None
        self._timeline.set_other(None)
        self._session.update(panes=self._before)
        self._show()

    def keep(self) -> None:
        """Keep the analysis that is shown as the other one, to compare the next with it."""
        analysis = self._explaining.analysis
        if analysis is not None and analysis.complete:
            self.take(analysis)

    def open(self, folder: Path) -> None:
        """Compare with an analysis that was saved; `changed` or `failed` follows."""
        self._loader.submit(lambda report, check: Analysis.open(folder))

    def swap(self) -> None:
        """Show the other analysis first."""
        first, other = self._explaining.analysis, self.other
        if first is None or other is None:
            return
        self._holding.hold(first)
        self._explaining.take(other)
        self.take(first)
        self._holding.release(first)

    def share_scale(self, shared: bool) -> None:
        """One colour scale for both analyses, or each its own."""
        self._panes.renderer.one_scale = shared
        self._panes.redraw(self._session.state)

    def close(self) -> None:
        """End the threads."""
        self._curves.close()
        self._loader.close()

    def _show(self) -> None:
        self._panes.set_other(self.other)
        self._name()
        self._panes.redraw(self._session.state)
        self._ask_curves()
        self.changed.emit(self.other)

    def _name(self) -> None:
        first, other = self._explaining.analysis, self.other
        names = "", ""
        if first is not None and other is not None:
            names = distinguishing_labels(first.header, other.header, self._methods)
        self._panes.renderer.names = names
        self._timeline.name_other(names[1])

    def _ask_curves(self) -> None:
        other, state = self.other, self._session.state
        if other is not None:
            self._curves.submit(
                lambda report, check: curves_of(other, state.preset, state.sigma, check)
            )

    @Slot(ViewState, ViewState)
    def _on_session_changed(self, old: ViewState, new: ViewState) -> None:
        if (old.preset, old.sigma) != (new.preset, new.sigma):
            self._ask_curves()

    @Slot()
    def _on_explaining_shown(self) -> None:
        self._name()

    @Slot(object)
    def _on_curves_finished(self, curves: CurveSet) -> None:
        if self.other is not None:
            self._timeline.set_other(curves)
            self._panes.redraw(self._session.state)

    @Slot(object)
    def _on_loader_finished(self, analysis: Analysis) -> None:
        shown = self._explaining.analysis
        size = None if shown is None else shown.header.size
        refusal = misfit(analysis, size, self._session.state.frame_count)
        if refusal is None:
            self.take(analysis)
        else:
            analysis.close()
            self.failed.emit(refusal)

    def commands(self) -> tuple[Command, ...]:
        """Return the commands of the Compare menu."""

        def has_analysis() -> bool:
            return self._explaining.analysis is not None

        def has_other() -> bool:
            return self.other is not None

        shared, share = (lambda: self._panes.renderer.one_scale), self.share_scale
        return (
            Command("compare.keep", "Pin for comparison", self.keep, ("Ctrl+K",), has_analysis),
            Command("compare.open", "Compare with a saved one...", self._choose, (), has_analysis),
            Command("compare.swap", "Swap the two", self.swap, ("Ctrl+J",), has_other),
            Command("compare.scale", "One scale for both", share, (), has_other, shared),
            Command("compare.stop", "End the comparison", self.stop, (), has_other),
        )

    def _choose(self) -> None:
        """Let the user choose the folder of the other analysis."""
        window = self._panes.window()
        folder_dialog(window, "Compare with an analysis", self.open).open()


def misfit(analysis: Analysis, size: tuple[int, int] | None, frame_count: int) -> Failure | None:
    """Why an analysis cannot be of a video of this size and length; None where it can."""
    header = analysis.header
    if header.stop <= frame_count and header.size == size:
        return None
    return Failure(
        f"{analysis.folder.name} explains another video.",
        "Choose an analysis of the video that is open.",
    )

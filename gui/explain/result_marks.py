"""Marks on results: what they are of, and whether the panel asks for something else by now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Slot

from engine.descriptions import MethodInfo
from engine.store import Analysis
from engine.types import separation_text
from gui.explain.comparison import ComparisonController
from gui.explain.controller import ExplainController
from gui.panes.pane_grid import PaneGrid
from gui.state.subject import Subject, asked_instead, subject_of
from gui.state.view_model import ViewModel
from gui.state.view_state import ViewState

_STALE = "stale"


class ResultMarks(QObject):
    """Says in the Results panel and in the titles of the panes what the numbers are of.

    Parameters
    ----------
    explain, comparison : ExplainController, ComparisonController
        Have the analyses.
    panes : PaneGrid
        Their titles are marked.
    view_model : ViewModel
        Has the separation.
    methods : mapping of str to MethodInfo
        For their names.
    """

    def __init__(
        self,
        explain: ExplainController,
        comparison: ComparisonController,
        panes: PaneGrid,
        view_model: ViewModel,
        methods: Mapping[str, MethodInfo],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._explain, self._comparison, self._panes = explain, comparison, panes
        self._view_model, self._methods = view_model, methods
        self._soon = QTimer(self)  # once a turn: many settings may change together
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self.refresh)
        explain.panel.changed.connect(self._soon.start)
        for change in (explain.shown, explain.grew, comparison.changed):
            change.connect(self.refresh)
        view_model.changed.connect(self._on_view_model_changed)
        explain.results.stale.linkActivated.connect(self.ask_again)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Say anew what is shown, and what is asked for instead."""
        analysis, results = self._explain.analysis, self._explain.results
        if analysis is None:
            results.show_subject("")
            results.show_stale("")
            self._mark_panes("")
            return
        subject = subject_of(analysis, self._methods)
        instead = asked_instead(analysis.header, self._explain.panel.settings(), self._methods)
        state = self._view_model.state
        separation = separation_text(analysis.shown_preset(state.preset), state.sigma)
        line = f"Of {subject.rest}" if instead else subject.line  # what is not said above
        results.show_subject(f"{line}, {separation}.", partial=bool(subject.part))
        results.show_stale(_stale_text(subject, instead) if instead else "")
        self._mark_panes(f"{_STALE}: {subject.short}" if instead else subject.short)

    @Slot()
    def ask_again(self) -> None:
        """Put the settings of the analysis shown into the panel."""
        analysis = self._explain.analysis
        if analysis is not None:
            header = analysis.header
            frames = header.start, header.stop
            self._explain.panel.set_settings(replace(header.request, frames=frames))

    @Slot(ViewState, ViewState)
    def _on_view_model_changed(self, old: ViewState, new: ViewState) -> None:
        if (old.preset, old.sigma) != (new.preset, new.sigma):
            self.refresh()

    def _mark_panes(self, first: str) -> None:
        other = self._comparison.other
        subjects = first, self._line(other)
        if subjects != self._panes.renderer.subjects:
            self._panes.renderer.subjects = subjects
            self._panes.redraw(self._view_model.state)

    def _line(self, analysis: Analysis | None) -> str:
        return "" if analysis is None else subject_of(analysis, self._methods).short


def _stale_text(subject: Subject, instead: tuple[str, ...]) -> str:
    return f"These results: {subject.text}. The panel now asks for {', '.join(instead)}."

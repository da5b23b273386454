"""Controller of What if: painting, queries and their results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QPushButton

from engine.annotations.regions import Region
from engine.store import Analysis
from engine.types import Request
from engine.what_if.checks import FreezeCheck, SeparatedMap
from engine.what_if.queries import Scope, WhatIfQuery
from gui.backend import WhatIfBackend
from gui.commands.command import Command
from gui.panes.pane_grid import PaneGrid
from gui.panes.viewport import Viewport
from gui.state.view_model import ViewModel
from gui.state.view_state import ViewState
from gui.tasks.jobs import Failure, JobRunner, Work
from gui.what_if.paint_layer import PaintLayer, Tool
from gui.what_if.panel import Result, WhatIfPanel


class WhatIfController(QObject):
    """Owns the painted region of the open video, and queries the model about it.

    Parameters
    ----------
    backend : WhatIfBackend
    view_model : ViewModel
    grid : PaneGrid
        Painted on, and over.
    stack : QUndoStack
        Takes every edit.
    current_request : callable
        () -> the current request, whose video, model and range the queries are about;
        None where no video is open.

    Signals
    -------
    failed(failure) : Failure
        A query failed because a file of code is not trusted. The panel shows it too.
    map_checked(check) : FreezeCheck
        The map that is shown was checked by freezing.
    wanted()
        The panel is to be seen: a command presses one of its buttons.
    """

    failed = Signal(object)
    map_checked = Signal(object)
    wanted = Signal()

    def __init__(
        self,
        backend: WhatIfBackend,
        view_model: ViewModel,
        grid: PaneGrid,
        stack: QUndoStack,
        current_request: Callable[[], Request | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._backend, self._view_model, self._grid = backend, view_model, grid
        self._current_request = current_request
        self._analysis: Analysis | None = None
        self._is_outdated = self._measures = False  # what runs: for another video; reads relevance
        self.panel = WhatIfPanel()
        self.layer = PaintLayer(stack, self._view, self)
        self.runner = JobRunner("what if", self, low_priority=True)
        grid.set_layer(self.layer)
        self._connect_painting()
        self._connect_queries()

    def set_video(self, is_open: bool, region: Region | None = None) -> None:
        """Begin with another video, and with what was painted over it in a session."""
        self._is_outdated = True  # also where the result is on its way already
        self.runner.cancel()
        self.layer.show_region(region or Region())
        self.panel.set_video(is_open)

    def set_analysis(self, analysis: Analysis | None) -> None:
        """Measure this relevance from now on, which may still grow."""
        if self._measures and analysis is not self._analysis:
            self.runner.cancel()  # what it reads may be removed
        self._analysis = analysis
        self.panel.set_analysis(analysis is not None)

    def show_frame(self, frame: int) -> None:
        """Follow the frame whose picture the panes show."""
        self.layer.show_frame(frame)

    @Slot()
    def test_motion(self) -> None:
        """Show the panel, and freeze, reverse and shuffle the clip."""
        self._press(self.panel.test)

    def commands(self) -> tuple[Command, ...]:
        """Return the commands that ask without painting. Each is a button of the panel."""
        checks = self.panel.checks
        freeze, split = (partial(self._press, button) for button in (checks.freeze, checks.split))

        def has_video() -> bool:
            return self._current_request() is not None

        def has_analysis() -> bool:
            return self._analysis is not None

        shuffling = "Freeze, reverse, shuffle the clip"
        freezing = "Freeze what the map calls motion"
        return (
            Command("model.motion_tests", shuffling, self.test_motion, enabled=has_video),
            Command("model.freezing", freezing, freeze, enabled=has_analysis),
            Command("model.split", "Split by still frames", split, enabled=has_video),
        )

    def close(self) -> None:
        """End the thread."""
        self.runner.close()

    def _press(self, button: QPushButton) -> None:
        self.wanted.emit()
        button.click()

    def _connect_painting(self) -> None:
        tools, layer, grid = self.panel.tools, self.layer, self._grid
        tools.tool_chosen.connect(self._on_tools_tool_chosen)
        tools.frames_chosen.connect(layer.set_frames)
        tools.radius_chosen.connect(layer.set_radius)
        tools.box_entered.connect(layer.add_box)
        tools.clear_requested.connect(layer.clear)
        grid.pressed.connect(layer.press)
        grid.moved.connect(layer.move)
        grid.released.connect(layer.release)
        layer.region_changed.connect(self.panel.show_region)
        layer.repaint_wanted.connect(self._on_layer_repaint_wanted)
        self._view_model.changed.connect(self._on_view_model_changed)

    def _connect_queries(self) -> None:
        panel, runner = self.panel, self.runner
        panel.ask_requested.connect(self._on_panel_ask_requested)
        panel.motion_tests_requested.connect(self._on_panel_motion_tests_requested)
        panel.agreement_requested.connect(self._on_panel_agreement_requested)
        panel.freezing_requested.connect(self._on_panel_freezing_requested)
        panel.split_requested.connect(self._on_panel_split_requested)
        panel.cancel_requested.connect(runner.cancel)
        runner.progressed.connect(panel.show_progress)
        runner.finished.connect(self._on_runner_finished)
        runner.failed.connect(self._on_runner_failed)
        runner.cancelled.connect(self._on_runner_cancelled)

    @Slot(str)
    def _on_tools_tool_chosen(self, tool: Tool) -> None:
        self.layer.set_tool(tool)
        self._grid.set_drawing(tool != "off")

    @Slot()
    def _on_layer_repaint_wanted(self) -> None:
        for pane in self._grid.panes.values():
            pane.update()

    @Slot(ViewState, ViewState)
    def _on_view_model_changed(self, old: ViewState, new: ViewState) -> None:
        if old.range != new.range:
            self.layer.show_range(new.range)
            self.panel.tools.show_range(new.range)

    @Slot(object)
    def _on_panel_ask_requested(self, query: WhatIfQuery) -> None:
        request, frame, ask = (
            self._current_request(),
            self._view_model.state.frame,
            self._backend.ask,
        )
        if request is not None:
            self._start(lambda report, check: ask(request, query, frame, report, check))

    @Slot(str)
    def _on_panel_motion_tests_requested(self, scope: Scope) -> None:
        request, frame = self._current_request(), self._view_model.state.frame
        test = self._backend.motion_tests
        if request is not None:
            self._start(lambda report, check: test(request, scope, frame, report, check))

    @Slot(object)
    def _on_panel_agreement_requested(self, region: Region) -> None:
        analysis, state, measure = self._analysis, self._view_model.state, self._backend.agreement
        if analysis is not None:
            preset, sigma = analysis.shown_preset(state.preset), state.sigma
            self._start(lambda report, check: measure(analysis, region, preset, sigma, check))
            self._measures = True

    @Slot(str)
    def _on_panel_freezing_requested(self, scope: Scope) -> None:
        now, analysis, state = self._current_request(), self._analysis, self._view_model.state
        if now is None or analysis is None:
            return
        request = replace(
            analysis.header.request,  # another one may be running
            video=now.video,
            stream=now.stream,
            deinterlace=now.deinterlace,
        )
        freezing = self._backend.freezing
        shown = SeparatedMap(analysis, analysis.shown_preset(state.preset), state.sigma)
        self._start(
            lambda report, check: freezing(request, shown, scope, state.frame, report, check)
        )
        self._measures = True

    @Slot()
    def _on_panel_split_requested(self) -> None:
        request, frame = self._current_request(), self._view_model.state.frame
        split = self._backend.still_split
        if request is not None:
            self._start(lambda report, check: split(request, frame, report, check))

    def _start(self, work: Work) -> None:
        self._is_outdated = self._measures = False
        self.panel.show_busy(True)
        self.runner.submit(work)

    @Slot(object)
    def _on_runner_finished(self, result: Result) -> None:
        if self._is_outdated:
            return
        self.panel.show_result(result)
        if isinstance(result, FreezeCheck):
            self.map_checked.emit(result)

    @Slot(object)
    def _on_runner_failed(self, failure: Failure) -> None:
        if self._is_outdated:
            return
        self.panel.show_failure(f"{failure.message} {failure.hint}".strip())
        if failure.untrusted is not None:
            self.failed.emit(failure)

    @Slot()
    def _on_runner_cancelled(self) -> None:
        self.panel.show_busy(False)

    def _view(self) -> Viewport:
        return self._grid.view

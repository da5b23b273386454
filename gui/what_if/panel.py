"""Asking the model "what if": paint, ask, and see the scores change."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QProgressBar, QPushButton, QWidget

from engine.annotations.regions import Region
from engine.types import Progress
from engine.what_if.checks import FreezeCheck, StillSplit
from engine.what_if.queries import (
    Fill,
    MotionTests,
    RegionAgreement,
    Scope,
    WhatIfQuery,
    WhatIfResult,
)
from gui.explain.run_bar import progress_text
from gui.what_if.map_checks import MapChecks
from gui.what_if.paint_tools import PaintTools
from gui.what_if.result_views import AgreementView, MotionView, ResultView
from gui.widgets.form_widgets import (
    Form,
    WheelGuard,
    choice,
    hint_label,
    later_heading,
    notice_label,
    scroll_into_view,
    vbox,
)
from gui.widgets.single_click import SingleClickButton

Result = WhatIfResult | MotionTests | RegionAgreement | FreezeCheck | StillSplit
"""What a query can bring back."""


class WhatIfPanel(QWidget):
    """Paint tools, the query and its results. Needs a scrolling parent.

    Signals
    -------
    ask_requested(query) : WhatIfQuery
    motion_tests_requested(scope) : str
        One of `engine.what_if.queries.SCOPES`.
    agreement_requested(region) : Region
    freezing_requested(scope) : str
        One of them too.
    split_requested()
    cancel_requested()
    """

    ask_requested = Signal(object)
    motion_tests_requested = Signal(str)
    agreement_requested = Signal(object)
    freezing_requested = Signal(str)
    split_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._region = Region()
        self._has_video = self._has_analysis = self._busy = False
        self.tools = PaintTools()
        self.result, self.motion, self.agreement = ResultView(), MotionView(), AgreementView()
        self.checks = MapChecks()
        self._make_query()
        self._make_buttons()
        self._make_status()
        self._lay_out()
        self._connect()
        self._guard = WheelGuard(self)
        self._guard.watch(self)
        self.clear()

    def set_video(self, is_open: bool) -> None:
        """Enable queries if a video is open, and remove results of another one."""
        self._has_video = is_open
        self.tools.set_video(is_open)
        self.clear()

    def set_analysis(self, is_there: bool) -> None:
        """Enable measuring if there is relevance, and remove the last measurement."""
        self._has_analysis = is_there
        self.agreement.hide()
        self.checks.freezing.hide()
        self._enable()

    @Slot(object)
    def show_region(self, region: Region) -> None:
        """Ask about this region from now on, and mark an answer that is about another one."""
        if region != self._region:
            self.agreement.hide()
        self._region = region
        self.tools.show_region(region)
        self.result.show_region(region)
        self._enable()

    @Slot(bool)
    def show_busy(self, busy: bool) -> None:
        """Switch between the buttons and Cancel."""
        self._busy = busy
        for part in (self.progress, self.status, self.cancel):
            part.setVisible(busy)
        self.ask.setVisible(not busy)
        self.progress.setRange(0, 0)
        self.status.setText("Starting" if busy else "")
        if busy:
            self.failure.hide()
        self._enable()

    @Slot(object)
    def show_progress(self, progress: Progress) -> None:
        """Show how far the answer is."""
        if self._busy:
            self.progress.setRange(0, progress.total)
            self.progress.setValue(progress.done)
            self.status.setText(progress_text(progress))

    def show_failure(self, text: str) -> None:
        """Show why a query failed, keeping an earlier result."""
        self.show_busy(False)
        self.failure.setText(text)
        self.failure.show()

    @Slot(object)
    def show_result(self, result: Result) -> None:
        """Show what came back of any of them."""
        self.show_busy(False)
        if isinstance(result, WhatIfResult):
            self.result.show_scores(result)
            self.result.show_region(self._region)
            scroll_into_view(self.result)
        elif isinstance(result, MotionTests):
            self.motion.show_tests(result)
            scroll_into_view(self.motion)
        elif isinstance(result, FreezeCheck | StillSplit):
            self.checks.show_result(result)
        elif result.region == self._region:  # else it was painted on while it was measured
            self.agreement.show_agreement(result)
            scroll_into_view(self.agreement)

    def clear(self) -> None:
        """Remove the answers."""
        for part in (self.result, self.motion, self.agreement, self.failure):
            part.hide()
        self.checks.clear()
        self.show_busy(False)

    def query(self) -> WhatIfQuery:
        """Return the query as chosen."""
        return WhatIfQuery(
            region=self._region,
            keep=self.keep.currentData(),
            fill=self.fill.currentData(),
            scope=self.scope.currentData(),
        )

    def _make_query(self) -> None:
        self.keep = choice({False: "Removed", True: "Kept, all else removed"})
        fills: dict[Fill, str] = {
            "blurred": "Blurred picture",
            "mean": "Mean colour of the clip",
            "frozen": "Middle frame, frozen",
        }
        scopes: dict[Scope, str] = {"window": "At the playhead", "clip": "All, their mean"}
        self.fill, self.scope = choice(fills), choice(scopes)
        self.scope.setToolTip("Which clips the model is asked about")
        self.fill.setToolTip("What the model sees in place of what is removed")

    def _make_buttons(self) -> None:
        self.ask = SingleClickButton("Ask the model")
        self.ask.setObjectName("primary")
        self.cancel = SingleClickButton("Cancel")
        self.test = QPushButton("Freeze, reverse, shuffle")
        self.test.setToolTip("Score the clip without its movement; needs no painting")
        self.measure = QPushButton("Measure the painted region")

    def _make_status(self) -> None:
        self.failure, self.status, self.progress = notice_label(), hint_label(), QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedHeight(8)
        self.progress.setAccessibleName("Progress")

    def _lay_out(self) -> None:
        rows = Form()
        rows.add("The region is", self.keep)
        rows.add("Shown instead", self.fill)
        rows.add("Window", self.scope)
        self.hint = hint_label(
            "Paint on a picture, then ask what the model says without what you painted."
        )
        tests = "Does the model use the movement at all?"
        measured = "Does the relevance lie where you expect it? Paint that place."
        asking = (self.ask, self.status, self.progress, self.cancel, self.failure, self.result)
        without, region = later_heading("Without the movement"), later_heading("Expected region")
        testing = (without, hint_label(tests), self.test, self.motion)
        expecting = (region, hint_label(measured), self.measure, self.agreement)
        vbox(self, self.hint, self.tools, rows, *asking, *testing, self.checks, *expecting)

    def _connect(self) -> None:
        self.ask.clicked.connect(self._on_ask_clicked)
        self.cancel.clicked.connect(self._on_cancel_clicked)
        self.test.clicked.connect(self._on_test_clicked)
        self.measure.clicked.connect(self._on_measure_clicked)
        self.checks.freezing_requested.connect(self._on_checks_freezing_requested)
        self.checks.split_requested.connect(self.split_requested)

    def _enable(self) -> None:
        painted = self._region.frames is not None
        idle = self._has_video and not self._busy
        paint_first = "" if painted else "Paint a region first"
        self.ask.setEnabled(idle and painted)
        self.ask.setToolTip(paint_first)
        self.test.setEnabled(idle)
        self.measure.setEnabled(idle and painted and self._has_analysis)
        explain_first = "" if self._has_analysis else "Explain the video first"
        self.measure.setToolTip(explain_first or paint_first)
        self.checks.enable(idle=idle, has_analysis=self._has_analysis)
        self.cancel.setEnabled(self._busy)

    @Slot()
    def _on_ask_clicked(self) -> None:
        self.ask_requested.emit(self.query())

    @Slot()
    def _on_cancel_clicked(self) -> None:
        self.cancel.setEnabled(False)
        self.status.setText("Stopping")
        self.cancel_requested.emit()

    @Slot()
    def _on_test_clicked(self) -> None:
        self.motion_tests_requested.emit(self.scope.currentData())

    @Slot()
    def _on_checks_freezing_requested(self) -> None:
        self.freezing_requested.emit(self.scope.currentData())

    @Slot()
    def _on_measure_clicked(self) -> None:
        self.agreement_requested.emit(self._region)

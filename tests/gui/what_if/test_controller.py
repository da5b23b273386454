from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QUndoStack
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.annotations.regions import Box, Region
from engine.cancel import Check
from engine.errors import EngineError, UntrustedError
from engine.types import MOST_FRAMES, Preset, Progress, Report, Request
from engine.what_if.checks import FreezeCheck, SeparatedMap, StillSplit
from engine.what_if.queries import MotionTests, RegionAgreement, Scope, WhatIfQuery, WhatIfResult
from gui.backend import WhatIfBackend
from gui.main_window.window import MainWindow
from gui.panes.pane_grid import PaneGrid
from gui.state.video_info import FrameSet
from gui.state.view_model import ViewModel
from gui.state.view_state import ViewState
from gui.what_if.controller import WhatIfController
from tests.gui.conftest import CODE, freeze_check_of

REGION = Region((Box(0, 10, 0.1, 0.1, 0.5, 0.5),))
REQUEST = Request(video=Path("clip.mp4"))
SCORES = np.array([0.75, 0.25])


class FakeAnswers:
    """Answers at once, or when its gate opens; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.error: EngineError | None = None

    def _wait(self, check: Check) -> None:
        while not self.gate.wait(0.005):
            check()
        if self.error is not None:
            raise self.error

    def ask(
        self, request: Request, question: WhatIfQuery, frame: int, report: Report, check: Check
    ) -> WhatIfResult:
        self.asked.append((request, question, frame))
        report(Progress("Asking the model", 1, 2))
        self._wait(check)
        scores = [SCORES.copy() for _ in range(4)]
        pictures, frames = np.zeros((1, 8, 8, 3), np.uint8), np.array([3])
        return WhatIfResult(question, ("walking", "boxing"), *scores, pictures, frames, 0.5, 1)

    def motion_tests(
        self, request: Request, scope: Scope, frame: int, report: Report, check: Check
    ) -> MotionTests:
        self.asked.append((request, scope, frame))
        scores = dict.fromkeys(("original", "frozen", "reversed", "shuffled"), 0.5)
        return MotionTests("walking", scores, scores, 1, 8)

    def agreement(
        self, analysis: Any, region: Region, preset: Preset, sigma: float, check: Check
    ) -> RegionAgreement:
        self.asked.append((analysis, region, preset, sigma))
        self._wait(check)
        return RegionAgreement(region, (0.5, 0.5), (0.5, 0.5), 0.1, 3)

    def freezing(
        self,
        request: Request,
        separated: SeparatedMap,
        scope: Scope,
        frame: int,
        report: Report,
        check: Check,
    ) -> FreezeCheck:
        self.asked.append((request, separated, scope, frame))
        self._wait(check)
        return freeze_check_of(separated.preset, separated.sigma)

    def still_split(self, request: Request, frame: int, report: Report, check: Check) -> StillSplit:
        raise NotImplementedError


@pytest.fixture
def answers() -> FakeAnswers:
    return FakeAnswers()


@pytest.fixture
def grid(qtbot: QtBot) -> Iterator[PaneGrid]:
    grid = PaneGrid()
    qtbot.addWidget(grid)
    grid.set_video((200, 100))
    grid.resize(600, 400)
    grid.show()
    qtbot.waitExposed(grid)
    yield grid
    grid.close()


@pytest.fixture
def session() -> ViewModel:
    session = ViewModel()
    session.set(ViewState(frame=7, frame_count=40))
    return session


@pytest.fixture
def controller(
    qtbot: QtBot, grid: PaneGrid, session: ViewModel, answers: FakeAnswers
) -> Iterator[WhatIfController]:
    backend = WhatIfBackend(
        answers.ask, answers.motion_tests, answers.agreement, answers.freezing, answers.still_split
    )
    controller = WhatIfController(backend, session, grid, QUndoStack(grid), lambda: REQUEST)
    qtbot.addWidget(controller.panel)
    controller.panel.show()
    controller.set_video(True)
    yield controller
    controller.close()
    controller.panel.close()


def wait_idle(controller: WhatIfController, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not controller.runner.busy and controller.panel.ask.isVisible())


def test_controller_draws_on_the_panes_while_a_tool_is_chosen(
    controller: WhatIfController, grid: PaneGrid, session: ViewModel
) -> None:
    picture = np.full((100, 200, 3), 80, np.uint8)
    grid.show_frame(FrameSet(7, picture), session.state)
    pane = grid.panes["video"]
    area = pane.picture_rect()
    ends = [area.topLeft() + QPoint(area.width() * k // 4, area.height() * k // 4) for k in (1, 2)]

    def drag() -> None:
        QTest.mousePress(pane, Qt.MouseButton.LeftButton, pos=ends[0])
        QTest.mouseMove(pane, ends[1])
        QTest.mouseRelease(pane, Qt.MouseButton.LeftButton, pos=ends[1])

    drag()
    assert controller.layer.region == Region()
    controller.panel.tools.buttons["box"].click()
    drag()
    (box,) = controller.layer.region.shapes
    assert isinstance(box, Box)
    assert (box.first, box.stop) == (0, MOST_FRAMES)
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx(
        (0.25, 0.25, 0.5, 0.5), abs=0.02
    )
    assert controller.panel.query().region == controller.layer.region
    middle = (ends[0] + ends[1]) / 2
    assert pane.grab().toImage().pixelColor(middle).getRgb()[:3] != (80, 80, 80)


def test_controller_paints_again_when_the_region_changes(
    controller: WhatIfController, grid: PaneGrid, session: ViewModel, qtbot: QtBot
) -> None:
    grid.show_frame(FrameSet(7, np.full((100, 200, 3), 80, np.uint8)), session.state)
    pane, painted = grid.panes["video"], []

    class Layer:
        def paint(self, painter: QPainter, picture: QRect) -> None:
            painted.append(controller.layer.region)

    pane.layer = Layer()
    qtbot.waitUntil(lambda: Region() in painted)
    controller.layer.show_region(REGION)
    qtbot.waitUntil(lambda: REGION in painted)


def test_controller_paints_on_the_range_and_the_frame_shown(
    controller: WhatIfController, session: ViewModel
) -> None:
    session.update(range=(3, 9))
    tools = controller.panel.tools
    tools.frames.setCurrentIndex(tools.frames.findData("range"))
    tools.add_box.click()
    controller.show_frame(12)
    tools.frames.setCurrentIndex(tools.frames.findData("frame"))
    tools.add_box.click()
    assert [(s.first, s.stop) for s in controller.layer.region.shapes] == [(3, 9), (12, 13)]
    tools.clear.click()
    assert controller.layer.region == Region()


def test_controller_asks_at_the_playhead_and_shows_the_answer(
    controller: WhatIfController, answers: FakeAnswers, qtbot: QtBot
) -> None:
    controller.layer.show_region(REGION)
    controller.panel.ask.click()
    wait_idle(controller, qtbot)
    assert answers.asked == [(REQUEST, WhatIfQuery(REGION), 7)]
    assert controller.panel.result.isVisible()
    controller.panel.test.click()
    wait_idle(controller, qtbot)
    assert answers.asked[-1] == (REQUEST, "window", 7)
    assert controller.panel.motion.isVisible()


def test_controller_measures_with_the_separation_shown(
    controller: WhatIfController, answers: FakeAnswers, session: ViewModel, qtbot: QtBot
) -> None:
    analysis: Any = SimpleNamespace(shown_preset=str)
    session.update(sigma=2.5, preset="paper-2020")
    controller.layer.show_region(REGION)
    controller.set_analysis(analysis)
    controller.panel.measure.click()
    wait_idle(controller, qtbot)
    assert answers.asked == [(analysis, REGION, "paper-2020", 2.5)]
    assert controller.panel.agreement.isVisible()


def test_controller_stops_measuring_when_the_analysis_goes(
    controller: WhatIfController, answers: FakeAnswers, qtbot: QtBot
) -> None:
    first: Any = SimpleNamespace(shown_preset=str)
    controller.layer.show_region(REGION)
    controller.set_analysis(first)
    answers.gate.clear()
    controller.panel.measure.click()
    controller.set_analysis(None)
    wait_idle(controller, qtbot)
    assert not controller.panel.agreement.isVisible()


def test_controller_cancels(
    controller: WhatIfController, answers: FakeAnswers, qtbot: QtBot
) -> None:
    controller.layer.show_region(REGION)
    answers.gate.clear()
    controller.panel.ask.click()
    qtbot.waitUntil(lambda: controller.panel.progress.maximum() == 2)
    controller.panel.cancel.click()
    wait_idle(controller, qtbot)
    assert not controller.panel.result.isVisible()


def test_controller_shows_no_answer_about_the_video_before(
    controller: WhatIfController, answers: FakeAnswers, qtbot: QtBot
) -> None:
    controller.layer.show_region(REGION)
    answers.gate.clear()
    controller.panel.ask.click()
    controller.set_video(True, REGION)
    answers.gate.set()
    qtbot.waitUntil(lambda: not controller.runner.busy)
    assert controller.layer.region == REGION
    views = controller.panel.result, controller.panel.progress, controller.panel.failure
    assert not any(view.isVisible() for view in views)


def test_controller_drops_an_answer_that_was_on_its_way(
    controller: WhatIfController, answers: FakeAnswers
) -> None:
    answer = answers.ask(REQUEST, WhatIfQuery(REGION), 7, lambda progress: None, lambda: None)
    controller.set_video(True)
    controller.runner.finished.emit(answer)
    assert not controller.panel.result.isVisible()


def test_controller_says_why_there_is_no_answer(
    controller: WhatIfController, answers: FakeAnswers, qtbot: QtBot
) -> None:
    controller.layer.show_region(REGION)
    answers.error = EngineError("The video is gone.", "Bring it back.")
    controller.panel.ask.click()
    wait_idle(controller, qtbot)
    assert controller.panel.failure.text() == "The video is gone. Bring it back."
    answers.error = UntrustedError("It is a program.", "Trust it.", CODE)
    with qtbot.waitSignal(controller.failed) as caught:
        controller.panel.ask.click()
    assert caught.args[0].untrusted == CODE


def test_the_answer_is_scrolled_to(explained: MainWindow, qtbot: QtBot) -> None:
    explained.docks.show("what_if")
    explained.what_if.layer.add_box((0.2, 0.2, 0.6, 0.6))
    qtbot.mouseClick(explained.what_if.panel.ask, Qt.MouseButton.LeftButton)
    answer = explained.what_if.panel.result
    qtbot.waitUntil(answer.isVisible)
    qtbot.waitUntil(lambda: not answer.visibleRegion().isEmpty())

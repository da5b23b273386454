from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QPainter, QUndoStack
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from engine.annotations.regions import MOST_FRAMES, Box, Region
from engine.cancel import Check
from engine.errors import EngineError, UntrustedError
from engine.types import Preset, Progress, Request
from engine.what_if.queries import MotionTests, RegionAgreement, Scope, WhatIfQuery, WhatIfResult
from gui.backend import WhatIfBackend
from gui.main_window.window import MainWindow
from gui.panes.pane_grid import PaneGrid
from gui.state.video_info import FrameSet
from gui.state.view_model import ViewModel
from gui.state.view_state import ViewState
from gui.tasks.jobs import Report
from gui.what_if.controller import WhatIfDesk

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

    def expected(
        self, analysis: Any, region: Region, preset: Preset, sigma: float, check: Check
    ) -> RegionAgreement:
        self.asked.append((analysis, region, preset, sigma))
        self._wait(check)
        return RegionAgreement(region, (0.5, 0.5), (0.5, 0.5), 0.1, 3)


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
def desk(
    qtbot: QtBot, grid: PaneGrid, session: ViewModel, answers: FakeAnswers
) -> Iterator[WhatIfDesk]:
    services = WhatIfBackend(answers.ask, answers.motion_tests, answers.expected)
    desk = WhatIfDesk(services, session, grid, QUndoStack(grid), lambda: REQUEST)
    qtbot.addWidget(desk.panel)
    desk.panel.show()
    desk.set_video(True)
    yield desk
    desk.close()
    desk.panel.close()


def wait_idle(desk: WhatIfDesk, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not desk.runner.busy and desk.panel.ask.isVisible())


def test_desk_draws_on_the_panes_while_a_tool_is_chosen(
    desk: WhatIfDesk, grid: PaneGrid, session: ViewModel
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
    assert desk.layer.region == Region()
    desk.panel.tools.buttons["box"].click()
    drag()
    (box,) = desk.layer.region.shapes
    assert isinstance(box, Box)
    assert (box.first, box.stop) == (0, MOST_FRAMES)
    assert (box.left, box.top, box.right, box.bottom) == pytest.approx(
        (0.25, 0.25, 0.5, 0.5), abs=0.02
    )
    assert desk.panel.question().region == desk.layer.region
    middle = (ends[0] + ends[1]) / 2
    assert pane.grab().toImage().pixelColor(middle).getRgb()[:3] != (80, 80, 80)


def test_desk_paints_again_when_the_region_changes(
    desk: WhatIfDesk, grid: PaneGrid, session: ViewModel, qtbot: QtBot
) -> None:
    grid.show_frame(FrameSet(7, np.full((100, 200, 3), 80, np.uint8)), session.state)
    pane, painted = grid.panes["video"], []

    class Layer:
        def paint(self, painter: QPainter, picture: QRect) -> None:
            painted.append(desk.layer.region)

    pane.layer = Layer()
    qtbot.waitUntil(lambda: Region() in painted)
    desk.layer.show_region(REGION)
    qtbot.waitUntil(lambda: REGION in painted)


def test_desk_paints_on_the_range_and_the_frame_shown(desk: WhatIfDesk, session: ViewModel) -> None:
    session.update(range=(3, 9))
    tools = desk.panel.tools
    tools.frames.setCurrentIndex(tools.frames.findData("range"))
    tools.add_box.click()
    desk.show_frame(12)
    tools.frames.setCurrentIndex(tools.frames.findData("frame"))
    tools.add_box.click()
    assert [(s.first, s.stop) for s in desk.layer.region.shapes] == [(3, 9), (12, 13)]
    tools.clear.click()
    assert desk.layer.region == Region()


def test_desk_asks_at_the_playhead_and_shows_the_answer(
    desk: WhatIfDesk, answers: FakeAnswers, qtbot: QtBot
) -> None:
    desk.layer.show_region(REGION)
    desk.panel.ask.click()
    wait_idle(desk, qtbot)
    assert answers.asked == [(REQUEST, WhatIfQuery(REGION), 7)]
    assert desk.panel.answer.isVisible()
    desk.panel.test.click()
    wait_idle(desk, qtbot)
    assert answers.asked[-1] == (REQUEST, "window", 7)
    assert desk.panel.motion.isVisible()


def test_desk_measures_with_the_separation_shown(
    desk: WhatIfDesk, answers: FakeAnswers, session: ViewModel, qtbot: QtBot
) -> None:
    analysis: Any = object()
    session.update(sigma=2.5, preset="paper-2020")
    desk.layer.show_region(REGION)
    desk.set_analysis(analysis)
    desk.panel.measure.click()
    wait_idle(desk, qtbot)
    assert answers.asked == [(analysis, REGION, "paper-2020", 2.5)]
    assert desk.panel.expected.isVisible()


def test_desk_stops_measuring_when_the_analysis_goes(
    desk: WhatIfDesk, answers: FakeAnswers, qtbot: QtBot
) -> None:
    first: Any = object()
    desk.layer.show_region(REGION)
    desk.set_analysis(first)
    answers.gate.clear()
    desk.panel.measure.click()
    desk.set_analysis(None)
    wait_idle(desk, qtbot)
    assert not desk.panel.expected.isVisible()


def test_desk_cancels(desk: WhatIfDesk, answers: FakeAnswers, qtbot: QtBot) -> None:
    desk.layer.show_region(REGION)
    answers.gate.clear()
    desk.panel.ask.click()
    qtbot.waitUntil(lambda: desk.panel.progress.maximum() == 2)
    desk.panel.cancel.click()
    wait_idle(desk, qtbot)
    assert not desk.panel.answer.isVisible()


def test_desk_shows_no_answer_about_the_video_before(
    desk: WhatIfDesk, answers: FakeAnswers, qtbot: QtBot
) -> None:
    desk.layer.show_region(REGION)
    answers.gate.clear()
    desk.panel.ask.click()
    desk.set_video(True, REGION)
    answers.gate.set()
    qtbot.waitUntil(lambda: not desk.runner.busy)
    assert desk.layer.region == REGION
    views = desk.panel.answer, desk.panel.progress, desk.panel.failure
    assert not any(view.isVisible() for view in views)


def test_desk_drops_an_answer_that_was_on_its_way(desk: WhatIfDesk, answers: FakeAnswers) -> None:
    answer = answers.ask(REQUEST, WhatIfQuery(REGION), 7, lambda progress: None, lambda: None)
    desk.set_video(True)
    desk.runner.finished.emit(answer)
    assert not desk.panel.answer.isVisible()


def test_desk_says_why_there_is_no_answer(
    desk: WhatIfDesk, answers: FakeAnswers, qtbot: QtBot
) -> None:
    desk.layer.show_region(REGION)
    answers.error = EngineError("The video is gone.", "Bring it back.")
    desk.panel.ask.click()
    wait_idle(desk, qtbot)
    assert desk.panel.failure.text() == "The video is gone. Bring it back."
    answers.error = UntrustedError("It is a program.", "Trust it.", Path("net.py"))
    with qtbot.waitSignal(desk.failed) as caught:
        desk.panel.ask.click()
    assert caught.args[0].untrusted == Path("net.py")


def test_the_answer_is_scrolled_to(explained: MainWindow, qtbot: QtBot) -> None:
    explained.docks.show("what_if")
    explained.what_if.layer.add_box((0.2, 0.2, 0.6, 0.6))
    qtbot.mouseClick(explained.what_if.panel.ask, Qt.MouseButton.LeftButton)
    answer = explained.what_if.panel.answer
    qtbot.waitUntil(answer.isVisible)
    qtbot.waitUntil(lambda: not answer.visibleRegion().isEmpty())

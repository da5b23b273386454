from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from engine.store import Analysis
from gui.main_window.window import MainWindow
from tests.gui.conftest import FakeEngine


def begin(window: MainWindow, method: str = "gradient") -> None:
    window.panel.method.setCurrentIndex(window.panel.method.findData(method))
    window.panel.bar.explain.click()


def one_window(window: MainWindow, engine: FakeEngine, qtbot: QtBot) -> None:
    """Let a run make its first window, and hold it there."""
    engine.held_at = 1
    begin(window)
    qtbot.waitUntil(lambda: window.explain.growing is not None)


def test_start_keeps_what_is_shown_until_the_first_window(
    explained: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    before = explained.analysis
    engine.gate.clear()
    begin(explained)
    qtbot.waitUntil(lambda: len(engine.requests) == 2)
    assert explained.analysis is before
    with qtbot.waitSignal(explained.explained):
        engine.gate.set()
    assert explained.analysis is not before


@pytest.mark.parametrize("windows", [0, 1])
def test_cancel_shows_the_last_finished_analysis(
    explained: MainWindow, engine: FakeEngine, qtbot: QtBot, windows: int
) -> None:
    before = explained.analysis
    assert before is not None
    engine.held_at = windows
    begin(explained)
    if windows:
        qtbot.waitUntil(lambda: explained.analysis is not before)
    with qtbot.waitSignal(explained.explain.engine.cancelled):
        explained.panel.bar.cancel.click()
    assert explained.analysis is before
    assert before.folder.is_dir()
    assert explained.explain.request == before.header.request


def test_failure_shows_the_last_finished_analysis(
    explained: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    before = explained.analysis
    one_window(explained, engine, qtbot)
    engine.fails = True
    with qtbot.waitSignal(explained.problem_told):
        engine.gate.set()
    for box in explained.findChildren(QMessageBox):
        box.close()
    assert explained.analysis is before
    assert "Not explained." in explained.explain.results.failure.text()


def test_run_goes_on_out_of_sight_while_another_one_is_looked_at(
    explained: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    before = explained.analysis
    made: list[Analysis] = []
    assert before is not None
    explained.explain.made.connect(made.append)
    one_window(explained, engine, qtbot)
    explained.explain.take(before)
    with qtbot.waitSignal(explained.explained):
        engine.gate.set()
    assert explained.analysis is before
    assert [analysis.header.request.method for analysis in made] == ["gradient"]


def test_another_video_lets_go_of_all_analyses(
    explained: MainWindow, engine: FakeEngine, qtbot: QtBot, clip: Path
) -> None:
    one_window(explained, engine, qtbot)
    with qtbot.waitSignal(explained.video_opened, timeout=10_000):
        explained.open_video(clip)
    assert explained.analysis is None
    assert not explained.analysis_refs.folders()

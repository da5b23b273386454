from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.types import Progress
from gui.explain.run_bar import RunBar, done_text, left_text, progress_text

_LEFT = Qt.MouseButton.LeftButton
_SPACE = "\u2007"


@pytest.fixture
def bar(qtbot: QtBot) -> RunBar:
    bar = RunBar()
    qtbot.addWidget(bar)
    bar.show()
    bar.explain.setEnabled(True)
    return bar


def test_bar_starts_on_a_click(bar: RunBar, qtbot: QtBot) -> None:
    assert not bar.cancel.isVisible()
    with qtbot.waitSignal(bar.started):
        qtbot.mouseClick(bar.explain, _LEFT)


def test_bar_cannot_start_before_there_is_a_video(qtbot: QtBot) -> None:
    bar = RunBar()
    qtbot.addWidget(bar)
    bar.show()
    with qtbot.assertNotEmitted(bar.started):
        qtbot.mouseClick(bar.explain, _LEFT)


def test_bar_turns_between_explain_and_cancel(bar: RunBar) -> None:
    bar.show_idle("18 windows")
    bar.show_busy(True)
    assert (bar.explain.isVisible(), bar.cancel.isVisible()) == (False, True)
    assert bar.progress.isVisible()
    assert bar.status.text() == "Starting"
    bar.show_busy(False)
    assert (bar.explain.isVisible(), bar.cancel.isVisible()) == (True, False)
    assert not bar.progress.isVisible()
    assert bar.status.text() == "18 windows"


def test_double_click_on_explain_does_not_cancel(bar: RunBar, qtbot: QtBot) -> None:
    begun, cancelled = [], []
    bar.started.connect(lambda: begun.append(bar.show_busy(True)))
    bar.cancelled.connect(lambda: cancelled.append(True))
    qtbot.mouseClick(bar.explain, Qt.MouseButton.LeftButton)
    qtbot.mouseDClick(bar.cancel, Qt.MouseButton.LeftButton)
    assert (len(begun), cancelled) == (1, [])


def test_bar_does_not_move_its_button_when_the_progress_comes(bar: RunBar) -> None:
    bar.show_idle("18 windows")
    before = bar.explain.geometry()
    bar.show_busy(True)
    bar.layout().activate()
    moved_px = bar.cancel.geometry().top() - before.top()
    assert abs(moved_px) <= 1  # styles round differently


def test_bar_shows_what_is_done_and_left(bar: RunBar) -> None:
    bar.show_busy(True)
    bar.show_progress(Progress("Explaining", 3, 18, 61.0))
    assert bar.status.text() == f"Explaining: {_SPACE}3 of 18"
    assert bar.left.text() == "1 min 1 s left"
    assert (bar.progress.value(), bar.progress.maximum()) == (3, 18)


def test_words_that_wait_do_not_cover_the_progress(bar: RunBar) -> None:
    bar.show_busy(True)
    bar.show_progress(Progress("Explaining", 3, 18))
    bar.show_idle("another range")
    assert bar.status.text().startswith("Explaining")
    bar.show_busy(False)
    assert bar.status.text() == "another range"


def test_cancel_is_pressed_once_and_says_that_it_stops(bar: RunBar, qtbot: QtBot) -> None:
    bar.show_busy(True)
    bar.show_progress(Progress("Explaining", 3, 18, 5.0))
    with qtbot.waitSignal(bar.cancelled):
        qtbot.mouseClick(bar.cancel, _LEFT)
    with qtbot.assertNotEmitted(bar.cancelled):
        qtbot.mouseClick(bar.cancel, _LEFT)
    bar.show_progress(Progress("Explaining", 4, 18, 4.0))
    assert bar.status.text() == "Stopping after this window"
    assert bar.left.text() == ""
    assert bar.progress.value() == 4
    bar.show_busy(False)
    bar.show_busy(True)
    assert bar.cancel.isEnabled()


def test_progress_of_unknown_length_is_told_by_its_stage(bar: RunBar) -> None:
    progress = Progress("Loading the model", 0, 0)
    assert done_text(progress) == "Loading the model"
    assert left_text(progress) == ""
    bar.show_busy(True)
    bar.show_progress(progress)
    assert (bar.progress.minimum(), bar.progress.maximum()) == (0, 0)  # it runs to and fro


def test_download_is_told_in_percent() -> None:
    progress = Progress("Downloading the weights", 5_000, 100_000, 12.0)
    assert progress_text(progress) == f"Downloading the weights: {_SPACE * 2}5%, 12 s left"

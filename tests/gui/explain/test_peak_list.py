from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.explain.peak_list import PeakList
from gui.main_window.window import MainWindow
from gui.state.peaks import Peak

PEAKS = (Peak(4, 0.3, 0.1), Peak(19, 0.75, 0.2), Peak(31, 0.5, 0.3))


@pytest.fixture
def moments(qtbot: QtBot) -> PeakList:
    moments = PeakList()
    qtbot.addWidget(moments)
    moments.show_peaks(PEAKS)
    return moments


def test_moments_are_listed_with_the_most_driven_by_motion_first(moments: PeakList) -> None:
    texts = [moments.item(row).text() for row in range(moments.count())]
    assert texts == ["frame 19: 75% motion", "frame 31: 50% motion", "frame 4: 30% motion"]


def test_a_click_goes_to_a_moment(moments: PeakList, qtbot: QtBot) -> None:
    place = moments.visualItemRect(moments.item(1)).center()
    with qtbot.waitSignal(moments.frame_requested) as asked:
        qtbot.mouseClick(moments.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == [31]


def test_enter_goes_to_the_moment_that_is_chosen(moments: PeakList, qtbot: QtBot) -> None:
    moments.setCurrentRow(2)
    with qtbot.waitSignal(moments.frame_requested) as asked:
        qtbot.keyClick(moments, Qt.Key.Key_Return)
    assert asked.args == [4]


def test_moments_without_any_are_hidden(moments: PeakList) -> None:
    moments.show_peaks(())
    assert moments.count() == 0
    assert moments.isHidden()


def test_the_window_goes_to_a_moment_of_the_list(explained: MainWindow, qtbot: QtBot) -> None:
    moments = explained.explain.results.moments
    assert moments.count() > 0
    explained.view.go_to(0)
    moments.setCurrentRow(0)
    with qtbot.waitSignal(explained.playback.frame_shown):
        qtbot.keyClick(moments, Qt.Key.Key_Return)
    assert moments.currentItem().text().startswith(f"frame {explained.view.state.frame}:")

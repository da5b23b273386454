from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.explain.peak_list import PeakList
from gui.main_window.window import MainWindow
from gui.state.peaks import Peak

PEAKS = (Peak(4, 0.3, 0.1), Peak(19, 0.75, 0.2), Peak(31, 0.5, 0.3))


@pytest.fixture
def peaks(qtbot: QtBot) -> PeakList:
    peaks = PeakList()
    qtbot.addWidget(peaks)
    peaks.show_peaks(PEAKS)
    return peaks


def test_peaks_are_listed_with_the_most_driven_by_motion_first(peaks: PeakList) -> None:
    texts = [peaks.item(row).text() for row in range(peaks.count())]
    assert texts == ["frame 19: 75% changing", "frame 31: 50% changing", "frame 4: 30% changing"]


def test_a_click_goes_to_a_peak(peaks: PeakList, qtbot: QtBot) -> None:
    place = peaks.visualItemRect(peaks.item(1)).center()
    with qtbot.waitSignal(peaks.frame_requested) as asked:
        qtbot.mouseClick(peaks.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == [31]


def test_enter_goes_to_the_peak_that_is_chosen(peaks: PeakList, qtbot: QtBot) -> None:
    peaks.setCurrentRow(2)
    with qtbot.waitSignal(peaks.frame_requested) as asked:
        qtbot.keyClick(peaks, Qt.Key.Key_Return)
    assert asked.args == [4]


def test_peaks_without_any_are_hidden(peaks: PeakList) -> None:
    peaks.show_peaks(())
    assert peaks.count() == 0
    assert peaks.isHidden()


def test_the_window_goes_to_a_peak_of_the_list(explained: MainWindow, qtbot: QtBot) -> None:
    peaks = explained.explain.results.peaks
    qtbot.waitUntil(lambda: not explained.explain.refilter.busy)  # or the list is made anew
    assert peaks.count() > 0
    explained.view.go_to(0)
    peaks.setFocus(Qt.FocusReason.TabFocusReason)
    peaks.setCurrentRow(0)
    with qtbot.waitSignal(explained.playback.frame_shown):
        qtbot.keyClick(peaks, Qt.Key.Key_Return)
    assert peaks.currentItem().text().startswith(f"frame {explained.view.state.frame}:")

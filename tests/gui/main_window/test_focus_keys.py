from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox
from pytestqt.qtbot import QtBot

from gui.main_window.window import MainWindow


def focus(window: MainWindow, part: QAbstractButton | QComboBox, qtbot: QtBot) -> None:
    window.activateWindow()
    part.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(part.hasFocus)


def test_space_presses_a_button_that_was_reached_with_tab(opened: MainWindow, qtbot: QtBot) -> None:
    button = opened.transport.loop
    before = opened.view.state.loop
    focus(opened, button, qtbot)
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert opened.view.state.loop != before
    assert not opened.view.state.playing


def test_space_plays_after_a_button_was_clicked(opened: MainWindow, qtbot: QtBot) -> None:
    opened.panes.setFocus()
    qtbot.mouseClick(opened.transport.loop, Qt.MouseButton.LeftButton)
    assert not opened.transport.loop.hasFocus()
    qtbot.keyClick(opened, Qt.Key.Key_Space)
    assert opened.view.state.playing
    opened.playback.pause()


def test_space_opens_a_list_of_choices_that_was_reached_with_tab(
    opened: MainWindow, qtbot: QtBot
) -> None:
    combo = opened.panel.method
    focus(opened, combo, qtbot)
    qtbot.keyClick(combo, Qt.Key.Key_Space)
    assert combo.view().isVisible()
    assert not opened.view.state.playing
    combo.hidePopup()


def test_return_chooses_a_class_that_has_the_focus(explained: MainWindow, qtbot: QtBot) -> None:
    top = explained.explain.results.top
    explained.activateWindow()
    top.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(top.hasFocus)
    frame = explained.view.state.frame
    with qtbot.waitSignal(top.chosen):
        qtbot.keyClick(top, Qt.Key.Key_Return)
    assert explained.view.state.frame == frame


@pytest.mark.parametrize("name", ["explain", "cancel"])
def test_a_click_takes_no_focus_from_the_video(name: str, opened: MainWindow) -> None:
    assert getattr(opened.panel.bar, name).focusPolicy() == Qt.FocusPolicy.TabFocus

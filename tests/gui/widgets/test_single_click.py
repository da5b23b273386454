from __future__ import annotations

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from gui.widgets.single_click import SingleClickButton


def test_double_click_is_one_click(qtbot: QtBot) -> None:
    button, clicks = SingleClickButton("Explain"), list[int]()
    qtbot.addWidget(button)
    button.clicked.connect(lambda: clicks.append(1))
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.mouseDClick(button, Qt.MouseButton.LeftButton)  # the second half of a double click
    assert clicks == [1]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert clicks == [1, 1]

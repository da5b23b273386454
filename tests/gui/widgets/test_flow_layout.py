from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.flow_layout import FlowLayout


@pytest.mark.parametrize(("width", "height"), [(250, 20), (150, 44), (40, 68)])
def test_flow_layout_wraps_what_does_not_fit(qtbot: QtBot, width: int, height: int) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    layout = FlowLayout(20, 4, parent)
    for _ in range(3):
        part = QWidget()
        part.setFixedSize(60, 20)
        layout.addWidget(part)
    assert layout.heightForWidth(width) == height

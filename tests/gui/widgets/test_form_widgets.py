from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from gui.widgets.form_widgets import scrolled


@pytest.mark.parametrize("width", [80, 345])
def test_area_that_scrolls_upright_is_as_wide_as_its_content(width: int, qtbot: QtBot) -> None:
    content = QWidget()
    content.setMinimumWidth(width)
    area = scrolled(content)
    qtbot.addWidget(area)
    area.resize(area.minimumSizeHint().width(), 40)
    content.setMinimumHeight(400)
    area.show()
    assert area.viewport().width() >= content.minimumWidth()

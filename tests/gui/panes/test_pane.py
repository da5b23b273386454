from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from gui.panes.pane import Pane
from tests.clips import moving_square


def test_pane_survives_20_000_repaints(qtbot: QtBot) -> None:
    """PySide6 6.12.0 on Python < 3.12 lost a reference to None a call and died of it."""
    pane = Pane("Video", has_bar=True)
    qtbot.addWidget(pane)
    pane.resize(60, 60)
    pane.show()
    picture = moving_square(1, (16, 16))[0]
    painted = 0
    for _ in range(20_000):
        pane.show_picture(picture)
        pane.repaint()
        painted += 1
    assert painted == 20_000
    pane.close()


def test_pane_shows_the_pixels_it_is_given(qtbot: QtBot) -> None:
    pane = Pane("Video", has_bar=False)
    qtbot.addWidget(pane)
    pane.resize(100, 124)
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[:, 50:] = (200, 10, 30)
    pane.show_picture(picture)
    grabbed = pane.grab().toImage()
    assert grabbed.pixelColor(20, 80).getRgb()[:3] == (0, 0, 0)
    assert grabbed.pixelColor(80, 80).getRgb()[:3] == (200, 10, 30)


def test_pane_shows_a_message_in_place_of_a_picture(qtbot: QtBot) -> None:
    pane = Pane("Motion", has_bar=True)
    qtbot.addWidget(pane)
    pane.show_picture(moving_square(1)[0], "interpolated")
    assert pane.badge == "interpolated"
    pane.show_message("Not explained yet")
    assert pane.image is None
    assert pane.message == "Not explained yet"

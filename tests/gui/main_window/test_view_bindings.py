from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from gui.main_window.window import MainWindow


def test_slider_stands_above_the_frames_of_the_plots(opened: MainWindow, qtbot: QtBot) -> None:
    opened.resize(1024, 640)
    opened.show()
    slider = opened.transport.slider

    def ends() -> tuple[int, int]:
        middle = slider.height() // 2
        places = (QPoint(x, middle) for x in (7, slider.width() - 7))
        left, right = (slider.mapToGlobal(place).x() for place in places)
        return left, right

    def is_aligned() -> bool:
        pairs = zip(ends(), opened.timeline.span(), strict=True)
        return all(abs(one - other) <= 1 for one, other in pairs)

    qtbot.waitUntil(is_aligned)
    opened.resize(1280, 800)
    qtbot.waitUntil(is_aligned)
    opened.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, opened.docks.docks["timeline"])
    qtbot.waitUntil(lambda: slider.width() == opened.transport.width() - 16)

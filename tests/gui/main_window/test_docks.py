from __future__ import annotations

import pytest
from PySide6.QtCore import QByteArray, Qt
from PySide6.QtWidgets import QLineEdit, QMainWindow, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from gui.main_window.docks import Docks, Part

NAMES = ("explain", "heat", "results", "timeline")
_RIGHT, _LEFT = Qt.DockWidgetArea.RightDockWidgetArea, Qt.DockWidgetArea.LeftDockWidgetArea


def docks_of(qtbot: QtBot, *more: str) -> tuple[QMainWindow, Docks]:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(1000, 800)
    middle, below = QWidget(), QWidget()
    below.setFixedHeight(30)
    explain, heat = Part("Explain", QWidget(), scrolls=True), Part("Display", QLineEdit())
    settings = {"explain": explain, "heat": heat}
    results = {name: Part(name.capitalize(), QWidget()) for name in ("results", *more)}
    docks = Docks(window, (middle, below), settings, results, Part("Timeline", QWidget(), True))
    window.show()
    return window, docks


@pytest.fixture
def both(qtbot: QtBot) -> tuple[QMainWindow, Docks]:
    return docks_of(qtbot)


@pytest.fixture
def window(both: tuple[QMainWindow, Docks]) -> QMainWindow:
    return both[0]


@pytest.fixture
def docks(both: tuple[QMainWindow, Docks]) -> Docks:
    return both[1]


def in_front(docks: Docks, name: str) -> bool:
    return not docks.docks[name].visibleRegion().isEmpty()


def stand(window: QMainWindow, docks: Docks) -> list[tuple[Qt.DockWidgetArea, bool, bool]]:
    return [
        (window.dockWidgetArea(dock), dock.isHidden(), dock.isFloating())
        for dock in docks.docks.values()
    ]


def test_docks_stand_right_and_below_with_the_first_in_front(
    window: QMainWindow, docks: Docks, qtbot: QtBot
) -> None:
    assert tuple(docks.docks) == NAMES
    areas = [window.dockWidgetArea(docks.docks[name]) for name in NAMES]
    assert areas == [_RIGHT] * 3 + [Qt.DockWidgetArea.BottomDockWidgetArea]
    qtbot.waitUntil(lambda: in_front(docks, "explain"))
    assert not in_front(docks, "heat")
    assert in_front(docks, "results")
    assert in_front(docks, "timeline")


def test_panel_that_does_not_scroll_by_itself_is_made_to(docks: Docks) -> None:
    assert isinstance(docks.docks["heat"].widget(), QScrollArea)
    assert not isinstance(docks.docks["explain"].widget(), QScrollArea)


def test_show_brings_a_dock_to_the_front_and_leaves_the_keyboard_alone(
    window: QMainWindow, docks: Docks, qtbot: QtBot
) -> None:
    docks.docks["heat"].close()
    window.setFocus()
    docks.show("heat")
    qtbot.waitUntil(lambda: in_front(docks, "heat"))
    assert not in_front(docks, "explain")
    assert window.hasFocus()


def test_state_is_taken_over_by_another_window(
    window: QMainWindow, docks: Docks, qtbot: QtBot
) -> None:
    docks.docks["results"].hide()
    window.addDockWidget(_LEFT, docks.docks["heat"])
    other_window, other = docks_of(qtbot)
    assert stand(other_window, other) != stand(window, docks)
    assert other.restore(docks.state())
    assert stand(other_window, other) == stand(window, docks)


@pytest.mark.parametrize("state", ["", "AAAA", "not base64!", "żółw", "A" * 5000])
def test_state_that_cannot_be_used_changes_nothing(
    window: QMainWindow, docks: Docks, state: str
) -> None:
    before = stand(window, docks)
    assert not docks.restore(state)
    assert stand(window, docks) == before


def test_state_that_was_cut_is_survived(window: QMainWindow, docks: Docks) -> None:
    whole = QByteArray.fromBase64(docks.state().encode())
    for size in range(0, whole.size(), 7):
        docks.restore(bytes(whole.first(size).toBase64().data()).decode())
    docks.reset()
    assert not any(dock.isHidden() for dock in docks.docks.values())


def test_floating_dock_has_a_frame(docks: Docks) -> None:
    dock = docks.docks["timeline"]
    dock.setStyleSheet('QDockWidget[floating="true"] { color: #123456; }')
    dock.setFloating(True)
    assert dock.palette().windowText().color().name() == "#123456"
    dock.setFloating(False)
    assert dock.palette().windowText().color().name() != "#123456"


def test_reset_puts_every_dock_back(window: QMainWindow, docks: Docks, qtbot: QtBot) -> None:
    before = stand(window, docks)
    docks.docks["results"].hide()
    docks.docks["timeline"].setFloating(True)
    window.addDockWidget(_LEFT, docks.docks["heat"])
    assert stand(window, docks) != before
    docks.reset()
    assert stand(window, docks) == before
    qtbot.waitUntil(lambda: in_front(docks, "explain"))


def test_dock_that_an_earlier_layout_does_not_know_is_a_tab_of_its_group(
    window: QMainWindow, docks: Docks, qtbot: QtBot
) -> None:
    earlier = docks.state()
    later = QMainWindow()
    qtbot.addWidget(later)
    settings = {"explain": Part("Explain", QWidget()), "heat": Part("Display", QWidget())}
    results = {"results": Part("Results", QWidget()), "list": Part("All results", QWidget())}
    more = Docks(later, (QWidget(), QWidget()), settings, results, Part("Timeline", QWidget()))
    later.show()
    assert more.restore(earlier)
    assert later.tabifiedDockWidgets(more.docks["results"]) == [more.docks["list"]]
    qtbot.waitUntil(lambda: in_front(more, "results"))
    assert not in_front(more, "list")
    assert more.restore(more.state())

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QDoubleSpinBox,
    QInputDialog,
    QMenu,
    QMessageBox,
    QPlainTextEdit,
)
from pytestqt.qtbot import QtBot

from engine.errors import UntrustedCode, UntrustedFile
from engine.render.panes import PANES
from engine.store import Analysis
from gui.dialogs.trust import ask_trust
from gui.panes.pane_grid import PaneGrid
from gui.panes.pane_menu import copy_picture, show_pane_menu
from gui.state.view_state import ViewState
from gui.tasks.jobs import Failure
from gui.widgets.dialogs import show_table
from tests.gui.conftest import CODE
from tests.gui.panes.test_pane_grid import STATE, analysis_of, shown

_LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def analysis() -> Iterator[Analysis]:
    made = analysis_of()
    yield made
    made.close()


@pytest.fixture
def grid(qtbot: QtBot, analysis: Analysis) -> PaneGrid:
    grid = PaneGrid()
    qtbot.addWidget(grid)
    grid.resize(800, 600)
    grid.set_video((96, 64))
    grid.kinds_changed.connect(grid.set_kinds)
    grid.set_analysis(analysis)
    grid.show()
    grid.show_frame(shown(grid), STATE)
    return grid


@pytest.fixture
def clipboard_kept() -> Iterator[None]:
    yield
    QGuiApplication.clipboard().clear()


def menu_of(grid: PaneGrid, kind: str, state: ViewState = STATE) -> QMenu:
    return show_pane_menu(grid, kind, QPoint(50, 50), state)


def entry(menu: QMenu, text: str) -> QAction:
    return next(action for action in menu.actions() if action.text() == text)


def choose(qtbot: QtBot, menu: QMenu, text: str) -> None:
    qtbot.mouseClick(menu, _LEFT, pos=menu.actionGeometry(entry(menu, text)).center())


def test_menu_offers_every_kind_and_checks_the_one_shown(grid: PaneGrid) -> None:
    menu = menu_of(grid, "motion")
    kinds = menu.actions()[: len(PANES)]
    checked = [action.text() for action in kinds if action.isChecked()]
    assert len(checked) == 1
    assert "otion" in checked[0]
    menu.close()


def test_kind_that_is_chosen_is_shown_in_that_pane(grid: PaneGrid, qtbot: QtBot) -> None:
    menu = menu_of(grid, "static")
    flow = menu.actions()[list(PANES).index("flow")].text()
    choose(qtbot, menu, flow)
    assert tuple(grid.panes) == ("video", "relevance", "motion", "flow")


@pytest.mark.parametrize(("kind", "offered"), [("video", False), ("motion", True)])
def test_range_is_offered_where_there_is_heat(grid: PaneGrid, kind: str, offered: bool) -> None:
    menu = menu_of(grid, kind)
    texts = [action.text() for action in menu.actions()]
    assert ("Range of its own..." in texts) is offered
    menu.close()


def test_range_of_its_own_is_typed_and_given_up(grid: PaneGrid, qtbot: QtBot) -> None:
    menu = menu_of(grid, "motion")
    assert not entry(menu, "Range of all panes").isEnabled()
    choose(qtbot, menu, "Range of its own...")
    dialog = grid.findChild(QInputDialog)
    assert isinstance(dialog, QInputDialog)
    edit = dialog.findChild(QDoubleSpinBox)
    assert isinstance(edit, QDoubleSpinBox)
    assert edit.value() == pytest.approx(grid.renderer.scale_of("motion", STATE), abs=1e-9)
    edit.selectAll()
    qtbot.keyClicks(edit, "0.125")
    box = dialog.findChild(QDialogButtonBox)
    assert isinstance(box, QDialogButtonBox)
    qtbot.mouseClick(box.button(QDialogButtonBox.StandardButton.Ok), _LEFT)
    assert grid.renderer.ranges == {"motion": 0.125}
    choose(qtbot, menu_of(grid, "motion"), "Range of all panes")
    assert grid.renderer.ranges == {}


def test_range_of_its_own_changes_only_that_pane(grid: PaneGrid, qtbot: QtBot) -> None:
    before = {kind: pane.grab().toImage() for kind, pane in grid.panes.items()}
    grid.renderer.ranges["motion"] = 1e-3
    choose(qtbot, menu_of(grid, "relevance"), "Fit to pane")
    grid.redraw(replace(STATE, frame=5))
    changed = [kind for kind, pane in grid.panes.items() if pane.grab().toImage() != before[kind]]
    assert changed == ["motion"]


def test_pane_is_copied_as_it_is_drawn(grid: PaneGrid, qtbot: QtBot, clipboard_kept: None) -> None:
    choose(qtbot, menu_of(grid, "video"), "Copy this pane")
    copied = QGuiApplication.clipboard().image()
    assert copied == grid.panes["video"].grab().toImage().convertToFormat(copied.format())
    copy_picture(grid)
    assert QGuiApplication.clipboard().image().width() == grid.width()


def test_trust_is_given_only_by_its_button(grid: PaneGrid, qtbot: QtBot) -> None:
    agreed: list[bool] = []

    def asked() -> QMessageBox:
        return ask_trust(
            grid, Failure("net.pt2 is a program.", "Trust it."), lambda: agreed.append(True)
        )

    box = asked()
    assert box.text() == "net.pt2 is a program."
    assert box.defaultButton().text() == "Leave it"
    qtbot.keyClick(box, Qt.Key.Key_Return)
    box = asked()
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert agreed == []
    box = asked()
    run = next(button for button in box.buttons() if button.text() == "Run it")
    qtbot.mouseClick(run, _LEFT)
    assert agreed == [True]


def test_trust_in_a_server_is_asked_in_its_words(grid: PaneGrid, qtbot: QtBot) -> None:
    agreed: list[bool] = []
    failure = Failure("Frames would be sent.", "Trust it.", "http://127.0.0.1:1/score")
    box = ask_trust(grid, failure, lambda: agreed.append(True))
    assert box.defaultButton().text() == "Do not send"
    send = next(button for button in box.buttons() if button.text() == "Send them")
    qtbot.mouseClick(send, _LEFT)
    assert agreed == [True]


def test_trust_is_asked_for_with_all_files(grid: PaneGrid, qtbot: QtBot) -> None:
    files = tuple(
        UntrustedFile(Path(f"/cards/m{i}.py"), f"{i:064}", changed=False) for i in range(300)
    )
    code = UntrustedCode(Path("/cards"), (*CODE.files, *files), "net.py:build")
    failure = Failure("<b>net.py</b> is a program.", "Trust it.", code)
    box = ask_trust(grid, failure, lambda: None)
    assert box.textFormat() == Qt.TextFormat.PlainText
    (listed,) = box.findChildren(QPlainTextEdit)
    lines = listed.toPlainText().splitlines()
    assert lines[:2] == ["In /cards:", "net.py  (changed, SHA-256 0f0f0f0f0f0f)"]
    assert lines[-1] == "calls net.py:build"
    assert len(lines) == 303
    assert listed.isVisible()
    assert listed.verticalScrollBar().maximum() > 0
    assert box.height() < 600
    run = next(button for button in box.buttons() if button.text() == "Run it")
    assert not run.geometry().intersects(listed.geometry())
    box.close()


def test_table_shows_texts_as_they_are(grid: PaneGrid, qtbot: QtBot) -> None:
    show_table(grid, "About", [("Codec", "h264 <main>"), ("Size", "96 & 64")])
    box = grid.findChild(QMessageBox)
    assert isinstance(box, QMessageBox)
    assert "h264 &lt;main&gt;" in box.text()
    assert "96 &amp; 64" in box.text()
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert not box.isVisible()

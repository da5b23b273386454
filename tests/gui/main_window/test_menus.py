from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from engine.render import COLOURS, POLARITIES
from gui.commands.cheat_sheet import CheatSheet
from gui.commands.shortcut_dialog import KeyDialog
from gui.main_window.window import MainWindow
from gui.state.view_state import SPEEDS
from tests.gui.conftest import FRAMES

_CONTROL = Qt.KeyboardModifier.ControlModifier
_SHIFT = Qt.KeyboardModifier.ShiftModifier
WITH_VIDEO = (
    "session.save",
    "session.save_as",
    "file.about_video",
    "file.copy_panes",
    "model.explain",
    "model.flow",
    "model.motion_tests",
    "model.split",
    "edit.note",
    "edit.note_range",
)
WITH_ANALYSIS = (
    "file.export",
    "file.export_timeline",
    "file.save_analysis",
    "model.freezing",
    "compare.keep",
    "compare.open",
)
WITH_OTHER = ("compare.swap", "compare.scale", "compare.stop")
_NONE = Qt.KeyboardModifier.NoModifier


def enabled(window: MainWindow, names: tuple[str, ...]) -> set[bool]:
    return {window.commands.action(name).isEnabled() for name in names}


def submenu(menu: QMenu, title: str) -> QMenu:
    found = next(action.menu() for action in menu.actions() if action.text() == title)
    assert isinstance(found, QMenu)
    return found


def menu_of(window: MainWindow, title: str) -> QMenu:
    found = next(each for each in window.menuBar().actions() if each.text() == title).menu()
    assert isinstance(found, QMenu)
    return found


def entries(menu: QMenu) -> list[QAction]:
    menu.aboutToShow.emit()
    return [action for action in menu.actions() if not action.isSeparator()]


def test_no_two_commands_have_one_key(window: MainWindow) -> None:
    used = Counter(keys for name in window.commands.commands for keys in window.commands.keys(name))
    assert [keys for keys, count in used.items() if count > 1] == []
    assert "" not in used


def test_every_command_can_be_reached_in_a_menu(window: MainWindow) -> None:
    def inside(menu: QMenu) -> set[str]:
        texts = set()
        for action in menu.actions():
            below = action.menu()
            texts |= inside(below) if isinstance(below, QMenu) else {action.text()}
        return texts

    menus = [action.menu() for action in window.menuBar().actions()]
    reached = set().union(*(inside(menu) for menu in menus if isinstance(menu, QMenu)))
    assert {command.text for command in window.commands.commands.values()} <= reached


def test_commands_wait_for_what_they_need(window: MainWindow) -> None:
    for names in (WITH_VIDEO, WITH_ANALYSIS, WITH_OTHER):
        assert enabled(window, names) == {False}


def test_video_enables_what_it_allows(opened: MainWindow) -> None:
    assert enabled(opened, WITH_VIDEO) == {True}
    assert enabled(opened, WITH_ANALYSIS) == {False}
    assert enabled(opened, ("file.stream", "file.deinterlace")) == {False}
    assert opened.video is not None
    opened.playback.video = replace(opened.video, streams=2, interlaced=True)
    opened.commands.refresh()
    assert enabled(opened, ("file.stream", "file.deinterlace")) == {True}


def test_analysis_enables_what_it_allows_until_it_is_gone(
    explained: MainWindow, qtbot: QtBot, clip: Path
) -> None:
    assert enabled(explained, WITH_ANALYSIS) == {True}
    assert enabled(explained, WITH_OTHER) == {False}
    with qtbot.waitSignal(explained.video_opened, timeout=10_000):
        explained.open_video(clip)
    assert enabled(explained, WITH_ANALYSIS) == {False}


@pytest.mark.parametrize(
    ("key", "modifier", "frame"),
    [
        (Qt.Key.Key_Right, _SHIFT, 30),
        (Qt.Key.Key_Left, _SHIFT, 10),
        (Qt.Key.Key_Right, _CONTROL, 36),
        (Qt.Key.Key_Left, _CONTROL, 4),
    ],
)
def test_keys_step_by_more_than_a_frame(
    opened: MainWindow, qtbot: QtBot, key: Qt.Key, modifier: Qt.KeyboardModifier, frame: int
) -> None:
    opened.view.go_to(20)
    qtbot.keyClick(opened, key, modifier)
    assert opened.view.state.frame == frame


def test_keys_choose_and_clear_the_range(opened: MainWindow, qtbot: QtBot) -> None:
    opened.view.go_to(10)
    qtbot.keyClick(opened, Qt.Key.Key_I)
    assert opened.view.state.range == (10, FRAMES)
    opened.view.go_to(20)
    qtbot.keyClick(opened, Qt.Key.Key_O)
    assert opened.view.state.range == (10, 21)
    qtbot.keyClick(opened, Qt.Key.Key_U)
    assert opened.view.state.range is None


def test_keys_change_the_speed_within_its_bounds(opened: MainWindow, qtbot: QtBot) -> None:
    for key, speed in ((Qt.Key.Key_BracketRight, SPEEDS[-1]), (Qt.Key.Key_BracketLeft, SPEEDS[0])):
        for _ in range(len(SPEEDS) + 1):
            qtbot.keyClick(opened, key)
        assert opened.view.state.speed == speed
    qtbot.keyClick(opened, Qt.Key.Key_Backspace)
    assert opened.view.state.speed == 1.0


def test_keys_change_the_heat_within_its_bounds(opened: MainWindow, qtbot: QtBot) -> None:
    for key, opacity in ((Qt.Key.Key_Up, 1.0), (Qt.Key.Key_Down, 0.0)):
        for _ in range(12):
            qtbot.keyClick(opened, key, _CONTROL)
        assert opened.view.state.heat.opacity == opacity
    before = opened.view.state.heat
    qtbot.keyClick(opened, Qt.Key.Key_C)
    qtbot.keyClick(opened, Qt.Key.Key_P)
    assert opened.view.state.heat.colours == list(COLOURS)[1]
    assert opened.view.state.heat.polarity == POLARITIES[1]
    for _ in COLOURS:
        qtbot.keyClick(opened, Qt.Key.Key_C)
    for _ in range(2):
        qtbot.keyClick(opened, Qt.Key.Key_P)
    assert opened.view.state.heat == replace(before, colours=list(COLOURS)[1])


@pytest.mark.parametrize("count", [1, 2, 4, 6])
def test_keys_choose_how_many_panes_there_are(opened: MainWindow, qtbot: QtBot, count: int) -> None:
    qtbot.keyClick(opened, Qt.Key(Qt.Key.Key_0.value + count), _CONTROL)
    assert len(opened.panes.panes) == count


def test_panes_are_chosen_in_the_menu(opened: MainWindow) -> None:
    kinds = submenu(menu_of(opened, "&View"), "Pane content")
    second = entries(kinds)[1].menu()
    assert isinstance(second, QMenu)
    flow = next(action for action in second.actions() if not action.isChecked())
    before = tuple(opened.panes.panes)
    flow.trigger()
    after = tuple(opened.panes.panes)
    assert after[1] != before[1]


def test_panels_are_hidden_and_put_back_in_the_menu(opened: MainWindow) -> None:
    view = menu_of(opened, "&View")
    results = next(a for a in entries(submenu(view, "Panels")) if a.text() == "Results")
    results.trigger()
    assert opened.docks.docks["results"].isHidden()
    opened.commands.action("view.layout").trigger()
    assert not opened.docks.docks["results"].isHidden()


def test_recent_files_are_listed_and_forgotten(
    opened: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    recent = submenu(menu_of(opened, "&File"), "Open recent")
    assert entries(recent)[0].text() == "square.mp4"
    with qtbot.waitSignal(opened.video_opened, timeout=10_000):
        entries(recent)[0].trigger()
    entries(recent)[-1].trigger()
    assert [action.text() for action in entries(recent)] == ["Nothing yet"]


@pytest.mark.parametrize(("name", "kind"), [("help.keys", CheatSheet), ("help.rebind", KeyDialog)])
def test_help_opens_the_keys(window: MainWindow, name: str, kind: type[CheatSheet]) -> None:
    window.commands.action(name).trigger()
    dialog = window.findChild(kind)
    assert dialog is not None
    assert dialog.isVisible()
    dialog.close()


def test_keys_that_were_changed_are_kept(window: MainWindow, qtbot: QtBot) -> None:
    window.commands.action("help.rebind").trigger()
    dialog = window.findChild(KeyDialog)
    assert isinstance(dialog, KeyDialog)
    names = list(window.commands.commands)
    dialog.tree.setCurrentItem(dialog.tree.topLevelItem(names.index("play.toggle")))
    qtbot.keyClick(dialog.keys, Qt.Key.Key_F9)
    qtbot.mouseClick(dialog.use, Qt.MouseButton.LeftButton)
    dialog.close()
    saved = (window.backend.settings / "keys.json").read_text(encoding="utf-8")
    assert '"play.toggle": [\n    "F9"\n  ]' in saved

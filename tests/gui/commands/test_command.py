from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMainWindow
from pytestqt.qtbot import QtBot

from gui.commands.command import Command, CommandTable, Menus

MENUS: Menus = {"&Playback": (("play.toggle",), ("play.next",)), "&View/&Panes": (("pane.fit",),)}


class Shown:
    """A window with three commands, and what was run."""

    def __init__(self, qtbot: QtBot) -> None:
        self.ran: list[str] = []
        self.can_fit, self.plays = False, False
        run = self.ran.append
        play, fit = (lambda on: run("toggle")), (lambda: run("fit"))
        self.table = CommandTable(
            (
                Command("pane.fit", "Fit", fit, enabled=lambda: self.can_fit),
                Command("play.toggle", "Play", play, ("Space",), checked=lambda: self.plays),
                Command("play.next", "Next", lambda: run("next"), ("Right",), repeats=True),
            ),
            MENUS,
        )
        self.window = QMainWindow()
        qtbot.addWidget(self.window)
        self.menus = self.table.fill(self.window.menuBar())
        self.window.addActions([self.table.action(name) for name in self.table.commands])
        self.window.show()
        self.window.setFocus()
        qtbot.waitUntil(lambda: self.window.isActiveWindow())


@pytest.fixture
def shown(qtbot: QtBot) -> Shown:
    return Shown(qtbot)


def test_commands_stand_in_menus_with_lines_between(shown: Shown) -> None:
    assert list(shown.menus) == ["&Playback", "&View", "&View/&Panes"]
    play = shown.menus["&Playback"].actions()
    assert [action.text() for action in play] == ["Play", "", "Next"]
    assert play[1].isSeparator()
    assert [action.text() for action in shown.menus["&View"].actions()] == ["&Panes"]
    assert [bar.text() for bar in shown.window.menuBar().actions()] == ["&Playback", "&View"]


def test_command_has_the_kind_of_action_it_asks_for(shown: Shown) -> None:
    toggle, following, fit = (
        shown.table.action(n) for n in ("play.toggle", "play.next", "pane.fit")
    )
    assert (toggle.isCheckable(), following.isCheckable()) == (True, False)
    assert (toggle.autoRepeat(), following.autoRepeat()) == (False, True)
    assert (toggle.isEnabled(), fit.isEnabled()) == (True, False)


def test_key_runs_its_command(shown: Shown, qtbot: QtBot) -> None:
    qtbot.keyClick(shown.window, Qt.Key.Key_Space)
    qtbot.keyClick(shown.window, Qt.Key.Key_Right)
    assert shown.ran == ["toggle", "next"]


def test_key_of_a_disabled_command_does_nothing(shown: Shown, qtbot: QtBot) -> None:
    shown.table.rebind("pane.fit", ["F"])
    qtbot.keyClick(shown.window, Qt.Key.Key_F)
    assert shown.ran == []
    shown.can_fit = True
    shown.table.refresh()
    qtbot.keyClick(shown.window, Qt.Key.Key_F)
    assert shown.ran == ["fit"]


def test_rebind_moves_a_key_from_one_command_to_another(shown: Shown, qtbot: QtBot) -> None:
    with qtbot.waitSignal(shown.table.changed):
        shown.table.rebind("play.next", ["Space", "N"])
    assert shown.table.keys("play.toggle") == ()
    assert shown.table.owner_of("Space") == "play.next"
    assert shown.table.owner_of("Right") is None
    qtbot.keyClick(shown.window, Qt.Key.Key_Space)
    qtbot.keyClick(shown.window, Qt.Key.Key_Right)
    qtbot.keyClick(shown.window, Qt.Key.Key_N)
    assert shown.ran == ["next", "next"]


def test_reset_gives_the_first_keys_back(shown: Shown, qtbot: QtBot) -> None:
    shown.table.rebind("play.next", ["Space"])
    assert shown.table.changed_keys() == {"play.toggle": (), "play.next": ("Space",)}
    with qtbot.waitSignal(shown.table.changed):
        shown.table.reset()
    assert shown.table.changed_keys() == {}
    qtbot.keyClick(shown.window, Qt.Key.Key_Space)
    assert shown.ran == ["toggle"]


def test_refresh_enables_and_checks_what_the_commands_say(shown: Shown) -> None:
    shown.can_fit = shown.plays = True
    shown.table.refresh()
    assert shown.table.action("pane.fit").isEnabled()
    assert shown.table.action("play.toggle").isChecked()


def test_checked_command_runs_with_its_new_state(qtbot: QtBot) -> None:
    states: list[bool] = []
    command = Command("play.loop", "Loop", states.append, checked=lambda: False)
    table = CommandTable((command,), {"&Play": (("play.loop",),)})
    table.action("play.loop").trigger()
    table.action("play.loop").trigger()
    assert states == [True, False]


@pytest.mark.parametrize("names", [(), ("play.toggle", "play.dance")])
def test_table_refuses_menus_that_do_not_match_the_commands(names: tuple[str, ...]) -> None:
    command = Command("play.toggle", "Play", lambda: None)
    with pytest.raises(ValueError, match="in no menu, or no command"):
        CommandTable((command,), {"&Play": (names,)})


def test_owner_of_finds_keys_however_they_are_written(shown: Shown) -> None:
    shown.table.rebind("pane.fit", ["ctrl+shift+f"])
    assert shown.table.keys("pane.fit") == ("Ctrl+Shift+F",)
    assert shown.table.owner_of("Shift+Ctrl+F") == "pane.fit"
    assert shown.table.owner_of("F") is None

"""A command that a controller offers and a menu names is in the menu, has its keys, and runs."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMenu
from pytestqt.qtbot import QtBot

from gui.commands.cheat_sheet import CheatSheet
from gui.commands.command import Command
from gui.main_window.menus import MENUS
from gui.main_window.window import MainWindow
from gui.playback.controller import PlaybackController
from tests.gui.conftest import FRAMES

own_commands = PlaybackController.commands


def with_toy(playback: PlaybackController) -> tuple[Command, ...]:
    def go_to_middle() -> None:
        view = playback._view_model
        view.go_to(view.state.frame_count // 2)

    def has_video() -> bool:
        return playback.video is not None

    middle = Command("step.middle", "Middle frame", go_to_middle, ("F6",), has_video)
    return (*own_commands(playback), middle)


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PlaybackController, "commands", with_toy)
    monkeypatch.setitem(MENUS, "&Playback", (*MENUS["&Playback"], ("step.middle",)))


def test_toy_command_is_in_its_menu_and_on_the_sheet_of_keys(window: MainWindow) -> None:
    menu = next(menu for menu in window.findChildren(QMenu) if menu.title() == "&Playback")
    assert menu.actions()[-1].text() == "Middle frame"
    assert not menu.actions()[-1].isEnabled()
    window.commands.action("help.keys").trigger()
    sheet = window.findChild(CheatSheet)
    assert sheet is not None
    assert any("Middle frame" in label.text() for label in sheet.findChildren(QLabel))
    sheet.close()


def test_toy_command_runs_by_its_key(opened: MainWindow, qtbot: QtBot) -> None:
    qtbot.keyClick(opened, Qt.Key.Key_F6)
    assert opened.view.state.frame == FRAMES // 2

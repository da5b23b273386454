"""The Help menu: keys, guides."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gui.cheat_sheet import CheatSheet
from gui.commands import Command, MenuOf
from gui.key_dialog import KeyDialog

if TYPE_CHECKING:
    from gui.window import MainWindow


def help_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the Help menu."""
    make, tr = MenuOf("help", window.tr("&Help")), window.tr
    return (
        make("keys", tr("All keys"), partial(_show_keys, window), "?", "F1"),
        make("rebind", tr("Keyboard shortcuts..."), partial(_change_keys, window)),
    )


def _show_keys(window: MainWindow) -> None:
    CheatSheet(window.commands, window).open()


def _change_keys(window: MainWindow) -> None:
    dialog = KeyDialog(window.commands, window)
    dialog.saved.connect(window.save_keys)
    dialog.open()

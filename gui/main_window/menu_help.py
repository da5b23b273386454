"""The Help menu: guide, keys, log, versions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gui.commands.cheat_sheet import CheatSheet
from gui.commands.command import Command, MenuOf
from gui.commands.shortcut_dialog import KeyDialog
from gui.dialogs.about_dialog import AboutDialog
from gui.dialogs.help_window import show_help
from gui.dialogs.log_viewer import LogViewer
from resources import guide_page

if TYPE_CHECKING:
    from gui.main_window.window import MainWindow


def help_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the Help menu."""
    make = MenuOf("help", "&Help")
    return (
        make("tour", "Five-minute tour", partial(show_page, window, "five-minute-tour")),
        make("reading", "Reading heatmaps", partial(show_page, window, "reading-heatmaps")),
        make("guide", "User guide", partial(show_page, window, "user-guide")),
        None,
        make("keys", "All keys", partial(_show_keys, window), "?", "F1"),
        make("rebind", "Keyboard shortcuts...", partial(_change_keys, window)),
        None,
        make("log", "Log...", partial(_show_log, window)),
        make("about", "About Motion Inspector", partial(_show_about, window)),
    )


def show_page(window: MainWindow, page: str) -> None:
    """Open the guide at one of its pages."""
    show_help(window, guide_page, page)


def _show_keys(window: MainWindow) -> None:
    CheatSheet(window.commands, window).open()


def _change_keys(window: MainWindow) -> None:
    dialog = KeyDialog(window.commands, window)
    dialog.saved.connect(window.save_keys)
    dialog.open()


def _show_log(window: MainWindow) -> None:
    LogViewer(window.log_buffer, window.backend.log_folder, window).open()


def _show_about(window: MainWindow) -> None:
    AboutDialog(window.backend.device(), window).open()

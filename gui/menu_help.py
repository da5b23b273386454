"""The Help menu: guide, keys, log, versions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gui.about import AboutDialog
from gui.cheat_sheet import CheatSheet
from gui.commands import Command, MenuOf
from gui.help_window import show_help
from gui.key_dialog import KeyDialog
from gui.log_viewer import LogViewer
from resources import guide_page

if TYPE_CHECKING:
    from gui.window import MainWindow


def help_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the Help menu."""
    make, tr = MenuOf("help", window.tr("&Help")), window.tr
    return (
        make("tour", tr("Five-minute tour"), partial(show_page, window, "five-minute-tour")),
        make("reading", tr("Reading heatmaps"), partial(show_page, window, "reading-heatmaps")),
        make("guide", tr("User guide"), partial(show_page, window, "user-guide")),
        None,
        make("keys", tr("All keys"), partial(_show_keys, window), "?", "F1"),
        make("rebind", tr("Keyboard shortcuts..."), partial(_change_keys, window)),
        None,
        make("log", tr("Log..."), partial(_show_log, window)),
        make("about", tr("About Motion Inspector"), partial(_show_about, window)),
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
    LogViewer(window.log, window.services.log_folder, window).open()


def _show_about(window: MainWindow) -> None:
    AboutDialog(window.services.device(), window).open()

"""The Help menu: guide, log, versions."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QWidget

from gui.backend import Backend
from gui.commands.command import Command
from gui.dialogs.about_dialog import AboutDialog
from gui.dialogs.help_window import show_help
from gui.dialogs.log_viewer import LogBuffer, LogViewer
from resources import guide_page


def help_commands(window: QWidget, log: LogBuffer, backend: Backend) -> tuple[Command, ...]:
    """Return the commands of the Help menu, with dialogs over `window`."""

    def show_log() -> None:
        LogViewer(log, backend.log_folder, window).open()

    def show_about() -> None:
        AboutDialog(backend.device(), window).open()

    page = partial(partial, show_page, window)
    return (
        Command("help.tour", "Five-minute tour", page("five-minute-tour")),
        Command("help.reading", "Reading heatmaps", page("reading-heatmaps")),
        Command("help.guide", "User guide", page("user-guide")),
        Command("help.log", "Log...", show_log),
        Command("help.about", "About Motion Inspector", show_about),
    )


def show_page(window: QWidget, page: str) -> None:
    """Open the guide at one of its pages."""
    show_help(window, guide_page, page)

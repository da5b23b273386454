"""File dialogs behind the menu: each asks without blocking, then tells the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gui.session.open_files import VIDEO_KINDS
from gui.state.session_file import SUFFIX
from gui.widgets.file_dialog import file_dialog, folder_dialog

if TYPE_CHECKING:
    from gui.main_window.window import MainWindow


def choose_file(window: MainWindow) -> None:
    """Ask for a video or session and open it."""
    kinds = f"{'Videos and sessions'} ({VIDEO_KINDS} *{SUFFIX})"
    kinds = f"{kinds};;{'All files'} (*)"
    file_dialog(window, "Open", window.open_file, kinds).open()


def choose_analysis(window: MainWindow) -> None:
    """Ask for an analysis folder and open it."""
    folder_dialog(window, "Open an analysis", window.open_file).open()


def choose_other(window: MainWindow) -> None:
    """Ask for an analysis folder to compare with."""
    folder_dialog(window, "Compare with an analysis", window.comparison.open).open()


def choose_save(window: MainWindow) -> None:
    """Ask for a folder and save the analysis there."""
    title = "Save the analysis in this folder"
    folder_dialog(window, title, window.save_analysis_to).open()

"""File dialogs behind the menu: each asks without blocking, then tells the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.video.writing import FORMATS
from gui.file_dialog import file_dialog, folder_dialog, save_dialog
from gui.opening import VIDEO_KINDS
from gui.session_file import SUFFIX

if TYPE_CHECKING:
    from gui.window import MainWindow


def choose_file(window: MainWindow) -> None:
    """Ask for a video or session and open it."""
    kinds = f"{window.tr('Videos and sessions')} ({VIDEO_KINDS} *{SUFFIX})"
    kinds = f"{kinds};;{window.tr('All files')} (*)"
    file_dialog(window, window.tr("Open"), window.open_file, kinds).open()


def choose_analysis(window: MainWindow) -> None:
    """Ask for an analysis folder and open it."""
    folder_dialog(window, window.tr("Open an analysis"), window.open_file).open()


def choose_other(window: MainWindow) -> None:
    """Ask for an analysis folder to compare with."""
    folder_dialog(window, window.tr("Compare with an analysis"), window.comparing.open).open()


def choose_export(window: MainWindow) -> None:
    """Ask for a file name and export the annotated clip in the format of its suffix."""
    stem = window.video.path.stem if window.video else "clip"
    filters = {f"{title} (*.{suffix})": suffix for suffix, title in FORMATS.items()}

    def export(path: Path) -> None:
        suffix = filters[dialog.selectedNameFilter()]
        window.export_to(path if path.suffix else path.with_suffix(f".{suffix}"))

    title, name = window.tr("Export the clip"), f"{stem}-annotated.mp4"
    dialog = save_dialog(window, title, export, ";;".join(filters), name)
    dialog.open()


def choose_save(window: MainWindow) -> None:
    """Ask for a folder and save the analysis there."""
    title = window.tr("Save the analysis in this folder")
    folder_dialog(window, title, window.save_analysis_to).open()

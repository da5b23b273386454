"""File dialogs behind the menu: each asks, then tells the window what was chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from engine.video.writing import FORMATS

if TYPE_CHECKING:
    from gui.window import MainWindow


def choose_video(window: MainWindow) -> None:
    """Ask for a video file and open it."""
    path, _ = QFileDialog.getOpenFileName(window, "Open a video")
    if path:
        window.open_video(Path(path))


def choose_analysis(window: MainWindow) -> None:
    """Ask for an analysis folder and open it."""
    folder = QFileDialog.getExistingDirectory(window, "Open an analysis")
    if folder:
        window.open_analysis(Path(folder))


def choose_other(window: MainWindow) -> None:
    """Ask for an analysis folder to compare with."""
    folder = QFileDialog.getExistingDirectory(window, "Compare with an analysis")
    if folder:
        window.comparing.open(Path(folder))


def choose_export(window: MainWindow) -> None:
    """Ask for a file name and export the annotated clip in the format of its suffix."""
    stem = window.video.path.stem if window.video else "clip"
    filters = {f"{title} (*.{suffix})": suffix for suffix, title in FORMATS.items()}
    name, chosen = QFileDialog.getSaveFileName(
        window, "Export the clip", f"{stem}-annotated.mp4", ";;".join(filters)
    )
    if name:
        path = Path(name)
        window.export_to(path if path.suffix else path.with_suffix(f".{filters[chosen]}"))


def choose_save(window: MainWindow) -> None:
    """Ask for a folder and save the analysis there."""
    folder = QFileDialog.getExistingDirectory(window, "Save the analysis in this folder")
    if folder:
        window.save_analysis_to(Path(folder))

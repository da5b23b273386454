"""File dialogs behind the menu: each asks without blocking, then tells the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from engine.video.writing import FORMATS

if TYPE_CHECKING:
    from gui.window import MainWindow


def choose_video(window: MainWindow) -> None:
    """Ask for a video file and open it."""
    _asking(window, window.tr("Open a video"), window.open_video).open()


def choose_analysis(window: MainWindow) -> None:
    """Ask for an analysis folder and open it."""
    dialog = _asking(window, window.tr("Open an analysis"), window.open_analysis)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.open()


def choose_other(window: MainWindow) -> None:
    """Ask for an analysis folder to compare with."""
    dialog = _asking(window, window.tr("Compare with an analysis"), window.comparing.open)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.open()


def choose_export(window: MainWindow) -> None:
    """Ask for a file name and export the annotated clip in the format of its suffix."""
    stem = window.video.path.stem if window.video else "clip"
    filters = {f"{title} (*.{suffix})": suffix for suffix, title in FORMATS.items()}

    def export(path: Path) -> None:
        suffix = filters[dialog.selectedNameFilter()]
        window.export_to(path if path.suffix else path.with_suffix(f".{suffix}"))

    dialog = _asking(window, window.tr("Export the clip"), export)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters(list(filters))
    dialog.selectFile(f"{stem}-annotated.mp4")
    dialog.open()


def choose_save(window: MainWindow) -> None:
    """Ask for a folder and save the analysis there."""
    dialog = _asking(window, window.tr("Save the analysis in this folder"), window.save_analysis_to)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.open()


def _asking(window: MainWindow, title: str, take: Callable[[Path], object]) -> QFileDialog:
    """A dialog for an existing file, which the caller may turn into another and opens."""
    dialog = QFileDialog(window, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda name: take(Path(name)))
    return dialog

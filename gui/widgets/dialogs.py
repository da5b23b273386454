"""Dialogs that do not block the window: files, folders, tables of texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QMessageBox, QWidget

from gui.widgets.plain_text import plain


def file_dialog(
    parent: QWidget, title: str, take: Callable[[Path], object], kinds: str = ""
) -> QFileDialog:
    """Make a dialog for an existing file, to be opened with ``open()``.

    ``take`` is given the file that was chosen. Only files of ``kinds`` are shown, a text such as
    "Videos (*.mp4 *.webm);;All files (*)".
    """
    dialog = QFileDialog(parent, title, "", kinds)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(lambda name: take(Path(name)))
    return dialog


def folder_dialog(parent: QWidget, title: str, take: Callable[[Path], object]) -> QFileDialog:
    """Make a dialog for a folder, otherwise as `file_dialog`."""
    dialog = file_dialog(parent, title, take)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    return dialog


def save_dialog(
    parent: QWidget,
    title: str,
    take: Callable[[Path], object],
    kinds: str,
    name: str,
    suffix: str = "",
) -> QFileDialog:
    """Make a dialog for a file to write, otherwise as `file_dialog`.

    It begins with ``name``; a name without a suffix gets ``suffix``.
    """
    dialog = file_dialog(parent, title, take, kinds)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.selectFile(name)
    return dialog


def message_box(
    parent: QWidget,
    text: str,
    more: str = "",
    *,
    title: str = "Motion Inspector",
    icon: QMessageBox.Icon = QMessageBox.Icon.NoIcon,
) -> QMessageBox:
    """Make a box with a text, and more of it in small, to be opened with ``open()``."""
    box = QMessageBox(icon, title, "", parent=parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setText(plain(text))
    box.setInformativeText(plain(more))
    for label in box.findChildren(QLabel):
        label.setTextFormat(Qt.TextFormat.PlainText)
    return box


def ask_replace(parent: QWidget, path: Path, replace: Callable[[], object]) -> QMessageBox:
    """Ask whether a file may be replaced, and call ``replace`` if so."""
    box = message_box(
        parent,
        f"{path.name} is there already.",
        f"It lies in {path.absolute().parent}.",
        icon=QMessageBox.Icon.Question,
    )
    box.setTextFormat(Qt.TextFormat.PlainText)
    button = box.addButton("Replace it", QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(QMessageBox.StandardButton.Cancel)
    button.clicked.connect(replace)
    box.open()
    return box


def ask_where(
    parent: QWidget, text: str, more: str, name: str, take: Callable[[Path], object]
) -> QMessageBox:
    """Let the user look for a file that is not where it was, and call ``take`` with it."""
    box = message_box(parent, text, more, icon=QMessageBox.Icon.Question)
    look = box.addButton("Look for it...", QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(look)
    look.clicked.connect(lambda: file_dialog(parent, f"Where is {name} now?", take).open())
    box.open()
    return box


def show_table(parent: QWidget, title: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Show names with their texts, without blocking the window."""
    rows = "".join(
        f"<tr><td><b>{escape(plain(name))}</b>&nbsp;&nbsp;</td><td>{escape(plain(text))}</td></tr>"
        for name, text in pairs
    )
    box = message_box(parent, "", title=title)
    box.setTextFormat(Qt.TextFormat.RichText)
    box.setText(f"<table>{rows}</table>")
    box.open()

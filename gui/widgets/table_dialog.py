"""A small dialog with names and texts."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


def show_table(parent: QWidget, title: str, pairs: Iterable[tuple[str, str]]) -> None:
    """Show names with their texts, without blocking the window."""
    rows = "".join(
        f"<tr><td><b>{escape(name)}</b>&nbsp;&nbsp;</td><td>{escape(text)}</td></tr>"
        for name, text in pairs
    )
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(title)
    box.setText(f"<table>{rows}</table>")
    box.open()

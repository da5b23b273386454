"""Every word that a widget shows, whatever the classes of its parts."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QAbstractItemModel, QAbstractListModel, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QComboBox,
    QGroupBox,
    QLabel,
    QLineEdit,
    QMenuBar,
    QStatusBar,
    QTabBar,
    QWidget,
)

from gui.commands.command import CommandTable


def words_in(widget: QWidget) -> str:
    """Return the words of all visible parts, a line each, in the order of the widget tree."""
    parts = [part for part in [widget, *widget.findChildren(QWidget)] if part.isVisible()]
    lines = [f"title: {widget.windowTitle()}"]
    for part in parts:
        lines += [_line(kind, text) for kind, text in _texts(part) if text.strip()]
    return "\n".join(lines)


def commands_in(table: CommandTable) -> str:
    """Return the commands with their words, menus and keys, a line each."""
    return "\n".join(
        " | ".join((name, command.text, table.menu_of[name], ", ".join(table.keys(name))))
        for name, command in table.commands.items()
    )


def _line(kind: str, text: str) -> str:
    return f"{kind}: " + text.strip().replace("\n", "\n    ")


def _texts(part: QWidget) -> Iterator[tuple[str, str]]:
    if isinstance(part, QLabel | QLineEdit):
        yield "text", part.text()
    elif isinstance(part, QAbstractButton):
        yield "button" if part.isEnabled() else "button, disabled", part.text()
    elif isinstance(part, QComboBox):
        yield "choice", part.currentText()
        yield "choices", " | ".join(part.itemText(index) for index in range(part.count()))
    elif isinstance(part, QGroupBox):
        yield "group", part.title()
    elif isinstance(part, QTabBar):
        yield from (("tab", part.tabText(index)) for index in range(part.count()))
    elif isinstance(part, QStatusBar):
        yield "status", part.currentMessage()
    elif isinstance(part, QAbstractItemView) and part.model() is not None:
        yield from (("row", text) for text in _rows(part.model()))
    elif isinstance(part, QMenuBar):
        yield from (pair for action in part.actions() for pair in _of_action(action))
    yield "tip", part.toolTip()
    yield "name", part.accessibleName()


def _rows(model: QAbstractItemModel) -> Iterator[str]:
    if isinstance(model, QAbstractListModel):
        yield from (str(model.index(row, 0).data()) for row in range(model.rowCount()))
        return
    across, columns = Qt.Orientation.Horizontal, range(model.columnCount())
    yield " | ".join(str(model.headerData(column, across) or "") for column in columns)
    for row in range(model.rowCount()):
        cells = (model.index(row, column).data() for column in columns)
        yield " | ".join("" if cell is None else str(cell) for cell in cells)


def _of_action(action: QAction) -> Iterator[tuple[str, str]]:
    yield "action" if action.isEnabled() else "action, disabled", action.text()
    menu = action.menu()
    if isinstance(menu, QWidget):
        yield from (pair for inner in menu.actions() for pair in _of_action(inner))

"""All keys on one sheet, as they are now."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QWidget

from gui.commands.command import CommandTable, native_text
from gui.theme import theme
from gui.widgets.form_widgets import hint_label, vbox
from gui.widgets.plain_text import PlainLabel

_COLUMNS = 3


class CheatSheet(QDialog):
    """The keys of all commands by menu, closed by Escape."""

    def __init__(self, table: CommandTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Keys")
        columns = QHBoxLayout()
        columns.setSpacing(28)
        for blocks in _spread(_blocks(table)):
            column = PlainLabel()
            column.setTextFormat(Qt.TextFormat.RichText)
            column.setText("".join(blocks))
            column.setAlignment(Qt.AlignmentFlag.AlignTop)
            columns.addWidget(column)
        hint = hint_label(
            "Wheel: zoom. Drag: pan. Drag a pane's title onto another: swap. Double click: "
            "fit to pane. Shift+drag on the timeline: a range."
        )
        vbox(self, columns, hint, margins=(20, 16, 20, 16), spacing=14)


def _blocks(table: CommandTable) -> list[tuple[int, str]]:
    """Return the rows and the HTML of each menu."""
    menus: dict[str, list[str]] = {}
    for name, command in table.commands.items():
        shown = "  ".join(native_text(keys) for keys in table.keys(name))
        if shown:
            colour = theme.colours().motion  # darker than the accent on light ground
            row = (
                f"<tr><td style='color:{colour}; padding-right:14px; white-space:pre'>"
                f"{escape(shown)}</td><td>{escape(command.text)}</td></tr>"
            )
            menus.setdefault(table.menu_of[name].split("/")[0].replace("&", ""), []).append(row)
    return [
        (len(rows) + 2, f"<p><b>{escape(title)}</b></p><table>{''.join(rows)}</table>")
        for title, rows in menus.items()
    ]


def _spread(blocks: list[tuple[int, str]]) -> list[list[str]]:
    """Spread the blocks over columns of about the same length, in order."""
    whole = sum(rows for rows, _ in blocks)
    columns: list[list[str]] = [[] for _ in range(_COLUMNS)]
    before = 0
    for rows, text in blocks:
        middle = before + rows / 2
        columns[min(int(middle / whole * _COLUMNS), _COLUMNS - 1)].append(text)
        before += rows
    return [column for column in columns if column]

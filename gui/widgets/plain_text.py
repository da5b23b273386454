"""Texts that hold names from files, shown as they are: nothing in a name is markup or a command.

Qt takes a text that looks like HTML for HTML where nobody says otherwise, loads its pictures and
follows its links. A label is a `PlainLabel` unless all of its text is ours or escaped; a tooltip
with a name goes through `tip`, a menu or button through `menu_text`.
"""

from __future__ import annotations

import html
import unicodedata

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

_MOST = 1000
_MOST_IN_MENU = 80
_STRANGE = "\N{REPLACEMENT CHARACTER}"
_DIRECTIONS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str, most: int = _MOST) -> str:
    """Return a text without control characters and marks of direction, shortened in the middle."""
    if len(text) > most:
        half = (most - 1) // 2
        text = f"{text[:half]}…{text[-half:]}"
    return "".join(_shown(character) for character in text)


def in_one_line(text: str, most: int = _MOST) -> str:
    """Return a text as `plain`, in one line."""
    return " ".join(plain(text, most).split())


def menu_text(text: str) -> str:
    """Return a text for a menu, button or tab, where "&" marks a key."""
    return in_one_line(text, _MOST_IN_MENU).replace("&", "&&")


def title_text(text: str) -> str:
    """Return a text for a window's title, where "[*]" marks unsaved changes."""
    return in_one_line(text, _MOST_IN_MENU).replace("[*]", "[*][*]")


def tip(text: str) -> str:
    """Return a text for a tooltip, escaped if Qt might take it for HTML."""
    shown = plain(text)
    if "<" not in shown and "&" not in shown:
        return shown
    return f"<p>{html.escape(shown)}</p>".replace("\n", "<br>")


class PlainLabel(QLabel):
    """A label whose text is shown as it is, unless `setTextFormat` says otherwise."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show a text."""
        is_plain = self.textFormat() == Qt.TextFormat.PlainText
        super().setText(plain(text) if is_plain else text)


def _shown(character: str) -> str:
    if character in _DIRECTIONS:
        return _STRANGE
    if character in "\n\t":
        return character
    return _STRANGE if unicodedata.category(character) in ("Cc", "Cs") else character

"""A faint sentence that ends in a link to a page of the guide."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QLabel, QWidget


class HintLink(QLabel):
    """A faint text with a link behind it, which keyboard and mouse follow.

    Parameters
    ----------
    link, page : str
        What the link says, and what `linkActivated` brings.
    """

    def __init__(self, link: str, page: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._link = f'<a href="{page}">{link}</a>'
        self._said = ""
        self.setObjectName("faint")
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
        )

    def say(self, text: str) -> None:
        """Show a text before the link."""
        self._said = text
        self.clear()  # the same text again would keep its link in the old colour
        self.setText(f"{escape(text, quote=False)} {self._link}")

    def changeEvent(self, event: QEvent) -> None:
        """Take over the colours of another scheme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.text():
            self.say(self._said)

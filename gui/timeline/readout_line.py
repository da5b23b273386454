"""The line of the readout, which takes further lines where its values need them."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.widgets.plain_text import PlainLabel


class ReadoutLine(PlainLabel):
    """Rich text that wraps. It grows by lines as needed and keeps them: plots must not jump."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self.setObjectName("faint")
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._fit(0)

    def show_text(self, text: str) -> None:
        """Show a text, in more lines if it needs them."""
        if text != self.text():
            self.setText(text)
            self._fit(self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take as many lines as the text needs at another width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit(0)

    def _fit(self, least_px: int) -> None:
        self.setMinimumHeight(least_px)  # which `heightForWidth` never goes below
        needed = self.heightForWidth(max(self.width(), 1)) if self.text() else 0
        self.setFixedHeight(max(needed, least_px, self.fontMetrics().height()))

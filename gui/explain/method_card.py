"""The card of the chosen method: meaning, trust, cost and source."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QToolButton, QWidget

from engine.descriptions import MethodInfo
from gui.widgets.form_widgets import hint_label, notice_label, vbox


def card_text(method: MethodInfo) -> str:
    """Return a method's card as rich text, which tooltips wrap."""
    return f"<p><b>{html.escape(method.summary)}</b></p>{_details(method)}"


def _details(method: MethodInfo) -> str:
    return (
        f"<p>{html.escape(method.trust)}</p>"
        f"<p>Cost: {html.escape(method.cost)}. <i>{html.escape(method.source)}</i></p>"
    )


class MethodCard(QWidget):
    """Summary of a method, with the rest behind "More"."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.summary, self.details = hint_label(), notice_label()
        self.details.setTextFormat(Qt.TextFormat.RichText)
        self.details.hide()
        self.more = QToolButton()
        self.more.setObjectName("link")
        self.more.setCheckable(True)
        self.more.setAutoRaise(True)
        self.more.setToolTip("When to trust the method, its cost and its source")
        self.more.toggled.connect(self._on_more_toggled)
        self._on_more_toggled(False)
        vbox(self, self.summary, self.details, self.more, spacing=4)

    def show_method(self, method: MethodInfo) -> None:
        """Show the card of a method."""
        self.summary.setText(method.summary)
        self.details.setText(_details(method))
        self.more.setVisible(True)

    def show_unknown(self, name: str) -> None:
        """Tell that nothing is known of a method."""
        self.summary.setText(f"{name} is not here: a plugin brings it.")
        self.more.setChecked(False)
        self.more.setVisible(False)

    @Slot(bool)
    def _on_more_toggled(self, is_open: bool) -> None:
        self.details.setVisible(is_open)
        self.more.setText("Less" if is_open else "More")

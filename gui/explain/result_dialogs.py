"""Questions about results."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMessageBox, QWidget

from gui.state.results import Result
from gui.widgets.dialogs import message_box

_HINTS = {
    "cache": "It is removed from the cache. Explaining it again takes its time.",
    "temporary": "It is kept nowhere else. Explaining it again takes its time.",
}


def ask_delete(
    parent: QWidget, result: Result, title: str, delete: Callable[[], object]
) -> QMessageBox:
    """Ask whether a result may be deleted, and call ``delete`` if so.

    One in a folder of the user's is only taken off the list.
    """
    stays = result.place == "folder"
    text = f"Take {title} off the list?" if stays else f"Delete {title}?"
    hint = _HINTS.get(result.place, f"Its folder stays: {result.folder}")
    box = message_box(parent.window(), text, hint, icon=QMessageBox.Icon.Question)
    word = "Take it off" if stays else "Delete it"
    button = box.addButton(word, QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(QMessageBox.StandardButton.Cancel)
    button.clicked.connect(delete)
    box.open()
    return box

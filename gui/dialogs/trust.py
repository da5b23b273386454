"""The question before a network's own code is run."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMessageBox, QWidget

from gui.tasks.jobs import Failure
from gui.widgets.dialogs import message_box


def ask_trust(parent: QWidget, failure: Failure, agreed: Callable[[], None]) -> QMessageBox:
    """Ask whether to run the file that stopped a job, and call ``agreed`` if so.

    The window is not blocked meanwhile.
    """
    hint = "If you know where it comes from, it is run now and later."
    icon = QMessageBox.Icon.Warning
    box = message_box(parent, failure.message, hint, title="Run this file?", icon=icon)
    run = box.addButton("Run it", QMessageBox.ButtonRole.AcceptRole)
    leave = box.addButton("Leave it", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(leave)
    run.clicked.connect(lambda: agreed())
    box.open()
    return box

"""The question before a network's own code is run."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from gui.tasks.jobs import Failure


def ask_trust(parent: QWidget, failure: Failure, agreed: Callable[[], None]) -> QMessageBox:
    """Ask whether to run the file that stopped a job, and call ``agreed`` if so.

    The window is not blocked meanwhile.
    """
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Run this file?")
    box.setText(failure.message)
    box.setInformativeText("If you know where it comes from, it is run now and later.")
    run = box.addButton("Run it", QMessageBox.ButtonRole.AcceptRole)
    leave = box.addButton("Leave it", QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(leave)
    run.clicked.connect(lambda: agreed())
    box.open()
    return box

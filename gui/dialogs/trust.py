"""The question before a network's own code is run, or frames are sent to a server."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QMessageBox, QWidget

from gui.tasks.jobs import Failure
from gui.widgets.dialogs import message_box

_RUN = (
    "Run this file?",
    "If you know where it comes from, it is run now and later.",
    "Run it",
    "Leave it",
)
_SEND = (
    "Send frames to this server?",
    "If you know who runs it, frames are sent to it now and later.",
    "Send them",
    "Do not send",
)


def ask_trust(parent: QWidget, failure: Failure, agreed: Callable[[], None]) -> QMessageBox:
    """Ask whether to run the file or use the server that stopped a job, then call ``agreed``.

    The window is not blocked meanwhile.
    """
    title, hint, yes, no = _SEND if isinstance(failure.untrusted, str) else _RUN
    icon = QMessageBox.Icon.Warning
    box = message_box(parent, failure.message, hint, title=title, icon=icon)
    agree = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    leave = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(leave)
    agree.clicked.connect(lambda: agreed())
    box.open()
    return box

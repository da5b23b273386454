"""The question before a network's own code is run, or frames are sent to a server."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QMessageBox, QPlainTextEdit, QWidget

from engine.errors import UntrustedCode
from engine.utils.printable import code_lines
from gui.tasks.jobs import Failure
from gui.widgets.dialogs import message_box

_RUN = (
    "Run this code?",
    "If you know where it comes from, it is run now and later, as it is now.",
    "Run it",
    "Leave it",
)
_SEND = (
    "Send frames to this server?",
    "If you know who runs it, frames are sent to it now and later.",
    "Send them",
    "Do not send",
)

_WIDTH, _MOST_LINES = 480, 10


def ask_trust(parent: QWidget, failure: Failure, agreed: Callable[[], None]) -> QMessageBox:
    """Ask whether to run the code or use the server that stopped a job, then call ``agreed``.

    All files of the code are listed. The window is not blocked meanwhile.
    """
    title, hint, yes, no = _SEND if isinstance(failure.untrusted, str) else _RUN
    icon = QMessageBox.Icon.Warning
    box = message_box(parent, failure.message, hint, title=title, icon=icon)
    box.setTextFormat(Qt.TextFormat.PlainText)
    if isinstance(failure.untrusted, UntrustedCode):
        _add_list(box, failure.untrusted)
    agree = box.addButton(yes, QMessageBox.ButtonRole.AcceptRole)
    leave = box.addButton(no, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(leave)
    agree.clicked.connect(lambda: agreed())
    box.open()
    return box


def _add_list(box: QMessageBox, code: UntrustedCode) -> None:
    """Show the files below the texts, and scroll where they are many."""
    lines = code_lines(code)
    shown = QPlainTextEdit("\n".join(lines))
    shown.setReadOnly(True)
    shown.setTabChangesFocus(True)
    shown.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    shown.setAccessibleName("Files that would run")
    shown.setMinimumWidth(_WIDTH)
    shown.setFixedHeight((min(len(lines), _MOST_LINES) + 2) * shown.fontMetrics().lineSpacing())
    layout = box.layout()
    assert isinstance(layout, QGridLayout)
    layout.addWidget(shown, layout.rowCount(), 0, 1, layout.columnCount())

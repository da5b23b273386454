"""Keys of lists whose rows are gone to, renamed and removed."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
REMOVE = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_OWN = (*ENTER, *REMOVE, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_F2)


def claimed(event: QEvent) -> bool:
    """Keep a key of a list from being taken by the window. Return True if it was one."""
    if event.type() != QEvent.Type.ShortcutOverride:
        return False
    key = cast("QKeyEvent", event)
    if key.key() not in _OWN or key.modifiers() != Qt.KeyboardModifier.NoModifier:
        return False
    event.accept()
    return True

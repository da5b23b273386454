"""Leaves Space and Return to the control that has the focus, before they are the window's."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QComboBox, QWidget

from gui.explain.peak_list import PeakList
from gui.explain.results_panel import TopClasses

_SPACE = frozenset({Qt.Key.Key_Space})
_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


class FocusKeyFilter(QObject):
    """Lets controls be worked with the keyboard, and playback with the mouse in between.

    A control reached with Tab is pressed by Space. A click gives no focus to buttons and lists of
    choices, so that Space after it still plays.

    Parameters
    ----------
    window : QWidget
        Parent of the controls, which must exist already.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._keys: dict[QObject, frozenset[Qt.Key]] = {}
        for button in window.findChildren(QAbstractButton):
            self._take(button, _SPACE)
        for combo in window.findChildren(QComboBox):
            if not combo.isEditable():
                self._take(combo, _SPACE)
        for part in (*window.findChildren(TopClasses), *window.findChildren(PeakList)):
            self._watch(part, _SPACE | _ENTER)

    def _take(self, control: QWidget, keys: frozenset[Qt.Key]) -> None:
        if control.focusPolicy() == Qt.FocusPolicy.StrongFocus:
            control.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._watch(control, keys)

    def _watch(self, control: QWidget, keys: frozenset[Qt.Key]) -> None:
        self._keys[control] = keys
        control.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim a key before the window's shortcuts do."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            plain = not event.modifiers()
            if plain and Qt.Key(event.key()) in self._keys.get(watched, frozenset()):
                event.accept()
                return True
        return super().eventFilter(watched, event)

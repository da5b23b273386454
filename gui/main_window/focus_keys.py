"""Who has the keyboard: a field keeps its keys, and hands them back to the player."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDockWidget,
    QLineEdit,
    QMainWindow,
    QPlainTextEdit,
    QSlider,
    QTableView,
    QWidget,
)

_ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
_LEAVE = frozenset({Qt.Key.Key_Escape})
_PRESS = frozenset({Qt.Key.Key_Space})
_ALONG = frozenset({Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End})
_COMMANDS = (
    Qt.KeyboardModifier.ControlModifier
    | Qt.KeyboardModifier.AltModifier
    | Qt.KeyboardModifier.MetaModifier
)
_TYPED = QLineEdit | QAbstractSpinBox | QComboBox


class FocusKeys(QObject):
    """Lets fields and controls be worked with keys, and the player have them otherwise.

    A field keeps every key that it can use. Return takes what it holds and Escape gives it up;
    both hand the keys back, as does a click on a picture, a button, a list of choices or empty
    ground. A control reached with Tab is pressed by Space or Return. One that is hidden or
    disabled hands the keys back too, rather than to the control after it.

    Whatever gets the keyboard is watched while it has it, so this holds for new parts as well.

    Parameters
    ----------
    window : QMainWindow
        Has the keyboard when no control has: its keys are then the commands of the player.
    """

    def __init__(self, window: QMainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._watched: tuple[QWidget, ...] = ()
        self._give_up: Callable[[], object] | None = None
        self._by_mouse = self._is_passing = False
        self._editor_lender: QWidget | None = None
        for part in (window, *window.findChildren(QDockWidget)):
            part.setFocusPolicy(Qt.FocusPolicy.ClickFocus)  # Qt asks the parents of what is clicked
        window.setFocus()
        cast("QApplication", QApplication.instance()).focusChanged.connect(self._on_focus_changed)

    @Slot(QWidget, QWidget)
    def _on_focus_changed(self, old: QWidget | None, now: QWidget | None) -> None:
        for part in self._watched:
            part.removeEventFilter(self)
        self._watched = ()
        if now is None or not self._is_ours(now):
            return
        by_mouse = QApplication.mouseButtons() != Qt.MouseButton.NoButton
        if by_mouse:
            is_done = not _keeps_clicks(now)
        else:
            is_done = _is_gone(old) or self._has_ended_editing(old)
        if is_done:
            now.window().setFocus()
        else:
            self._watch(now, by_mouse=by_mouse)
            self._editor_lender = old

    def _has_ended_editing(self, old: QWidget | None) -> bool:
        """Return whether a text was edited on behalf of the player: Qt gives the table the keys."""
        lender = self._editor_lender
        return isinstance(old, QPlainTextEdit) and (lender is None or _is_player(lender))

    def _is_ours(self, part: QWidget) -> bool:
        """Return whether a part is in the window or in a panel that floats over it."""
        top = part.window()
        return top is self._window or (isinstance(top, QDockWidget) and top is not part)

    def _watch(self, part: QWidget, *, by_mouse: bool) -> None:
        if _is_player(part):
            return
        popup = _popup_of(part)
        self._watched = (part,) if popup is None else (part, popup)
        self._give_up, self._by_mouse = None, by_mouse
        for each in self._watched:
            each.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Claim keys before the window's commands do, and hand the keyboard back after them."""
        if watched not in self._watched or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        part = self._watched[0]
        if event.type() == QEvent.Type.ShortcutOverride and self._claims(part, event):
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress and not self._is_passing:
            return self._press(part, watched, event)
        return super().eventFilter(watched, event)

    def _claims(self, part: QWidget, event: QKeyEvent) -> bool:
        """Return whether a key is the part's own, not a command of the window."""
        key, bare = Qt.Key(event.key()), not event.modifiers() & _COMMANDS
        if _is_field(part):
            return bare and not Qt.Key.Key_F1 <= key <= Qt.Key.Key_F35
        if isinstance(part, QSlider):
            return bare and key in (_LEAVE if self._by_mouse else _LEAVE | _ALONG)
        own = _ENTER | _LEAVE if isinstance(part, QAbstractItemView) else _ENTER | _LEAVE | _PRESS
        return not event.modifiers() and key in own

    def _press(self, part: QWidget, watched: QWidget, event: QKeyEvent) -> bool:
        """Work a key that presses a button or ends the use of a part. Return False for others."""
        key = Qt.Key(event.key())
        if isinstance(part, QAbstractButton) and key in _ENTER:
            part.click()
            return True
        if not _ends(part, key):
            if self._give_up is None and key not in _ENTER:
                self._give_up = _restoring(part)
            return False
        self._end(part, watched, event)
        return True

    def _end(self, part: QWidget, watched: QWidget, event: QKeyEvent) -> None:
        """Let a part or its list of choices have a key first, then hand the keyboard back."""
        is_leaving = Qt.Key(event.key()) in _LEAVE
        self._is_passing = True  # still watched: Qt asks again whether the key is a command
        QCoreApplication.sendEvent(watched, event)
        self._is_passing = False
        event.accept()
        if is_leaving and watched is not part:
            return  # the list of choices has closed, and what is typed may go on
        if is_leaving and self._give_up is not None:
            self._give_up()
        if is_leaving or not part.property("wrong"):
            part.window().setFocus()


def _is_player(part: QWidget) -> bool:
    return isinstance(part, QMainWindow | QDockWidget)


def _is_gone(part: QWidget | None) -> bool:
    return part is not None and not (part.isVisible() and part.isEnabled())


def _is_field(part: QWidget) -> bool:
    if isinstance(part, QComboBox):
        return part.isEditable()
    return isinstance(part, QLineEdit | QAbstractSpinBox | QPlainTextEdit)


def _keeps_clicks(part: QWidget) -> bool:
    """Return whether a click gives a part the keyboard: to type, to turn its wheel, to choose."""
    return _is_field(part) or part.isWindow() or isinstance(part, QSlider | QTableView)


def _ends(part: QWidget, key: Qt.Key) -> bool:
    """Return whether a key hands the keyboard back."""
    if isinstance(part, QPlainTextEdit):
        return False  # an editor in a table, which ends it
    return key in _LEAVE or (key in _ENTER and isinstance(part, _TYPED))


def _popup_of(part: QWidget) -> QWidget | None:
    """Return the list of choices under a field, which has its keys while it is open."""
    completer = part.completer() if isinstance(part, QLineEdit | QComboBox) else None
    return None if completer is None else completer.popup()


def _restoring(part: QWidget) -> Callable[[], object] | None:
    """Return a function that gives a field what it holds now."""
    if isinstance(part, QLineEdit):
        return partial(part.setText, part.text())
    if isinstance(part, QComboBox) and part.isEditable():
        return partial(part.setCurrentText, part.currentText())
    if isinstance(part, QAbstractSpinBox):
        value = cast("QWidget", part).property("value")
        return lambda: part.setProperty("value", value)
    return None

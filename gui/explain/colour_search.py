"""A box of colour maps: the usual ones listed, all others found by typing a part of the name."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPixmap, QShowEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QListView, QWidget

from engine.render import COLOURS, HeatLook, colour_bar, is_colour_map, searched
from gui.widgets.form_widgets import narrow
from gui.widgets.picture_strip import image_of

_Index = QModelIndex | QPersistentModelIndex
_ROOT = QModelIndex()
_SWATCH = 48, 12
_AT_ONCE = 25
"""Names looked at between two turns of the event loop."""
_VISIBLE_ROWS = 14
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class ColourNames(QAbstractListModel):
    """Names of all maps, with a picture of each. The searched ones come in bit by bit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names = list(COLOURS)
        self._more: Iterator[str] | None = None
        self._pictures: dict[str, QPixmap] = {}

    def fill(self) -> None:
        """Begin to list the searched maps, once."""
        if self._more is None:
            self._more = searched()
            self._add()

    @Slot()
    def _add(self) -> None:
        names = list(islice(self._more or (), _AT_ONCE))
        if not names:
            return
        count = len(self.names)
        self.beginInsertRows(_ROOT, count, count + len(names) - 1)
        self.names += names
        self.endInsertRows()
        QTimer.singleShot(0, self, self._add)

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Return the number of names."""
        return 0 if parent.isValid() else len(self.names)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a name or its picture."""
        name = self.names[index.row()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return name
        return self._picture(name) if role == Qt.ItemDataRole.DecorationRole else None

    def _picture(self, name: str) -> QPixmap:
        if name not in self._pictures:
            self._pictures[name] = swatch(name)
        return self._pictures[name]


class ColourSearch(QComboBox):
    """Chooses a colour map.

    Signals
    -------
    chosen(name) : str
        Another map, by the user.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = next(iter(COLOURS))
        self.names = ColourNames(self)
        self._line = QLineEdit()
        self.setLineEdit(self._line)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setIconSize(QSize(*_SWATCH))
        for name in COLOURS:
            self.addItem(swatch(name), name)
        narrow(self)
        self.setToolTip("Type a part of a name to search all diverging and sequential maps of cmap")
        self._line.setPlaceholderText("Search colour maps")
        self._complete()
        self.activated.connect(self._on_settled)
        self.currentIndexChanged.connect(self._on_settled)
        self._line.editingFinished.connect(self._on_settled)

    def name(self) -> str:
        """Return the map that is chosen."""
        return self._name

    def show_name(self, name: str) -> None:
        """Show a map without telling anyone."""
        blocked = self.blockSignals(True)
        self._name = name
        if self.findText(name) < 0:
            self.addItem(swatch(name), name)
        self.setCurrentIndex(self.findText(name))
        self.setEditText(name)
        self._line.setCursorPosition(0)
        self.blockSignals(blocked)

    def _complete(self) -> None:
        completer = QCompleter(self.names, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(_VISIBLE_ROWS)
        popup = QListView()
        popup.setIconSize(QSize(*_SWATCH))
        completer.setPopup(popup)
        for part in (popup, self._line, self):
            part.installEventFilter(self)
        completer.activated[str].connect(self._on_settled)  # type: ignore[index]
        self.setCompleter(completer)

    @Slot()
    def _on_settled(self, *_: object) -> None:
        """Take the text for a map, or go back to the one before."""
        typed = self.currentText().strip()
        name = next((name for name in self.names.names if name.lower() == typed.lower()), typed)
        if not is_colour_map(name):
            name = self._name
        changed = name != self._name
        self.show_name(name)
        if changed:
            self.chosen.emit(name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep Return for the name that is typed or chosen, whatever the window does with it."""
        is_asked = event.type() == QEvent.Type.ShortcutOverride
        if is_asked and isinstance(event, QKeyEvent) and event.key() in _ENTER:
            event.accept()
            return True
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        """List all maps, before anything can be typed."""
        super().showEvent(event)
        self.names.fill()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Select the text so that typing replaces it."""
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._line.selectAll()


def swatch(name: str) -> QPixmap:
    """Draw a colour map, from full negative to full positive, over grey."""
    upright = colour_bar((_SWATCH[1], _SWATCH[0]), HeatLook(name, opacity=1.0))
    return QPixmap.fromImage(image_of(np.ascontiguousarray(upright[::-1].swapaxes(0, 1))))

"""The panes of a clip as a list: checked ones are shown, in this order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

from engine.render.export_clip_settings import USUAL_PANES
from engine.render.panes import PANES, clip_panes

_MOVES = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class PaneList(QListWidget):
    """List of panes, checked by a click or Space, moved by dragging or Alt with Up and Down.

    Signals
    -------
    chosen_changed()
        Other panes are checked, or their order is another one.
    """

    chosen_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Panes")
        self.setToolTip("Drag, or Alt+Up and Alt+Down, to change the order")
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.set_chosen(USUAL_PANES)
        self.setFixedHeight(len(clip_panes()) * self.sizeHintForRow(0) + 2 * self.frameWidth() + 4)
        self.itemChanged.connect(self.chosen_changed)
        self.model().rowsMoved.connect(self.chosen_changed)

    def chosen(self) -> tuple[str, ...]:
        """Return the checked panes in their order."""
        items = [self.item(row) for row in range(self.count())]
        checked = [item for item in items if item.checkState() == Qt.CheckState.Checked]
        return tuple(item.data(Qt.ItemDataRole.UserRole) for item in checked)

    def set_chosen(self, panes: Sequence[str]) -> None:
        """Check these panes and list them first, without unknown names."""
        offered = clip_panes()
        known = [pane for pane in dict.fromkeys(panes) if pane in offered]
        self.blockSignals(True)
        self.clear()
        for pane in (*known, *(pane for pane in offered if pane not in known)):
            item = QListWidgetItem(PANES[pane].title, self)
            item.setData(Qt.ItemDataRole.UserRole, pane)
            checked = Qt.CheckState.Checked if pane in known else Qt.CheckState.Unchecked
            item.setCheckState(checked)
        self.setCurrentRow(0)
        self.blockSignals(False)
        self.chosen_changed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the current pane with Alt."""
        step = _MOVES.get(Qt.Key(event.key()))
        if step is None or event.modifiers() != Qt.KeyboardModifier.AltModifier:
            super().keyPressEvent(event)
            return
        row = self.currentRow()
        target = max(0, min(row + step, self.count() - 1))
        if target != row:
            self.insertItem(target, self.takeItem(row))
            self.setCurrentRow(target)
            self.chosen_changed.emit()

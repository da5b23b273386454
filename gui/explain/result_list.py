"""The list of results: rows of two lines, with a name that can be changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFont, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gui.theme import theme
from gui.widgets.list_keys import ENTER, REMOVE, claimed
from gui.widgets.plain_text import in_one_line, tip

ROW = Qt.ItemDataRole.UserRole
RUNNING, SHOWN, PINNED = "running", "shown", "pinned"
_SIDE_PX, _LINE_PX, _PAD_PX = 8, 18, 5
_ROW_PX = 2 * (_LINE_PX + _PAD_PX)
_Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A row of the list.

    Attributes
    ----------
    folder : Path
        Of the analysis.
    title, about : str
        First and second line.
    share : str
        At the right of the first line.
    marks : tuple of str
        At the right of the second line: "running", "shown" and "pinned", as they are.
    more : str
        All that there is to say, for the tooltip.
    is_faint : bool
        Whether it cannot be shown at once.
    is_fixed : bool
        True for one that has neither name nor end yet.
    """

    folder: Path
    title: str
    about: str
    share: str = ""
    marks: tuple[str, ...] = ()
    more: str = ""
    is_faint: bool = False
    is_fixed: bool = False

    @property
    def text(self) -> str:
        """All of the row in one text, for search and readers of the screen."""
        return ", ".join(filter(None, (self.title, self.share, self.about, *self.marks)))

    @property
    def is_pinned(self) -> bool:
        """True for the one that others are compared with."""
        return PINNED in self.marks


class ResultRows(QAbstractListModel):
    """Rows, in their order.

    Signals
    -------
    renamed(folder, name) : Path, str
        The user typed another name.
    """

    renamed = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[ResultRow, ...] = ()

    def show_rows(self, rows: Sequence[ResultRow]) -> None:
        """Show rows. Those of the same folders are changed in place: the current one stays."""
        before, self.rows = self.rows, tuple(rows)
        if [row.folder for row in before] == [row.folder for row in self.rows]:
            for number, (old, new) in enumerate(zip(before, self.rows, strict=True)):
                if old is not new and old != new:
                    self.dataChanged.emit(self.index(number), self.index(number))
            return
        self.rows = before
        self.beginResetModel()
        self.rows = tuple(rows)
        self.endResetModel()

    def rowCount(self, parent: _Index = _NOWHERE) -> int:
        """Return the number of rows."""
        return 0 if parent.isValid() else len(self.rows)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the content of a row."""
        row = self.rows[index.row()]
        return {
            Qt.ItemDataRole.DisplayRole: row.text,
            Qt.ItemDataRole.EditRole: row.title,
            Qt.ItemDataRole.ToolTipRole: tip(row.more),
            Qt.ItemDataRole.AccessibleTextRole: row.text,
            ROW: row,
        }.get(Qt.ItemDataRole(role))

    def setData(self, index: _Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name. The same one, or none, changes nothing."""
        row, name = self.rows[index.row()], in_one_line(str(value))
        if role != Qt.ItemDataRole.EditRole or name == row.title:
            return False
        self.renamed.emit(row.folder, name)
        return True

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Return the flags of a row. Names are editable."""
        flags = super().flags(index)
        fixed = not index.isValid() or self.rows[index.row()].is_fixed
        return flags if fixed else flags | Qt.ItemFlag.ItemIsEditable


class ResultView(QListView):
    """Rows with keys of their own: Enter shows one, F2 renames, Delete removes.

    Signals
    -------
    chosen(folder) : Path
        By a click or Enter.
    removal_requested(folder) : Path
    """

    chosen = Signal(object)
    removal_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setItemDelegate(_RowDelegate(self))
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName("Results")
        self.clicked.connect(self._choose)

    def current(self) -> ResultRow | None:
        """Return the current row."""
        return cast("ResultRow | None", self.currentIndex().data(ROW))

    def rename_current(self) -> None:
        """Let the user type another name of the current row."""
        index = self.currentIndex()
        if index.isValid() and index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.edit(index)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(index.data(ROW).folder)

    def event(self, event: QEvent) -> bool:
        """Keep the list's keys from being taken by the window."""
        return claimed(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Show a result, rename it, remove it."""
        row = self.current()
        if event.key() in ENTER:
            self._choose(self.currentIndex())
        elif event.key() in REMOVE and row is not None:
            self.removal_requested.emit(row.folder)
        elif event.key() == Qt.Key.Key_F2:
            self.rename_current()
        else:
            super().keyPressEvent(event)


class _RowDelegate(QStyledItemDelegate):
    """Draws title and share above range, model, time and mark."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        """Return the size of two lines."""
        return QSize(1, _ROW_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draw a row."""
        shown: Any = option  # its fields are missing in the binding's description
        row, colours = cast("ResultRow", index.data(ROW)), theme.colours()
        painter.save()
        if shown.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(shown.rect, QColor(colours.border))
        strong = QColor(colours.disabled if row.is_faint else colours.text)
        faint = QColor(colours.disabled if row.is_faint else colours.faint)
        accent = faint if row.is_faint else QColor(colours.motion)
        inside = QRect(shown.rect).adjusted(_SIDE_PX, _PAD_PX, -_SIDE_PX, -_PAD_PX)
        font = QFont(shown.font)
        font.setBold(SHOWN in row.marks)
        painter.setFont(font)
        upper = QRect(inside.left(), inside.top(), inside.width(), _LINE_PX)
        _draw_line(painter, upper, (row.title, strong), (row.share, accent))
        painter.setFont(shown.font)
        lower = upper.translated(0, _LINE_PX)
        marks = ", ".join(row.marks), QColor(colours.score)
        _draw_line(painter, lower, (row.about, faint), marks)
        painter.restore()

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> QLineEdit:
        """Make the editor of a name."""
        editor = QLineEdit(parent)
        editor.setAccessibleName("Name of the result")
        return editor

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        """Place the editor over the row."""
        shown: Any = option
        editor.setGeometry(shown.rect.adjusted(2, 6, -2, -6))


def _draw_line(
    painter: QPainter, place: QRect, left: tuple[str, QColor], right: tuple[str, QColor]
) -> None:
    """Draw a text at the left, shortened where it meets the one at the right."""
    metrics, middle = painter.fontMetrics(), Qt.AlignmentFlag.AlignVCenter
    used = metrics.horizontalAdvance(right[0]) + (_SIDE_PX if right[0] else 0)
    painter.setPen(right[1])
    painter.drawText(place, middle | Qt.AlignmentFlag.AlignRight, right[0])
    end = Qt.TextElideMode.ElideRight
    text = metrics.elidedText(in_one_line(left[0]), end, place.width() - used)
    painter.setPen(left[1])
    painter.drawText(place, middle | Qt.AlignmentFlag.AlignLeft, text)

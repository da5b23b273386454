"""The table of notes: its rows, and the editor that their texts are typed in."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import (
    QAbstractItemModel,
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPlainTextEdit,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from engine.annotations.notes import Note
from engine.errors import EngineError
from engine.types import Float64Array
from engine.utils.frame_ranges import range_text
from gui.notes.note_edits import NoteList, Notes
from gui.theme import theme
from gui.widgets.list_keys import ENTER, REMOVE, claimed
from gui.widgets.plain_text import tip
from gui.widgets.time_entry import clock

NOTE = Qt.ItemDataRole.UserRole
TEXT_COLUMN = 2
_TINT = 70
_EDITOR_LINES = 3
_EDITOR_FRAME_PX = 12
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()

_NO_EVENT = QEvent(QEvent.Type.None_)


class NoteRows(QAbstractTableModel):
    """Notes as rows of time, frames and editable text.

    Signals
    -------
    refused(message) : str
        A text cannot be that of a note.
    """

    refused = Signal(str)

    def __init__(self, notes: NoteList, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._notes = notes
        self._shown = notes.notes
        self._times_s: Float64Array | None = None
        self._frame = -1
        self._here: list[Note] = []
        self._titles = ("Time", "Frames", "Text")
        notes.changed.connect(self._on_notes_changed)

    def show_times(self, times_s: Float64Array | None) -> None:
        """Set the times of the video's frames in seconds, or None without a video."""
        if times_s is not self._times_s:
            self._times_s = times_s
            self._repaint()

    def show_frame(self, frame: int) -> None:
        """Mark the notes on a frame."""
        self._frame = frame
        here = [note for note in self._shown if note.first <= frame < note.stop]
        if here != self._here:  # seldom, so that playing costs nothing
            self._here = here
            self._repaint()

    def row_of(self, note: Note) -> int:
        """Return the row of a note, or -1."""
        return self._shown.index(note) if note in self._shown else -1

    @Slot(object)
    def _on_notes_changed(self, notes: Notes) -> None:
        if _spans(notes) == _spans(self._shown):
            self._shown = notes  # only texts differ: the current row stays where it is
            self._repaint()
        else:
            self.beginResetModel()
            self._shown = notes
            self.endResetModel()
        self.show_frame(self._frame)

    def _repaint(self) -> None:
        if self.rowCount():
            last = self.index(self.rowCount() - 1, TEXT_COLUMN)
            self.dataChanged.emit(self.index(0, 0), last)

    def _text(self, note: Note, column: int) -> str:
        if column == 0:
            times = self._times_s
            return clock(times[note.first]) if times is not None and note.first < len(times) else ""
        if column == 1:
            return range_text(note.first, note.stop)
        return note.text

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Return the number of notes."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """Return the number of columns: time, frames and text."""
        return 0 if parent.isValid() else len(self._titles)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:
        """Return the title of a column."""
        across = orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return self._titles[section] if across else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Return the content of a cell."""
        note = self._shown[index.row()]
        text = self._text(note, index.column())
        if role == Qt.ItemDataRole.BackgroundRole and note in self._here:
            tint = QColor(theme.colours().motion)
            tint.setAlpha(_TINT)
            return tint
        return {
            Qt.ItemDataRole.DisplayRole: text.replace("\n", "  /  "),
            Qt.ItemDataRole.EditRole: text,
            Qt.ItemDataRole.ToolTipRole: tip(note.text),
            NOTE: note,
        }.get(Qt.ItemDataRole(role))

    def setData(self, index: Index, value: object, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Change a note's text. An empty text changes nothing."""
        if role != Qt.ItemDataRole.EditRole or not str(value).strip():
            return False
        try:
            self._notes.change(self._shown[index.row()], str(value))
        except EngineError as error:
            self.refused.emit(f"{error} {error.hint}")
            return False
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return the flags of a cell. Texts are editable."""
        editable = Qt.ItemFlag.ItemIsEditable if index.column() == TEXT_COLUMN else None
        return super().flags(index) | editable if editable else super().flags(index)


class NoteTable(QTableView):
    """Notes with keys of their own: Enter goes to one, F2 edits, Delete removes.

    The window's keys of the same name rest while the table has the keyboard.

    Signals
    -------
    chosen(note) : Note
        By a click or Enter.
    removal_requested()
        Of the rows that are selected.
    """

    chosen = Signal(object)
    removal_requested = Signal()

    def __init__(self, model: QAbstractItemModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegate(_TextDelegate(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(TEXT_COLUMN, QHeaderView.ResizeMode.Stretch)
        self.setAccessibleName("Notes")
        self.clicked.connect(self._choose)

    def selected(self) -> list[Note]:
        """Return the notes in the selected rows."""
        rows = self.selectionModel().selectedRows()
        return [cast("Note", index.data(NOTE)) for index in rows]

    def edit_current(self) -> None:
        """Edit the text of the current row."""
        index = self.currentIndex()
        if index.isValid():
            # not edit(index): that warns where a click has begun to edit already
            every = QTableView.EditTrigger.AllEditTriggers
            self.edit(index.siblingAtColumn(TEXT_COLUMN), every, _NO_EVENT)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(index.data(NOTE))

    def event(self, event: QEvent) -> bool:
        """Keep the table's keys from being taken by the window."""
        return claimed(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to a note, type its text, remove it."""
        if event.key() in ENTER:
            self._choose(self.currentIndex())
        elif event.key() in REMOVE:
            self.removal_requested.emit()
        elif event.key() == Qt.Key.Key_F2:
            self.edit_current()
        else:
            super().keyPressEvent(event)


class _TextDelegate(QStyledItemDelegate):
    """Edits a text of several lines: Enter ends it, Shift+Enter starts a line."""

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> QPlainTextEdit:
        """Make the editor with its text selected, so that typing replaces it."""
        editor = QPlainTextEdit(parent)
        editor.setTabChangesFocus(True)
        editor.setAccessibleName("Text of the note")
        return editor

    def setEditorData(self, editor: QWidget, index: Index) -> None:
        """Show the text."""
        edit = cast("QPlainTextEdit", editor)
        edit.setPlainText(str(index.data(Qt.ItemDataRole.EditRole)))
        edit.selectAll()

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: Index) -> None:
        """Take over what was typed."""
        model.setData(index, cast("QPlainTextEdit", editor).toPlainText())

    def updateEditorGeometry(
        self, editor: QWidget, option: QStyleOptionViewItem, index: Index
    ) -> None:
        """Give the editor room for a few lines, within the table."""
        place = QRect(option.rect)
        lines_px = _EDITOR_LINES * editor.fontMetrics().lineSpacing() + _EDITOR_FRAME_PX
        place.setHeight(max(place.height(), lines_px))
        room_px = cast("QTableView", self.parent()).viewport().height()
        place.moveTop(max(min(place.top(), room_px - place.height()), 0))
        editor.setGeometry(place)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """End editing on Enter, which Qt leaves to editors of several lines."""
        if event.type() == QEvent.Type.KeyPress and isinstance(watched, QPlainTextEdit):
            key = cast("QKeyEvent", event)
            if key.key() in ENTER and key.modifiers() != Qt.KeyboardModifier.ShiftModifier:
                self.commitData.emit(watched)
                self.closeEditor.emit(watched)
                return True
        return super().eventFilter(watched, event)


def _spans(notes: Notes) -> list[tuple[int, int]]:
    return [(note.first, note.stop) for note in notes]

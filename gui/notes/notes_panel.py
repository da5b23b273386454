"""The panel of notes: add, type, find, go to, remove, save and load."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSortFilterProxyModel, Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLineEdit, QMenu, QPushButton, QWidget

from engine.annotations.notes import Note
from engine.types import Float64Array
from gui.notes.note_edits import NoteList, Notes
from gui.notes.note_table import TEXT_COLUMN, NoteRows, NoteTable
from gui.state.view_state import ViewState
from gui.widgets.dialogs import file_dialog, save_dialog
from gui.widgets.form_widgets import PANEL_MARGINS, SPACING, hint_label, notice_label, vbox

_FILTER_FROM = 13
_KINDS = "WebVTT (*.vtt)"


class NotesPanel(QWidget):
    """The notes of a video, those at the playhead marked. Scrolls by itself.

    Parameters
    ----------
    notes : NoteList
        Changed here; undone by its stack.

    Signals
    -------
    frame_requested(frame) : int
        The user goes to a note.
    save_requested(path), load_requested(path) : Path
        The user has chosen a WebVTT file.
    """

    frame_requested = Signal(int)
    save_requested = Signal(object)
    load_requested = Signal(object)

    def __init__(self, notes: NoteList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._notes = notes
        self._state = ViewState()
        self._make_table()
        self._make_widgets()
        self._lay_out()
        self._connect()
        self._show_notes()

    def show_state(self, state: ViewState, times_s: Float64Array | None) -> None:
        """Mark the notes at the playhead, given the frames' times in seconds."""
        self._state = state
        self.rows.show_times(times_s)
        self.rows.show_frame(state.frame)
        self.at_frame.setEnabled(state.frame_count > 0)
        self.on_range.setEnabled(state.frame_count > 0 and state.range is not None)
        self.load.setEnabled(state.frame_count > 0)
        self.save.setEnabled(state.frame_count > 0 and bool(self._notes.notes))

    @Slot()
    def add_at_frame(self) -> None:
        """Add a note at the playhead and type its text."""
        if self._state.frame_count:
            self._add(self._state.frame, self._state.frame + 1)

    @Slot()
    def add_on_range(self) -> None:
        """Add a note on the chosen range, if there is one, and type its text."""
        if self._state.frame_count and self._state.range is not None:
            self._add(*self._state.range)

    def _add(self, first: int, stop: int) -> None:
        note = Note(first, stop, "Note")
        self.filter.clear()
        self._notes.add(note)
        row = self.proxy.mapFromSource(self.rows.index(self.rows.row_of(note), TEXT_COLUMN))
        self.table.setCurrentIndex(row)
        self.table.scrollTo(row)
        self.table.edit_current()

    def _make_table(self) -> None:
        self.rows = NoteRows(self._notes, self)
        self.proxy = QSortFilterProxyModel(self)
        self.proxy.setSourceModel(self.rows)
        self.proxy.setFilterKeyColumn(TEXT_COLUMN)
        self.proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.table = NoteTable(self.proxy)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def _make_widgets(self) -> None:
        self.at_frame = QPushButton("Note at this frame")
        self.on_range = QPushButton("Note on range")
        self.on_range.setToolTip("Choose a range first: with I and O, or on the timeline")
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Search the notes")
        self.filter.setClearButtonEnabled(True)
        none = "No notes yet: mark a frame or a range with a text, to find it again."
        self.empty = hint_label(none)
        self.problem = notice_label()
        self.keys = hint_label("Click or Enter goes there, F2 edits, Delete removes.")
        self.save = QPushButton("Save WebVTT...")
        self.load = QPushButton("Load WebVTT...")

    def _lay_out(self) -> None:
        above, below = QGridLayout(), QGridLayout()
        upper, lower = (self.at_frame, self.on_range), (self.save, self.load)
        for grid, pair in ((above, upper), (below, lower)):
            grid.setSpacing(SPACING)
            for column, button in enumerate(pair):
                grid.addWidget(button, 0, column)
        notes = (self.filter, self.empty, self.table, self.problem, self.keys)
        layout = vbox(self, above, *notes, below, margins=PANEL_MARGINS)
        layout.setStretchFactor(self.table, 1)
        layout.addStretch(0)

    def _connect(self) -> None:
        self._notes.changed.connect(self._on_notes_changed)
        self.rows.refused.connect(self._on_rows_refused)
        self.at_frame.clicked.connect(self.add_at_frame)
        self.on_range.clicked.connect(self.add_on_range)
        self.filter.textChanged.connect(self.proxy.setFilterFixedString)
        self.table.chosen.connect(self._on_table_chosen)
        self.table.removal_requested.connect(self._on_table_removal_requested)
        self.table.customContextMenuRequested.connect(self._on_table_context_menu_requested)
        self.save.clicked.connect(self._on_save_clicked)
        self.load.clicked.connect(self._on_load_clicked)

    def _show_notes(self) -> None:
        count = len(self._notes.notes)
        self.empty.setVisible(count == 0)
        self.table.setVisible(count > 0)
        self.keys.setVisible(count > 0)
        self.problem.hide()
        if count < _FILTER_FROM:
            self.filter.clear()
        self.filter.setVisible(count >= _FILTER_FROM)
        self.save.setEnabled(self._state.frame_count > 0 and count > 0)

    @Slot(object)
    def _on_notes_changed(self, notes: Notes) -> None:
        self._show_notes()

    @Slot(str)
    def _on_rows_refused(self, message: str) -> None:
        self.problem.setText(message)
        self.problem.show()

    @Slot(object)
    def _on_table_chosen(self, note: Note) -> None:
        self.frame_requested.emit(note.first)

    @Slot()
    def _on_table_removal_requested(self) -> None:
        row = self.table.currentIndex().row()
        self._notes.remove(self.table.selected())
        left = self.proxy.rowCount()
        self.table.setCurrentIndex(self.proxy.index(min(row, left - 1), 0))

    @Slot(QPoint)
    def _on_table_context_menu_requested(self, place: QPoint) -> None:
        if not self.table.indexAt(place).isValid():
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Change the text\tF2", self.table.edit_current)
        menu.addAction("Remove\tDel", self._on_table_removal_requested)
        menu.popup(self.table.viewport().mapToGlobal(place))

    @Slot()
    def _on_save_clicked(self) -> None:
        title, take = "Save the notes", self.save_requested.emit
        save_dialog(self, title, take, _KINDS, "notes.vtt", "vtt").open()

    @Slot()
    def _on_load_clicked(self) -> None:
        file_dialog(self, "Load notes", self.load_requested.emit, _KINDS).open()

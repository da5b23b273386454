from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QUndoStack
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMainWindow, QMenu, QPlainTextEdit
from pytestqt.qtbot import QtBot

from engine.annotations.notes import Note
from gui.notes.note_edits import NoteList
from gui.notes.notes_panel import NotesPanel
from gui.state.view_state import ViewState
from gui.theme.theme import DARK, style_sheet

TIMES_S = np.arange(40) / 10.0
STATE = ViewState(frame=12, frame_count=40)
EARLY, WIDE, LATE = Note(2, 3, "hand up"), Note(5, 20, "walks\naway"), Note(30, 31, "end")


@pytest.fixture
def stack(qtbot: QtBot) -> QUndoStack:
    return QUndoStack()


@pytest.fixture
def notes(stack: QUndoStack) -> NoteList:
    return NoteList(stack)


@pytest.fixture
def panel(qtbot: QtBot, notes: NoteList) -> Iterator[NotesPanel]:
    window = QMainWindow()
    qtbot.addWidget(window)
    panel = NotesPanel(notes)
    window.setCentralWidget(panel)
    panel.show_state(STATE, TIMES_S)
    window.resize(360, 400)
    window.show()
    qtbot.waitActive(window)
    yield panel
    window.close()


def cells(panel: NotesPanel) -> list[tuple[str, ...]]:
    model = panel.proxy
    rows, columns = range(model.rowCount()), range(model.columnCount())
    return [tuple(model.index(row, column).data() for column in columns) for row in rows]


def marked(panel: NotesPanel) -> list[int]:
    role = Qt.ItemDataRole.BackgroundRole
    return [row for row in range(panel.proxy.rowCount()) if panel.proxy.index(row, 0).data(role)]


def editor(panel: NotesPanel) -> QPlainTextEdit:
    found = panel.table.findChild(QPlainTextEdit)
    assert isinstance(found, QPlainTextEdit)
    return found


def click_row(panel: NotesPanel, row: int) -> None:
    place = panel.table.visualRect(panel.proxy.index(row, 0)).center()
    QTest.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_panel_without_notes_says_what_they_are_for(panel: NotesPanel) -> None:
    assert panel.empty.isVisible()
    assert not panel.table.isVisible()
    assert not panel.save.isEnabled()


def test_panel_without_a_video_adds_nothing(panel: NotesPanel, notes: NoteList) -> None:
    panel.show_state(ViewState(range=(1, 4)), None)
    buttons = (panel.at_frame, panel.on_range, panel.load, panel.save)
    assert not any(button.isEnabled() for button in buttons)
    panel.add_at_frame()
    panel.add_on_range()
    assert notes.notes == ()


def test_rows_are_in_order_with_time_and_frames(panel: NotesPanel, notes: NoteList) -> None:
    notes.show([LATE, WIDE, EARLY])
    assert cells(panel) == [
        ("0:00.200", "2", "hand up"),
        ("0:00.500", "5-19", "walks  /  away"),
        ("0:03.000", "30", "end"),
    ]
    assert panel.proxy.index(1, 2).data(Qt.ItemDataRole.ToolTipRole) == "walks\naway"


def test_note_behind_the_video_has_no_time(panel: NotesPanel, notes: NoteList) -> None:
    notes.show([Note(90, 91, "of another")])
    assert cells(panel) == [("", "90", "of another")]


def test_note_at_the_frame_is_typed_at_once(panel: NotesPanel, notes: NoteList) -> None:
    QTest.mouseClick(panel.at_frame, Qt.MouseButton.LeftButton)
    edit = editor(panel)
    QTest.keyClicks(edit, "jumps here")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert notes.notes == (Note(12, 13, "jumps here"),)


def test_added_note_goes_with_one_undo(
    panel: NotesPanel, notes: NoteList, stack: QUndoStack
) -> None:
    panel.add_at_frame()
    QTest.keyClicks(editor(panel), "jumps")
    QTest.keyClick(editor(panel), Qt.Key.Key_Return)
    stack.undo()
    assert notes.notes == ()


def test_note_on_the_range_needs_one(panel: NotesPanel, notes: NoteList) -> None:
    assert not panel.on_range.isEnabled()
    panel.show_state(ViewState(frame=12, frame_count=40, range=(3, 9)), TIMES_S)
    QTest.mouseClick(panel.on_range, Qt.MouseButton.LeftButton)
    assert [(note.first, note.stop) for note in notes.notes] == [(3, 9)]


def test_letters_in_a_text_trigger_no_shortcut(panel: NotesPanel, notes: NoteList) -> None:
    window, heard = panel.window(), []
    for key in ("J", "Space", "Left", "Del", "Return"):
        action = QAction(key, window)
        action.setShortcut(key)
        action.triggered.connect(lambda _=False, key=key: heard.append(key))
        window.addAction(action)
    panel.add_at_frame()
    edit = editor(panel)
    QTest.keyClicks(edit, "J jx")
    QTest.keyClick(edit, Qt.Key.Key_Left)
    QTest.keyClick(edit, Qt.Key.Key_Delete)
    QTest.keyClick(edit, Qt.Key.Key_Return)
    assert [note.text for note in notes.notes] == ["J j"]
    assert heard == []
    QTest.keyClick(panel.table, Qt.Key.Key_J)
    assert heard == ["J"]


def test_keys_of_the_table_are_not_the_windows(panel: NotesPanel, notes: NoteList) -> None:
    notes.show([EARLY, LATE])
    heard: list[bool] = []
    action = QAction("remove all", panel.window())
    action.setShortcuts(["Del", "Down"])
    action.triggered.connect(heard.append)
    panel.window().addAction(action)
    panel.table.setFocus()
    panel.table.selectRow(0)
    QTest.keyClick(panel.table, Qt.Key.Key_Down)
    QTest.keyClick(panel.table, Qt.Key.Key_Delete)
    assert notes.notes == (EARLY,)
    assert heard == []


def test_click_and_enter_go_to_the_note(panel: NotesPanel, notes: NoteList, qtbot: QtBot) -> None:
    notes.show([EARLY, WIDE, LATE])
    with qtbot.waitSignal(panel.frame_requested) as asked:
        click_row(panel, 1)
    assert asked.args == [5]
    QTest.keyClick(panel.table, Qt.Key.Key_Down)
    with qtbot.waitSignal(panel.frame_requested) as asked:
        QTest.keyClick(panel.table, Qt.Key.Key_Return)
    assert asked.args == [30]


def test_text_is_changed_with_f2_and_lines_with_shift(panel: NotesPanel, notes: NoteList) -> None:
    notes.show([EARLY])
    click_row(panel, 0)
    QTest.keyClick(panel.table, Qt.Key.Key_F2)
    edit = editor(panel)
    assert edit.toPlainText() == "hand up"
    QTest.keyClicks(edit, "one")
    QTest.keyClick(edit, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClicks(edit, "two")
    QTest.keyClick(edit, Qt.Key.Key_Enter)
    assert notes.notes == (Note(2, 3, "one\ntwo"),)


def test_typing_a_text_keeps_the_row(panel: NotesPanel, notes: NoteList) -> None:
    notes.show([EARLY, WIDE, LATE])
    click_row(panel, 1)
    panel.table.edit_current()
    QTest.keyClicks(editor(panel), "walks on")
    QTest.keyClick(editor(panel), Qt.Key.Key_Return)
    assert panel.table.selected() == [Note(5, 20, "walks on")]


def test_editor_of_the_last_row_lies_within_the_table(panel: NotesPanel, notes: NoteList) -> None:
    notes.show(Note(k, k + 1, "text") for k in range(30))
    panel.table.setCurrentIndex(panel.proxy.index(29, 0))
    panel.table.edit_current()
    edit, viewport = editor(panel), panel.table.viewport()
    assert viewport.rect().contains(edit.geometry())
    assert edit.height() >= 3 * edit.fontMetrics().lineSpacing()


def test_escape_and_no_text_leave_a_note_as_it_was(
    panel: NotesPanel, notes: NoteList, stack: QUndoStack
) -> None:
    notes.show([EARLY])
    for keys, end in (("other", Qt.Key.Key_Escape), (" ", Qt.Key.Key_Return)):
        panel.table.selectRow(0)
        panel.table.edit_current()
        QTest.keyClicks(editor(panel), keys)
        QTest.keyClick(editor(panel), end)
    assert notes.notes == (EARLY,)
    assert stack.count() == 0


def test_text_that_is_too_long_is_refused_with_a_sentence(
    panel: NotesPanel, notes: NoteList
) -> None:
    notes.show([EARLY])
    panel.table.selectRow(0)
    panel.table.edit_current()
    editor(panel).setPlainText("x" * 2001)
    QTest.keyClick(editor(panel), Qt.Key.Key_Return)
    assert notes.notes == (EARLY,)
    assert panel.problem.isVisible()
    assert "2001 characters long" in panel.problem.text()
    notes.remove([EARLY])
    assert not panel.problem.isVisible()


def test_delete_removes_what_is_selected_and_undo_brings_it_back(
    panel: NotesPanel, notes: NoteList, stack: QUndoStack
) -> None:
    notes.show([EARLY, WIDE, LATE])
    panel.table.setFocus()
    panel.table.selectRow(0)
    QTest.keyClick(panel.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(panel.table, Qt.Key.Key_Delete)
    assert notes.notes == (LATE,)
    assert panel.table.selected() == [LATE]
    stack.undo()
    assert notes.notes == (EARLY, WIDE, LATE)


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_menu_of_a_row_changes_and_removes(
    panel: NotesPanel, notes: NoteList, qtbot: QtBot
) -> None:
    notes.show([EARLY, LATE])
    click_row(panel, 1)
    place = panel.table.visualRect(panel.proxy.index(1, 0)).center()
    panel.table.customContextMenuRequested.emit(QPoint(5, 5000))
    assert panel.findChild(QMenu) is None
    panel.table.customContextMenuRequested.emit(place)
    menu = panel.findChild(QMenu)
    assert isinstance(menu, QMenu)
    menu.actions()[1].trigger()
    menu.close()
    assert notes.notes == (EARLY,)


def test_notes_at_the_playhead_are_marked(panel: NotesPanel, notes: NoteList) -> None:
    notes.show([EARLY, WIDE, LATE])
    assert marked(panel) == [1]
    for frame, rows in ((2, [0]), (4, []), (19, [1]), (20, []), (30, [2])):
        panel.show_state(ViewState(frame=frame, frame_count=40), TIMES_S)
        assert marked(panel) == rows


def test_playing_within_a_note_repaints_nothing(
    panel: NotesPanel, notes: NoteList, qtbot: QtBot
) -> None:
    notes.show([WIDE])
    with qtbot.assertNotEmitted(panel.rows.dataChanged):
        panel.show_state(ViewState(frame=13, frame_count=40), TIMES_S)
    with qtbot.waitSignal(panel.rows.dataChanged):
        panel.show_state(ViewState(frame=20, frame_count=40), TIMES_S)


def test_many_notes_can_be_searched(panel: NotesPanel, notes: NoteList) -> None:
    notes.show(Note(k, k + 1, f"number {k}") for k in range(12))
    assert not panel.filter.isVisible()
    notes.add(Note(20, 21, "The HAND"))
    assert panel.filter.isVisible()
    QTest.keyClicks(panel.filter, "hand")
    assert [row[2] for row in cells(panel)] == ["The HAND"]
    panel.table.selectRow(0)
    panel.table.removal_requested.emit()
    assert not panel.filter.isVisible()
    assert len(cells(panel)) == 12


def test_search_takes_signs_as_they_are(panel: NotesPanel, notes: NoteList) -> None:
    notes.show(Note(k, k + 1, f"({k}) [a.*") for k in range(13))
    QTest.keyClicks(panel.filter, "(7) [a.*")
    assert [row[1] for row in cells(panel)] == ["7"]


@pytest.mark.parametrize("saving", [True, False])
def test_files_are_chosen_without_blocking(
    panel: NotesPanel, notes: NoteList, qtbot: QtBot, tmp_path: Path, saving: bool
) -> None:
    notes.show([EARLY])
    button, asked = (
        (panel.save, panel.save_requested) if saving else (panel.load, panel.load_requested)
    )
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = panel.findChild(QFileDialog)
    assert isinstance(dialog, QFileDialog)
    assert dialog.defaultSuffix() == ("vtt" if saving else "")
    with qtbot.waitSignal(asked) as told:
        dialog.fileSelected.emit(str(tmp_path / "n.vtt"))
    assert told.args == [tmp_path / "n.vtt"]
    dialog.close()


def test_panel_fits_a_narrow_dock(panel: NotesPanel, notes: NoteList) -> None:
    notes.show(Note(k, k + 1, "a long text " * 20) for k in range(20))
    panel.setStyleSheet(style_sheet(DARK))
    QApplication.sendPostedEvents()
    assert panel.minimumSizeHint().width() <= 300

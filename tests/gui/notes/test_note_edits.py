from __future__ import annotations

import pytest
from PySide6.QtGui import QUndoStack
from pytestqt.qtbot import QtBot

from engine.annotations.notes import Note
from engine.errors import EngineError
from gui.notes.note_edits import NoteList

EARLY, LATE = Note(1, 2, "early"), Note(8, 12, "late")


@pytest.fixture
def stack(qtbot: QtBot) -> QUndoStack:
    return QUndoStack()


@pytest.fixture
def notes(stack: QUndoStack) -> NoteList:
    return NoteList(stack)


def test_notes_are_in_order_and_none_twice(notes: NoteList, stack: QUndoStack) -> None:
    for note in (LATE, EARLY, LATE):
        notes.add(note)
    assert notes.notes == (EARLY, LATE)
    assert stack.count() == 2


def test_each_edit_can_be_undone_and_redone(notes: NoteList, stack: QUndoStack) -> None:
    notes.show((EARLY, LATE))
    states = [notes.notes]
    for edit in (
        lambda: notes.change(EARLY, "other"),
        lambda: notes.remove([LATE]),
        lambda: notes.load([LATE, Note(3, 4, "file")]),
        lambda: notes.add(Note(5, 6, "added")),
    ):
        edit()
        states.append(notes.notes)
    assert len(set(states)) == 5
    for state in reversed(states[:-1]):
        stack.undo()
        assert notes.notes == state
    for state in states[1:]:
        stack.redo()
        assert notes.notes == state


def test_steps_have_names(notes: NoteList, stack: QUndoStack) -> None:
    notes.add(EARLY)
    notes.remove([EARLY])
    assert stack.undoText() == "Remove notes"


def test_first_text_of_an_added_note_is_one_step_with_it(
    notes: NoteList, stack: QUndoStack
) -> None:
    notes.add(EARLY)
    notes.change(EARLY, "typed")
    notes.change(notes.notes[0], "typed again")
    assert stack.count() == 2
    stack.undo()
    assert notes.notes == (Note(1, 2, "typed"),)
    stack.undo()
    assert notes.notes == ()


def test_change_of_another_note_is_a_step_of_its_own(notes: NoteList, stack: QUndoStack) -> None:
    notes.add(EARLY)
    notes.add(LATE)
    notes.change(EARLY, "typed")
    stack.undo()
    assert notes.notes == (EARLY, LATE)


def test_edit_without_a_difference_is_no_step(
    notes: NoteList, stack: QUndoStack, qtbot: QtBot
) -> None:
    notes.show([EARLY])
    with qtbot.assertNotEmitted(notes.changed):
        notes.change(EARLY, "  early \n")
        notes.remove([LATE])
        notes.load([])
        notes.show([EARLY])
    assert stack.count() == 0


@pytest.mark.parametrize("text", ["", "  ", "x" * 3000])
def test_text_that_cannot_be_leaves_all_as_it_was(
    notes: NoteList, stack: QUndoStack, text: str
) -> None:
    notes.show([EARLY])
    with pytest.raises(EngineError):
        notes.change(EARLY, text)
    assert notes.notes == (EARLY,)
    assert stack.count() == 0


def test_every_change_is_told(notes: NoteList, stack: QUndoStack, qtbot: QtBot) -> None:
    with qtbot.waitSignal(notes.changed) as told:
        notes.add(EARLY)
    assert told.args == [(EARLY,)]
    with qtbot.waitSignal(notes.changed) as told:
        stack.undo()
    assert told.args == [()]

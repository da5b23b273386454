"""The notes of a video, and each change of them as a step that can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.annotations.notes import Note

Notes = tuple[Note, ...]
_MERGE_ID = 0x4E54  # any number that no other command on the stack has


class _Kind(Enum):
    ADDED = auto()
    CHANGED = auto()
    OTHER = auto()


class NoteList(QObject):
    """Sorted notes without duplicates. Every edit goes onto an undo stack.

    Signals
    -------
    changed(notes) : tuple of Note
    """

    changed = Signal(object)

    def __init__(self, stack: QUndoStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stack = stack
        self._notes: Notes = ()

    @property
    def notes(self) -> Notes:
        """The notes now, in order of their frames."""
        return self._notes

    def show(self, notes: Iterable[Note]) -> None:
        """Set the notes of another video, without an undo step.

        Steps on the stack belong to the notes before: clear it too.
        """
        notes = tuple(sorted(set(notes)))
        if notes != self._notes:
            self._notes = notes
            self.changed.emit(notes)

    def add(self, note: Note) -> None:
        """Add a note. If it is changed next, both are one step."""
        self._push("Add note", {*self._notes, note}, _Kind.ADDED)

    def load(self, notes: Iterable[Note]) -> None:
        """Add notes of a file to those that are there."""
        self._push("Load notes", {*self._notes, *notes})

    def change(self, note: Note, text: str) -> None:
        """Give a note another text.

        Raises
        ------
        EngineError
            If the text is empty or too long; nothing is changed then.
        """
        changed = Note(note.first, note.stop, text)
        self._push("Change note", {*self._notes} - {note} | {changed}, _Kind.CHANGED)

    def remove(self, notes: Iterable[Note]) -> None:
        """Remove notes."""
        self._push("Remove notes", {*self._notes} - {*notes})

    def _push(self, text: str, notes: set[Note], kind: _Kind = _Kind.OTHER) -> None:
        after = tuple(sorted(notes))
        if after != self._notes:
            self._stack.push(_Edit(self, text, after, kind))


class _Edit(QUndoCommand):
    """An edit that stores all notes before and after, since they are few."""

    def __init__(self, edited: NoteList, text: str, after: Notes, kind: _Kind) -> None:
        super().__init__(text)
        self._edited = edited
        self._before, self._after = edited.notes, after
        self._kind = kind

    def redo(self) -> None:
        """Make the change."""
        self._edited.show(self._after)

    def undo(self) -> None:
        """Take it back."""
        self._edited.show(self._before)

    def id(self) -> int:
        """Make Qt ask for a merge."""
        return _MERGE_ID

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take in the first text that an added note is given."""
        if not isinstance(other, _Edit) or self._kind is not _Kind.ADDED:
            return False
        changes_added = set(self._after) - set(other._after) <= set(self._after) - set(self._before)
        if other._kind is not _Kind.CHANGED or not changes_added:
            return False
        self._after, self._kind = other._after, _Kind.OTHER
        return True

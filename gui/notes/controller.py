"""Notes on frames: joins their list and panel with the video, the timeline and WebVTT files."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QUndoStack

from engine.annotations.notes import read_webvtt, write_webvtt
from engine.errors import EngineError
from engine.utils.targets import check_target
from gui.commands.command import Command
from gui.notes.note_edits import NoteList, Notes
from gui.notes.notes_panel import NotesPanel
from gui.state.video_info import VideoInfo
from gui.state.view_model import ViewModel
from gui.state.view_state import ViewState
from gui.tasks.jobs import Failure
from gui.timeline.timeline import Timeline


class NotesController(QObject):
    """Holds the notes of the open video.

    Parameters
    ----------
    view_model : ViewModel
    timeline : Timeline
        Shows a flag a note.
    stack : QUndoStack
        Takes every edit.

    Signals
    -------
    changed(notes) : tuple of Note
    failed(failure) : Failure
    told(text) : str
    wanted()
        The panel is to be seen: a command adds a note to it.
    """

    changed = Signal(object)
    failed = Signal(object)
    told = Signal(str)
    wanted = Signal()

    def __init__(
        self, view_model: ViewModel, timeline: Timeline, stack: QUndoStack, parent: QObject
    ) -> None:
        super().__init__(parent)
        self.notes = NoteList(stack, self)
        self.panel = NotesPanel(self.notes)
        self._view_model, self._timeline = view_model, timeline
        self._video: VideoInfo | None = None
        self.notes.changed.connect(self._on_notes_changed)
        self.panel.save_requested.connect(self.save)
        self.panel.load_requested.connect(self.load)
        view_model.changed.connect(self._on_view_model_changed)
        self._show_state(view_model.state)

    def set_video(self, info: VideoInfo, notes: Notes = ()) -> None:
        """Take over the notes of another video."""
        self._video = info
        self.notes.show(notes)
        self._show_state(self._view_model.state)
        self._on_notes_changed(self.notes.notes)

    def update_video(self, info: VideoInfo) -> None:
        """Learn more of the same video."""
        self._video = info
        self._show_state(self._view_model.state)

    @Slot(object)
    def save(self, path: Path) -> None:
        """Write the notes as WebVTT."""
        video = self._video
        if video is None:
            return
        end_s = float(video.timestamps_s[-1]) + 1 / max(video.fps, 1e-3)
        notes, times_s = self.notes.notes, video.timestamps_s

        def write() -> None:
            check_target(path, [video.path])
            write_webvtt(notes, times_s, end_s, path)

        if self._guarded(write):
            self.told.emit(f"Written: {path}")

    @Slot(object)
    def load(self, path: Path) -> None:
        """Add the notes of a WebVTT file."""
        if self._video is None:
            self.told.emit(f"Open the video first that the notes in {path} are of")
            return
        times_s = self._video.timestamps_s
        self._guarded(lambda: self.notes.load(read_webvtt(path, times_s)))

    def _guarded(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except EngineError as error:
            self.failed.emit(Failure(str(error), error.hint))
            return False
        return True

    def _show_state(self, state: ViewState) -> None:
        self.panel.show_state(state, None if self._video is None else self._video.timestamps_s)

    @Slot(ViewState, ViewState)
    def _on_view_model_changed(self, old: ViewState, new: ViewState) -> None:
        if new.playing and (old.frame_count, old.range) == (new.frame_count, new.range):
            return  # marked again when it stops: a table need not follow every frame
        self._show_state(new)

    @Slot(object)
    def _on_notes_changed(self, notes: Notes) -> None:
        self._timeline.set_notes([(note.first, note.stop, note.text) for note in notes])
        self._show_state(self._view_model.state)
        self.changed.emit(notes)

    def _write(self, add: Callable[[], None]) -> None:
        self.wanted.emit()  # first: the editor opens where it can be seen
        add()

    def commands(self) -> tuple[Command, ...]:
        """Return the commands that add notes."""

        def has_video() -> bool:
            return self._video is not None

        at, over = self.panel.add_at_frame, self.panel.add_on_range
        here, on_range = partial(self._write, at), partial(self._write, over)
        return (
            Command("edit.note", "Note at this frame", here, ("N",), has_video),
            Command("edit.note_range", "Note on the range", on_range, ("Shift+N",), has_video),
        )

"""Dialogs about sessions: saving, unsaved changes, a missing video, a crash."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QMessageBox, QWidget

from gui.backend import Recoverable
from gui.commands.command import Command
from gui.session.controller import LocatedSession, SessionController
from gui.state.session_file import SUFFIX
from gui.widgets.dialogs import ask_replace, ask_where, message_box, save_dialog

_Role = QMessageBox.ButtonRole


class SessionDialogs:
    """Asks about the sessions of a window, without blocking it.

    Parameters
    ----------
    window : QWidget
        Parent of the dialogs.
    sessions : SessionController
    edits : QUndoStack
        Clean if nothing is unsaved.
    """

    def __init__(self, window: QWidget, sessions: SessionController, edits: QUndoStack) -> None:
        self._window, self._sessions, self._edits = window, sessions, edits

    def save(self, go_on: Callable[[], object] | None = None) -> None:
        """Save the session in its file, or ask for one, then go on."""
        if self._sessions.path is None:
            self.save_as(go_on)
        else:
            self._save_at(self._sessions.path, go_on)

    def save_as(self, go_on: Callable[[], object] | None = None) -> None:
        """Ask for a file, save the session there, then go on."""
        video, path = self._sessions.video, self._sessions.path
        if video is None:
            return

        def take(file: Path) -> None:
            has_suffix = file.name.endswith(SUFFIX)
            whole = file if has_suffix else file.with_name(file.name + SUFFIX)
            if whole != file and whole.exists():  # the dialog has asked about another name
                ask_replace(self._window, whole, partial(self._save_at, whole, go_on))
            else:
                self._save_at(whole, go_on)

        name = str(path or video.with_name(video.stem + SUFFIX))
        kinds = f"Sessions (*{SUFFIX})"
        save_dialog(self._window, "Save the session", take, kinds, name).open()

    def ask_unsaved(self, go_on: Callable[[], object]) -> None:
        """Go on once unsaved notes and regions are saved or discarded."""
        video = self._sessions.video
        if self._edits.isClean() or video is None:
            go_on()
            return
        hint = "Notes and regions that are not saved are lost."
        box = self._box(f"The session of {video.name} has changed.", hint)
        save = box.addButton("Save", _Role.AcceptRole)
        discard = box.addButton("Don't save", _Role.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(save)
        save.clicked.connect(lambda: self.save(go_on))
        discard.clicked.connect(lambda: self._discard(go_on))
        box.open()

    def ask_for_video(self, located: LocatedSession) -> None:
        """Let the user find the video of a session."""
        path = located.session.request.video
        hint = f"{path} is missing, and no file beside the session has its content."
        text, take = "The video of this session is not where it was.", self._sessions.go_on
        ask_where(self._window, text, hint, path.name, partial(take, located))

    def offer_lost(self) -> None:
        """Offer the session that a crash left open, the newest first."""
        lost = self._sessions.backend.lost()
        if not lost:
            return
        first = lost[0]
        box = self._box("Motion Inspector did not end properly.", _lost_text(first))
        recover = box.addButton("Open it again", _Role.AcceptRole)
        discard = box.addButton("Discard", _Role.DestructiveRole)
        box.addButton("Later", _Role.RejectRole)
        box.setDefaultButton(recover)
        recover.clicked.connect(lambda: self._sessions.recover(first))
        discard.clicked.connect(lambda: self._forget(first))
        box.open()

    def commands(self) -> tuple[Command, ...]:
        """Return the commands that save sessions."""
        save, save_as = self.save, self.save_as

        def has_video() -> bool:
            return self._sessions.video is not None

        return (
            Command("session.save", "Save session", save, ("Ctrl+S",), has_video),
            Command("session.save_as", "Save session as...", save_as, ("Ctrl+Shift+S",), has_video),
        )

    def _save_at(self, path: Path, go_on: Callable[[], object] | None) -> None:
        self._sessions.save(path)
        if go_on is not None and self._edits.isClean():
            go_on()

    def _discard(self, go_on: Callable[[], object]) -> None:
        self._edits.setClean()
        go_on()

    def _forget(self, lost: Recoverable) -> None:
        self._sessions.backend.forget(lost)
        self.offer_lost()

    def _box(self, text: str, hint: str) -> QMessageBox:
        return message_box(self._window, text, hint, icon=QMessageBox.Icon.Question)


def _lost_text(lost: Recoverable) -> str:
    session = lost.session
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(lost.saved_s))
    parts = [f"{session.request.video.name} was open, as kept on {when}."]
    if session.notes:
        parts.append(f"Notes: {len(session.notes)}.")
    if session.explain:
        parts.append("Its explanation goes on where it stopped.")
    return " ".join(parts)

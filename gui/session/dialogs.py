"""What is asked about sessions: where to save, where a video went, what a crash left."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox

from gui.backend import Recoverable
from gui.session.controller import LocatedSession
from gui.state.session_file import SUFFIX
from gui.widgets.file_dialog import file_dialog, save_dialog

if TYPE_CHECKING:
    from gui.main_window.window import MainWindow

_Role = QMessageBox.ButtonRole


def save_session(window: MainWindow) -> None:
    """Save the session in its file; ask for one if it has none."""
    if window.sessions.path is None:
        save_session_as(window)
    else:
        window.sessions.save(window.sessions.path)


def save_session_as(window: MainWindow, go_on: Callable[[], object] | None = None) -> None:
    """Ask for a file and save the session there; then go on."""
    video = window.video
    if video is None:
        return
    stem = str(window.sessions.path or video.path.with_name(video.path.stem + SUFFIX))

    def take(path: Path) -> None:
        named = path if path.name.endswith(SUFFIX) else path.with_name(path.name + SUFFIX)
        window.sessions.save(named)
        if go_on is not None and window.edits.isClean():
            go_on()

    kinds = f"Sessions (*{SUFFIX})"
    save_dialog(window, "Save the session", take, kinds, stem).open()


def ask_unsaved(window: MainWindow, go_on: Callable[[], object]) -> None:
    """Go on once what was noted and drawn is saved or given up; at once if nothing was."""
    if window.edits.isClean() or window.video is None:
        go_on()
        return
    box = _box(window, f"The session of {window.video.path.name} has changed.")
    box.setInformativeText("Notes and regions that are not saved are lost.")
    save = box.addButton("Save", _Role.AcceptRole)
    drop = box.addButton("Do not save", _Role.DestructiveRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(save)
    save.clicked.connect(lambda: _save_and(window, go_on))
    drop.clicked.connect(lambda: _drop_and(window, go_on))
    box.open()


def ask_for_video(window: MainWindow, found: LocatedSession) -> None:
    """Let the user find the video of a session."""
    path = found.session.request.video
    box = _box(window, "The video of this session is not where it was.")
    text = "{0} is missing, and no file beside the session has its content."
    box.setInformativeText(text.format(path))
    look = box.addButton("Look for it...", _Role.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(look)

    def ask() -> None:
        title = f"Where is {path.name} now?"
        file_dialog(window, title, lambda video: window.sessions.go_on(found, video)).open()

    look.clicked.connect(ask)
    box.open()


def offer_lost(window: MainWindow) -> None:
    """Offer what a run that did not end cleanly had open, the newest first."""
    lost = window.sessions.services.lost()
    if not lost:
        return
    first = lost[0]
    box = _box(window, "Motion Inspector did not end properly.")
    box.setInformativeText(_lost_text(first))
    take = box.addButton("Open it again", _Role.AcceptRole)
    drop = box.addButton("Forget it", _Role.DestructiveRole)
    box.addButton("Later", _Role.RejectRole)
    box.setDefaultButton(take)
    take.clicked.connect(lambda: window.sessions.recover(first))
    drop.clicked.connect(lambda: _forget(window, first))
    box.open()


def _lost_text(lost: Recoverable) -> str:
    session = lost.session
    when = time.strftime("%Y-%m-%d %H:%M", time.localtime(lost.saved_s))
    parts = [f"{session.request.video.name} was open, as kept on {when}."]
    if session.notes:
        parts.append(f"Notes: {len(session.notes)}.")
    if session.explain:
        parts.append("Its explanation goes on where it stopped.")
    return " ".join(parts)


def _forget(window: MainWindow, lost: Recoverable) -> None:
    window.sessions.services.forget(lost)
    offer_lost(window)


def _save_and(window: MainWindow, go_on: Callable[[], object]) -> None:
    if window.sessions.path is None:
        save_session_as(window, go_on)
        return
    window.sessions.save(window.sessions.path)
    if window.edits.isClean():
        go_on()


def _drop_and(window: MainWindow, go_on: Callable[[], object]) -> None:
    window.edits.setClean()
    go_on()


def _box(window: MainWindow, text: str) -> QMessageBox:
    box = QMessageBox(window)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle("Motion Inspector")
    box.setText(text)
    return box

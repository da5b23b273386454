"""A window that a test kills, or that comes after it: VIDEO WEIGHTS DEED [OUT].

DEED is "explain", "export" to OUT, or "recover"; what happens is told in lines.
"""

from __future__ import annotations

import hashlib
import sys
from functools import partial
from pathlib import Path
from typing import Any

import torch
from PySide6.QtWidgets import QApplication, QMessageBox

import engine.store.resumable as resuming
from engine.annotations.notes import Note
from engine.store import ExplainProgress
from engine.types import Progress
from gui.main_window.window import MainWindow
from inspector.app import ended, make_window


def main() -> None:
    """Do the deed until it is done."""
    video, weights, deed, *out = sys.argv[1:]
    torch.set_num_threads(1)
    resuming._KEEP_EVERY_S = 0
    application = QApplication([])
    window = make_window()
    window.problem_told.connect(partial(tell, "problem"))
    window.explain.engine.progressed.connect(tell_windows)
    window.show()
    window.view.update(preset="recommended")  # maps of evidence take four times as long
    if deed == "recover":
        window.explained.connect(partial(tell_recovered, window))
        take_offer(window)
    else:
        window.explain.panel.model_choice.use_weights(Path(weights))
        window.video_opened.connect(partial(note, window))
        if deed == "export":
            window.explained.connect(partial(export, window, Path(out[0])))
        window.open_video(Path(video), explain=True)
    sys.exit(ended(application.exec()))


def note(window: MainWindow) -> None:
    """Note something, which must not be lost."""
    window.notes.notes.add(Note(2, 5, "noted"))


def export(window: MainWindow, out: Path) -> None:
    """Export, and tell of each part."""
    window.export.queue.progressed.connect(partial(tell, "exporting"))
    window.sessions.autosave_now()
    window.export_to(out)


def take_offer(window: MainWindow) -> None:
    """Press the first button of what is offered."""
    window.session_dialogs.offer_lost()
    [box] = window.findChildren(QMessageBox)
    tell("offered", box.informativeText())
    box.defaultButton().click()


def tell_windows(progress: Progress) -> None:
    """Tell how many windows are done."""
    if isinstance(progress, ExplainProgress):
        tell("window", len(progress.analysis.windows))


def tell_recovered(window: MainWindow) -> None:
    """Tell what came back, then end."""
    analysis = window.analysis
    assert analysis is not None
    steps = analysis.read_steps(0, analysis.steps_written)
    tell("relevance", hashlib.sha256(steps.tobytes()).hexdigest())
    tell("notes", *(each.text for each in window.notes.notes.notes))
    window.edits.setClean()
    window.close()
    QApplication.quit()


def tell(*words: Any) -> None:
    """One line."""
    print(*words, flush=True)  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main()

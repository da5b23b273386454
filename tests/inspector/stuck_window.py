"""A window whose worker is stuck, or that is told to end: run by `test_stuck_window`."""

from __future__ import annotations

import ctypes
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from engine.annotations.notes import Note
from gui.main_window.window import MainWindow
from inspector import app

HOLDING_S = 1


def hold_the_interpreter() -> None:
    ctypes.PyDLL(None).sleep(HOLDING_S)  # PyDLL keeps the lock of the interpreter


def stuck(*_: object) -> None:
    while True:
        hold_the_interpreter() if kind == "holding" else time.sleep(60)


def play() -> None:
    """Explain once a video is open; then close, or wait for a signal."""
    window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))
    if window.video is None:
        QTimer.singleShot(50, play)
        return
    if kind == "signal":
        window.notes.notes.add(Note(0, 3, "not saved"))
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        return
    window.explain.explain_chosen()
    QTimer.singleShot(300, close)


def close() -> None:
    window = next(w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow))
    sys.stdout.write("closing\n")
    sys.stdout.flush()
    window.close()


if __name__ == "__main__":
    kind = sys.argv[1]
    app.explaining = SimpleNamespace(
        explain=stuck, is_cached=lambda _: False, labels=lambda *_: (), estimate=lambda *_: None
    )
    make = app.make_window

    def made() -> MainWindow:
        window = make()
        QTimer.singleShot(50, play)
        return window

    app.make_window = made
    sys.exit(app.run_window(Path(sys.argv[2])))

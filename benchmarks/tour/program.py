"""The program of the tour: the real window, and answers on what it shows.

    python -m benchmarks.tour.program VIDEO THEME

A line of JSON on stdin is a question, one on stdout its answer. Nothing is done to the window:
keys and mouse come from outside.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSocketNotifier
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from benchmarks.tour.places import is_seen, part_of, place_of, wheel_to
from engine.utils.paths import config_folder
from gui.main_window.appearance import WindowLook, load_look, save_look
from gui.main_window.window import MainWindow
from inspector.app import run_window


def main() -> int:
    """Run the window with a video or a session, answering until it is closed."""
    path, theme = Path(sys.argv[1]), sys.argv[2]
    if load_look(config_folder()) == WindowLook():
        save_look(config_folder(), WindowLook(scheme=theme))
    application = QApplication(sys.argv[:1])
    notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Type.Read, application)
    notifier.activated.connect(_answer)
    return run_window(path)


def _answer() -> None:
    line = sys.stdin.readline()
    if not line:  # the tour has gone
        QApplication.quit()
        return
    QGuiApplication.sync()  # what hands have done before the question comes first
    question = json.loads(line)
    answers: dict[str, Callable[..., Any]] = {
        "state": _state,
        "place": place_of,
        "wheel": wheel_to,
        "save": _save,
    }
    print(json.dumps(answers[question.pop("ask")](_window(), **question)), flush=True)


def _window() -> MainWindow:
    tops = QApplication.topLevelWidgets()
    return next(widget for widget in tops if isinstance(widget, MainWindow))


def _state(window: MainWindow, seen: list[str]) -> dict[str, Any]:
    """Return what the window shows, and which of some parts are seen from edge to edge."""
    focus, popup = QApplication.focusWidget(), QApplication.activePopupWidget()
    dialog = QApplication.activeModalWidget()
    return {
        **_view_state(window),
        **_panel_state(window),
        **_dock_state(window),
        "focus": type(focus).__name__,
        "popup": "" if popup is None else type(popup).__name__,
        "dialog": "" if dialog is None else dialog.windowTitle() or type(dialog).__name__,
        "seen": {name: is_seen(part_of(window, name)) for name in seen},
    }


def _view_state(window: MainWindow) -> dict[str, Any]:
    state = window.view.state
    return {
        "frame": state.frame,
        "count": state.frame_count,
        "playing": state.playing,
        "speed": state.speed,
        "range": None if state.range is None else list(state.range),
        "loop": state.loop,
        "preset": state.preset,
        "sigma": state.sigma,
        "panes": len(state.panes),
        "colours": state.heat.colours,
        "opacity": state.heat.opacity,
        "notes": [note.text for note in window.notes.notes.notes],
        "place": window.transport.entry.text(),
        "session": None if window.sessions.path is None else window.sessions.path.name,
        "theme": window.appearance.look.scheme,
        "full": window.isFullScreen(),
    }


def _panel_state(window: MainWindow) -> dict[str, Any]:
    panel, analysis, asking = window.panel, window.analysis, window.what_if.panel
    explained = None
    if analysis is not None and analysis.complete:
        explained = [analysis.header.start, analysis.header.stop]
    return {
        "method": panel.method.currentData(),
        "class": panel.target.currentText(),
        "classes": len(panel.target.rows.labels),
        "frames": [panel.first.value(), panel.last.value()],
        "busy": panel.bar.cancel.isVisible(),
        "explained": explained,
        "top": len(window.explain.results.top.rows),
        "verdict": window.explain.results.evidence.verdict.text(),
        "tests": asking.motion.isVisible(),
        "painted": asking.ask.isEnabled(),
        "answered": asking.result.isVisible(),
        "compared": window.comparison.other is not None,
    }


def _dock_state(window: MainWindow) -> dict[str, Any]:
    docks = window.docks.docks
    return {
        "front": [name for name, dock in docks.items() if not dock.visibleRegion().isEmpty()],
        "floating": [name for name, dock in docks.items() if dock.isFloating()],
        "closed": [name for name, dock in docks.items() if dock.isHidden()],
        "panel_px": docks["explain"].width() if docks["explain"].isVisible() else None,
        "least_px": window.transport.minimumSizeHint().width(),
    }


def _save(window: MainWindow, path: str) -> bool:
    """Save the screen, with frames and popups, as a picture."""
    return window.screen().grabWindow(0).save(path)


if __name__ == "__main__":
    sys.exit(main())

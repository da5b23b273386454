"""Menus and keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMessageBox

from gui.choosing import choose_analysis, choose_export, choose_save, choose_video

if TYPE_CHECKING:
    from gui.window import MainWindow

KEYS = (
    ("Space", "play or pause"),
    ("Left , and Right .", "one frame back or on"),
    ("Shift+Left and Shift+Right", "ten frames back or on"),
    ("Home and End", "first and last frame"),
    ("Ctrl+O", "open a video"),
    ("Ctrl+Return", "explain"),
    ("Ctrl+E", "export the annotated clip"),
    ("Ctrl+S", "save the analysis"),
    ("F1", "this list"),
)


def make_menus(window: MainWindow) -> dict[str, QAction]:
    """Fill the menu bar; return the actions that are enabled and disabled later, by name."""
    bar = window.menuBar()
    actions: dict[str, QAction] = {}
    files = bar.addMenu("&File")
    _add(files, "Open video...", partial(choose_video, window), "Ctrl+O")
    _add(files, "Add model...", window.add_model)
    _add(files, "Open analysis...", partial(choose_analysis, window), "Ctrl+Shift+O")
    files.addSeparator()
    actions["export"] = _add(
        files, "Export annotated clip...", partial(choose_export, window), "Ctrl+E"
    )
    actions["cancel_export"] = _add(files, "Cancel export", window.exporter.cancel)
    actions["save"] = _add(files, "Save analysis...", partial(choose_save, window), "Ctrl+S")
    files.addSeparator()
    _add(files, "Quit", window.close, "Ctrl+Q")
    for name in ("export", "cancel_export", "save"):
        actions[name].setEnabled(False)
    _add_playback(bar.addMenu("&Playback"), window)
    helps = bar.addMenu("&Help")
    _add(helps, "Keyboard", partial(_show_keys, window), "F1")
    return actions


def _add_playback(menu: QMenu, window: MainWindow) -> None:
    step = window.session.step
    _add(menu, "Play or pause", window.toggle_play, "Space")
    _add(menu, "One frame back", partial(step, -1), "Left", ",")
    _add(menu, "One frame on", partial(step, 1), "Right", ".")
    _add(menu, "Ten frames back", partial(step, -10), "Shift+Left")
    _add(menu, "Ten frames on", partial(step, 10), "Shift+Right")
    _add(menu, "First frame", partial(step, -(2**30)), "Home")
    _add(menu, "Last frame", partial(step, 2**30), "End")
    _add(menu, "Explain", window.explain_chosen, "Ctrl+Return")


def _add(menu: QMenu, text: str, slot: Callable[[], object], *keys: str) -> QAction:
    action = QAction(text, menu)
    action.setShortcuts([QKeySequence(key) for key in keys])
    action.triggered.connect(lambda _checked=False: slot())
    menu.addAction(action)
    return action


def _show_keys(window: MainWindow) -> None:
    rows = "".join(
        f"<tr><td><b>{key}</b>&nbsp;&nbsp;</td><td>{what}</td></tr>" for key, what in KEYS
    )
    box = QMessageBox(window)
    box.setWindowTitle("Keyboard")
    box.setText(f"<table>{rows}</table>")
    box.open()

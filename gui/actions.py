"""Menus and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QInputDialog, QMenu, QMessageBox

from gui.choosing import choose_analysis, choose_export, choose_save, choose_video

if TYPE_CHECKING:
    from gui.frames import VideoInfo
    from gui.window import MainWindow

KEYS = (
    ("Space", "play or pause"),
    ("Left , and Right .", "one frame back or on"),
    ("Shift+Left and Shift+Right", "ten frames back or on"),
    ("Home and End", "first and last frame"),
    ("Ctrl+O", "open a video"),
    ("Ctrl+I", "about this video"),
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
    actions["about_video"] = _add(
        files, "About this video...", partial(_show_about_video, window), "Ctrl+I"
    )
    actions["deinterlace"] = _add(files, "Deinterlace", partial(_deinterlace, window, actions))
    actions["deinterlace"].setCheckable(True)
    actions["stream"] = _add(files, "Video stream...", partial(_choose_stream, window))
    files.addSeparator()
    actions["export"] = _add(
        files, "Export annotated clip...", partial(choose_export, window), "Ctrl+E"
    )
    actions["cancel_export"] = _add(files, "Cancel export", window.exporter.cancel)
    actions["save"] = _add(files, "Save analysis...", partial(choose_save, window), "Ctrl+S")
    files.addSeparator()
    _add(files, "Quit", window.close, "Ctrl+Q")
    for name in ("about_video", "deinterlace", "stream", "export", "cancel_export", "save"):
        actions[name].setEnabled(False)
    _add_playback(bar.addMenu("&Playback"), window)
    helps = bar.addMenu("&Help")
    _add(helps, "Keyboard", partial(_show_keys, window), "F1")
    return actions


def show_video_actions(actions: dict[str, QAction], info: VideoInfo) -> None:
    """Enable what a video that was opened allows."""
    actions["about_video"].setEnabled(True)
    actions["stream"].setEnabled(info.streams > 1)
    actions["deinterlace"].setEnabled(info.interlaced)
    actions["deinterlace"].setChecked(info.wanted.deinterlace)


def _deinterlace(window: MainWindow, actions: dict[str, QAction]) -> None:
    window.reopen(deinterlace=actions["deinterlace"].isChecked())


def _choose_stream(window: MainWindow) -> None:
    if window.video is None:
        return
    dialog = QInputDialog(window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Video stream")
    dialog.setLabelText(f"The file has {window.video.streams} video streams. Show number:")
    dialog.setInputMode(QInputDialog.InputMode.IntInput)
    dialog.setIntRange(0, window.video.streams - 1)
    dialog.setIntValue(window.video.stream)
    dialog.intValueSelected.connect(lambda stream: window.reopen(stream=stream))
    dialog.open()


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
    _show_table(window, "Keyboard", KEYS)


def _show_about_video(window: MainWindow) -> None:
    if window.video is not None:
        _show_table(window, "About this video", window.video.about)


def _show_table(window: MainWindow, title: str, pairs: Iterable[tuple[str, str]]) -> None:
    rows = "".join(
        f"<tr><td><b>{escape(name)}</b>&nbsp;&nbsp;</td><td>{escape(text)}</td></tr>"
        for name, text in pairs
    )
    box = QMessageBox(window)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setWindowTitle(title)
    box.setText(f"<table>{rows}</table>")
    box.open()

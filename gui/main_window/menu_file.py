"""The File menu: opening, saving, exporting."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu

from gui.commands.command import Command, MenuOf
from gui.panes.pane_menu import copy_picture
from gui.session.choose_files import choose_analysis, choose_file, choose_save
from gui.session.dialogs import save_session, save_session_as
from gui.session.open_files import open_demo
from gui.widgets.table_dialog import show_table

if TYPE_CHECKING:
    from gui.main_window.window import MainWindow


def file_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the File menu."""
    parts = (_opening, _sessions, _about, _writing)
    commands: tuple[Command | None, ...] = ()
    for part in parts:
        commands = (*commands, None, *part(window)) if commands else part(window)
    return commands


def add_recent_menu(window: MainWindow, before: QAction, menu: QMenu) -> None:
    """Add the files last opened, listed anew each time, above an action."""
    recent = QMenu("Open recent", menu)
    menu.insertMenu(before, recent)
    recent.aboutToShow.connect(partial(_list_recent, window, recent))


def _opening(window: MainWindow) -> tuple[Command | None, ...]:
    make = MenuOf("file", "&File")
    analysis = partial(choose_analysis, window)
    return (
        make("open", "Open video or session...", partial(choose_file, window), "Ctrl+O"),
        make("demo", "Open the demo clip", partial(open_demo, window)),
        make("open_analysis", "Open analysis...", analysis, "Ctrl+Shift+O"),
    )


def _sessions(window: MainWindow) -> tuple[Command | None, ...]:
    make = MenuOf("session", "&File")
    save, save_as = partial(save_session, window), partial(save_session_as, window)
    return (
        make("save", "Save session", save, "Ctrl+S", enabled=False),
        make("save_as", "Save session as...", save_as, "Ctrl+Shift+S", enabled=False),
    )


def _list_recent(window: MainWindow, menu: QMenu) -> None:
    recent = window.backend.sessions.recent
    menu.clear()
    for entry in recent.entries():
        action = menu.addAction(entry.path.name)
        action.setToolTip(str(entry.path))
        action.setEnabled(entry.is_there)
        if not entry.is_there:
            action.setText(f"{entry.path.name} (missing)")
        action.triggered.connect(partial(window.open_file, entry.path))
    if menu.isEmpty():
        menu.addAction("Nothing yet").setEnabled(False)
    else:
        menu.addSeparator()
        menu.addAction("Clear this list").triggered.connect(recent.clear)


def _about(window: MainWindow) -> tuple[Command | None, ...]:
    make = MenuOf("file", "&File")
    about, turn = partial(_about_video, window), partial(_deinterlace, window)
    return (
        make("about_video", "About this video...", about, "Ctrl+I", enabled=False),
        make("deinterlace", "Deinterlace", turn, checkable=True, enabled=False),
        make("stream", "Video stream...", partial(_choose_stream, window), enabled=False),
    )


def _writing(window: MainWindow) -> tuple[Command | None, ...]:
    make = MenuOf("file", "&File")
    export, save = partial(window.export.open, window), partial(choose_save, window)
    timeline = partial(window.export.open, window, {"format": "timeline.png"})
    copy = partial(copy_picture, window.panes)
    return (
        make("export", "Export...", export, "Ctrl+E", enabled=False),
        make("export_timeline", "Export the timeline...", timeline, enabled=False),
        make("cancel_export", "Cancel export", window.export.exporter.cancel, enabled=False),
        make("save_analysis", "Save analysis...", save, enabled=False),
        make("copy_panes", "Copy the panes", copy, "Ctrl+Shift+C", enabled=False),
        None,
        make("quit", "Quit", window.close, "Ctrl+Q"),
    )


def _about_video(window: MainWindow) -> None:
    if window.video is not None:
        show_table(window, "About this video", window.video.about)


def _deinterlace(window: MainWindow) -> None:
    window.playback.reopen(deinterlace=window.commands.action("file.deinterlace").isChecked())


def _choose_stream(window: MainWindow) -> None:
    if window.video is None:
        return
    dialog = QInputDialog(window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Video stream")
    text = "The file has {0} video streams. Show number:"
    dialog.setLabelText(text.format(window.video.streams))
    dialog.setInputMode(QInputDialog.InputMode.IntInput)
    dialog.setIntRange(0, window.video.streams - 1)
    dialog.setIntValue(window.video.stream)
    dialog.intValueSelected.connect(lambda stream: window.playback.reopen(stream=stream))
    dialog.open()

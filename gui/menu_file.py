"""The File menu: opening, saving, exporting."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QInputDialog, QMenu

from gui.choosing import choose_analysis, choose_file, choose_save
from gui.commands import Command, MenuOf
from gui.opening import open_demo
from gui.pane_menu import copy_picture
from gui.session_dialogs import save_session, save_session_as
from gui.tables import show_table

if TYPE_CHECKING:
    from gui.window import MainWindow


def file_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the File menu."""
    parts = (_opening, _sessions, _about, _writing)
    commands: tuple[Command | None, ...] = ()
    for part in parts:
        commands = (*commands, None, *part(window)) if commands else part(window)
    return commands


def add_recent_menu(window: MainWindow, before: QAction, menu: QMenu) -> None:
    """Add the files last opened, listed anew each time, above an action."""
    recent = QMenu(window.tr("Open recent"), menu)
    menu.insertMenu(before, recent)
    recent.aboutToShow.connect(partial(_list_recent, window, recent))


def _opening(window: MainWindow) -> tuple[Command | None, ...]:
    make, tr = MenuOf("file", window.tr("&File")), window.tr
    analysis = partial(choose_analysis, window)
    return (
        make("open", tr("Open video or session..."), partial(choose_file, window), "Ctrl+O"),
        make("demo", tr("Open the demo clip"), partial(open_demo, window)),
        make("open_analysis", tr("Open analysis..."), analysis, "Ctrl+Shift+O"),
    )


def _sessions(window: MainWindow) -> tuple[Command | None, ...]:
    make, tr = MenuOf("session", window.tr("&File")), window.tr
    save, save_as = partial(save_session, window), partial(save_session_as, window)
    return (
        make("save", tr("Save session"), save, "Ctrl+S", enabled=False),
        make("save_as", tr("Save session as..."), save_as, "Ctrl+Shift+S", enabled=False),
    )


def _list_recent(window: MainWindow, menu: QMenu) -> None:
    recent = window.services.keep.recent
    menu.clear()
    for entry in recent.entries():
        action = menu.addAction(entry.path.name)
        action.setToolTip(str(entry.path))
        action.setEnabled(entry.is_there)
        if not entry.is_there:
            action.setText(window.tr("{0} (missing)").format(entry.path.name))
        action.triggered.connect(partial(window.open_file, entry.path))
    if menu.isEmpty():
        menu.addAction(window.tr("Nothing yet")).setEnabled(False)
    else:
        menu.addSeparator()
        menu.addAction(window.tr("Clear this list")).triggered.connect(recent.clear)


def _about(window: MainWindow) -> tuple[Command | None, ...]:
    make, tr = MenuOf("file", window.tr("&File")), window.tr
    about, turn = partial(_about_video, window), partial(_deinterlace, window)
    return (
        make("about_video", tr("About this video..."), about, "Ctrl+I", enabled=False),
        make("deinterlace", tr("Deinterlace"), turn, checkable=True, enabled=False),
        make("stream", tr("Video stream..."), partial(_choose_stream, window), enabled=False),
    )


def _writing(window: MainWindow) -> tuple[Command | None, ...]:
    make, tr = MenuOf("file", window.tr("&File")), window.tr
    export, save = partial(window.exporting.open, window), partial(choose_save, window)
    timeline = partial(window.exporting.open, window, {"format": "timeline.png"})
    copy = partial(copy_picture, window.panes)
    return (
        make("export", tr("Export..."), export, "Ctrl+E", enabled=False),
        make("export_timeline", tr("Export the timeline..."), timeline, enabled=False),
        make("cancel_export", tr("Cancel export"), window.exporting.exporter.cancel, enabled=False),
        make("save_analysis", tr("Save analysis..."), save, enabled=False),
        make("copy_panes", tr("Copy the panes"), copy, "Ctrl+Shift+C", enabled=False),
        None,
        make("quit", tr("Quit"), window.close, "Ctrl+Q"),
    )


def _about_video(window: MainWindow) -> None:
    if window.video is not None:
        show_table(window, window.tr("About this video"), window.video.about)


def _deinterlace(window: MainWindow) -> None:
    window.viewing.reopen(deinterlace=window.commands.action("file.deinterlace").isChecked())


def _choose_stream(window: MainWindow) -> None:
    if window.video is None:
        return
    dialog = QInputDialog(window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle(window.tr("Video stream"))
    text = window.tr("The file has {0} video streams. Show number:")
    dialog.setLabelText(text.format(window.video.streams))
    dialog.setInputMode(QInputDialog.InputMode.IntInput)
    dialog.setIntRange(0, window.video.streams - 1)
    dialog.setIntValue(window.video.stream)
    dialog.intValueSelected.connect(lambda stream: window.viewing.reopen(stream=stream))
    dialog.open()

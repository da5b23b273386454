"""The File menu: opening, saving, exporting."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog

from gui.choosing import choose_analysis, choose_export, choose_save, choose_video
from gui.commands import Command, MenuOf
from gui.pane_menu import copy_picture
from gui.tables import show_table

if TYPE_CHECKING:
    from gui.window import MainWindow


def file_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the File menu."""
    return (*_opening(window), None, *_about(window), None, *_writing(window))


def _opening(window: MainWindow) -> tuple[Command | None, ...]:
    make, tr = MenuOf("file", window.tr("&File")), window.tr
    analysis = partial(choose_analysis, window)
    return (
        make("open", tr("Open video..."), partial(choose_video, window), "Ctrl+O"),
        make("open_analysis", tr("Open analysis..."), analysis, "Ctrl+Shift+O"),
    )


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
    export, save = partial(choose_export, window), partial(choose_save, window)
    copy = partial(copy_picture, window.panes)
    return (
        make("export", tr("Export annotated clip..."), export, "Ctrl+E", enabled=False),
        make("cancel_export", tr("Cancel export"), window.exporter.cancel, enabled=False),
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

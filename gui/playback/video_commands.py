"""Commands of the open video: its facts, and other ways to read it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QWidget

from gui.commands.command import Command
from gui.panes.pane_menu import copy_picture
from gui.playback.controller import PlaybackController
from gui.widgets.dialogs import show_table


def video_commands(playback: PlaybackController, panes: QWidget) -> tuple[Command, ...]:
    """Return the commands of the open video and of its panes."""
    about, choose = partial(_show_facts, playback, panes), partial(_choose_stream, playback, panes)

    def has_video() -> bool:
        return playback.video is not None

    def has_streams() -> bool:
        return playback.video is not None and playback.video.streams > 1

    def is_interlaced() -> bool:
        return playback.video is not None and playback.video.interlaced

    def is_deinterlaced() -> bool:
        return playback.video is not None and playback.video.request.deinterlace

    def deinterlace(on: bool) -> None:
        playback.reopen(deinterlace=on)

    copy = partial(copy_picture, panes)
    return (
        Command("file.about_video", "About this video...", about, ("Ctrl+I",), has_video),
        Command("file.deinterlace", "Deinterlace", deinterlace, (), is_interlaced, is_deinterlaced),
        Command("file.stream", "Video stream...", choose, (), has_streams),
        Command("file.copy_panes", "Copy the panes", copy, ("Ctrl+Shift+C",), has_video),
    )


def _show_facts(playback: PlaybackController, panes: QWidget) -> None:
    if playback.video is not None:
        show_table(panes.window(), "About this video", playback.video.about)


def _choose_stream(playback: PlaybackController, panes: QWidget) -> None:
    if playback.video is None:
        return
    dialog = QInputDialog(panes.window())
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Video stream")
    dialog.setLabelText(f"The file has {playback.video.streams} video streams. Show number:")
    dialog.setInputMode(QInputDialog.InputMode.IntInput)
    dialog.setIntRange(0, playback.video.streams - 1)
    dialog.setIntValue(playback.video.stream)
    dialog.intValueSelected.connect(lambda stream: playback.reopen(stream=stream))
    dialog.open()

"""The menu bar: every command of the window, and which are enabled when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gui.commands.command import CommandTable
from gui.main_window.menu_edit import edit_commands
from gui.main_window.menu_file import add_recent_menu, file_commands
from gui.main_window.menu_help import help_commands
from gui.main_window.menu_model import compare_commands, model_commands
from gui.main_window.menu_playback import playback_commands
from gui.main_window.menu_view import add_view_menus, view_commands

if TYPE_CHECKING:
    from gui.main_window.window import MainWindow
    from gui.state.video_info import VideoInfo

WITH_VIDEO = (
    "session.save",
    "session.save_as",
    "file.about_video",
    "file.copy_panes",
    "model.explain",
    "model.flow",
    "edit.note",
    "edit.note_range",
)
WITH_ANALYSIS = (
    "file.export",
    "file.export_timeline",
    "file.save_analysis",
    "compare.keep",
    "compare.open",
)
WITH_OTHER = ("compare.swap", "compare.scale", "compare.stop")


def make_menus(window: MainWindow) -> CommandTable:
    """Fill the menu bar with the commands of the window."""
    parts = (
        file_commands,
        edit_commands,
        playback_commands,
        view_commands,
        model_commands,
        compare_commands,
        help_commands,
    )
    table = CommandTable((command for part in parts for command in part(window)), window)
    menus = table.fill(window.menuBar())
    add_recent_menu(window, table.action("session.save"), menus["&File"])
    add_view_menus(window, menus["&View"])
    return table


def enable_commands(table: CommandTable, analysed: bool, compared: bool) -> None:
    """Enable what one analysis allows, and what two do."""
    table.enable(analysed, *WITH_ANALYSIS)
    table.enable(compared, *WITH_OTHER)


def show_video_commands(table: CommandTable, info: VideoInfo) -> None:
    """Enable what a video that was opened allows."""
    table.enable(True, *WITH_VIDEO)
    table.enable(info.streams > 1, "file.stream")
    table.enable(info.interlaced, "file.deinterlace")
    table.action("file.deinterlace").setChecked(info.wanted.deinterlace)

"""The Edit menu: undo, and notes on frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gui.commands.command import Command, MenuOf

if TYPE_CHECKING:
    from gui.main_window.window import MainWindow


def edit_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the Edit menu."""
    make, edits = MenuOf("edit", "&Edit"), window.edits
    panel = window.notes.panel
    return (
        make("undo", "Undo", edits.undo, "Ctrl+Z", enabled=False),
        make("redo", "Redo", edits.redo, "Ctrl+Shift+Z", "Ctrl+Y", enabled=False),
        None,
        make("note", "Note at this frame", panel.add_at_frame, "N", enabled=False),
        make("note_range", "Note on the range", panel.add_on_range, "Shift+N", enabled=False),
    )

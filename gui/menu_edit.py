"""The Edit menu: undo, and notes on frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gui.commands import Command, MenuOf

if TYPE_CHECKING:
    from gui.window import MainWindow


def edit_commands(window: MainWindow) -> tuple[Command | None, ...]:
    """Commands of the Edit menu."""
    make, tr, edits = MenuOf("edit", window.tr("&Edit")), window.tr, window.edits
    panel = window.noting.panel
    return (
        make("undo", tr("Undo"), edits.undo, "Ctrl+Z", enabled=False),
        make("redo", tr("Redo"), edits.redo, "Ctrl+Shift+Z", "Ctrl+Y", enabled=False),
        None,
        make("note", tr("Note at this frame"), panel.add_at_frame, "N", enabled=False),
        make("note_range", tr("Note on the range"), panel.add_on_range, "Shift+N", enabled=False),
    )

"""demo: the bundled clip, explained in the window or into a folder."""

from __future__ import annotations

import typer

from inspector.commands import Command


def demo() -> None:
    """Explain the bundled clip."""
    from inspector.start import show_demo

    raise typer.Exit(show_demo())


COMMAND = Command(
    "demo",
    demo,
    "Open the window on the bundled clip and explain it; without a display, write it.",
    order=30,
)

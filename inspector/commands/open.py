"""open: the window, on a video or a saved analysis."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inspector.commands import Command


def open_window(
    path: Annotated[Path | None, typer.Argument(help="A video, or a folder of 'explain'.")] = None,
) -> None:
    """Open the window."""
    from inspector.display import show_window

    raise typer.Exit(show_window(path))


COMMAND = Command(
    "open",
    open_window,
    "Open the window, on a video or a saved analysis. The default command.",
    order=10,
)

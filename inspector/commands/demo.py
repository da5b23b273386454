"""demo: the bundled clip, explained in the window or into a folder."""

from __future__ import annotations

from pathlib import Path

import typer

from engine.types import Request
from inspector import cli_options as options
from inspector.commands import Command
from inspector.commands.explain import explain_to
from inspector.display import has_display, show_window
from inspector.terminal import print_line
from resources import resource_path

FOLDER = Path("motion-inspector-demo")


def demo() -> None:
    """Explain the bundled clip in the window, or into a folder where there is no display."""
    with resource_path("demo.mp4") as clip:
        request = Request(video=clip, model=options.DEFAULT_MODEL)
        if has_display():
            raise typer.Exit(show_window(clip, request, start=True))
        print_line(f"No display: writing the demo to ./{FOLDER}/ instead.")
        explain_to(request, FOLDER)
        print_line(f"Open {FOLDER.absolute() / 'annotated.mp4'}")


COMMAND = Command(
    "demo",
    demo,
    "Open the window on the bundled clip and explain it; without a display, write it.",
    order=30,
)

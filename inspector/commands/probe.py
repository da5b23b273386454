"""What a video file is, for the terminal and for programs."""

from __future__ import annotations

import json as json_format
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.video import open_video
from engine.video.about_video import as_numbers, in_words
from inspector.commands.explain import progress_bar


def print_facts(
    path: Path, output: Console, errors: Console, *, stream: int | None, verify: bool, json: bool
) -> None:
    """Print what is to be said of a video.

    Parameters
    ----------
    path : Path
        The video file.
    output, errors : Console
        For the facts, and for the progress of reading a long file.
    stream : int or None
        Which video stream, from 0.
    verify : bool
        Whether to decode everything, so that all damage is found.
    json : bool
        Whether to print one JSON object rather than a table.

    Raises
    ------
    VideoError
        If it cannot be read.
    """
    with (
        progress_bar(errors) as bar,
        open_video(path, stream=stream, verify=verify, report=bar.report) as video,
    ):
        facts, words = as_numbers(video), in_words(video)
    if json:
        output.print(json_format.dumps(facts, indent=2), markup=False, highlight=False)
        return
    table = Table.grid(padding=(0, 2))
    for name, text in words:
        table.add_row(f"[bold]{name}[/bold]", escape(text))
    output.print(table, highlight=False)

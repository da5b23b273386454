"""probe: the facts of a video file, for the terminal and for programs."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from engine.video import open_video
from engine.video.about_video import as_numbers, in_words
from inspector import cli_options as options
from inspector.commands import Command
from inspector.terminal import print_facts, print_text, progress_bar


def probe(
    video: Annotated[Path, typer.Argument(help="The video file, or a folder of pictures.")],
    json: Annotated[bool, typer.Option("--json", help="For programs, rather than people.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Decode everything, to find all damage.")
    ] = False,
    stream: options.Stream = None,
) -> None:
    """Print the facts of a video, or raise `VideoError` if it cannot be read."""
    with (
        progress_bar() as bar,
        open_video(video, stream=stream, verify=verify, report=bar.report) as opened,
    ):
        facts, words = as_numbers(opened), in_words(opened)
    if json:
        print_text(json_format.dumps(facts, indent=2))
    else:
        print_facts(words)


COMMAND = Command(
    "probe", probe, "Tell what a video file is: codec, frames, rate, colours, damage.", order=110
)

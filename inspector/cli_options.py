"""Arguments and options that several commands share, each with its text once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal, cast, get_args

import typer

from engine.errors import ExportError
from engine.selective import checked_preset
from engine.types import PRESETS, SPLIT_PRESETS, EvidenceEffort, Step
from engine.types import Preset as PresetName
from engine.utils.schema import shortened

DEFAULT_MODEL = "figures"
_NamedStep = Literal["mean", "max"]

_MODEL = "A name that 'motion-inspector models' lists, or a model card (.toml)."

Video = Annotated[Path, typer.Argument(help="The video file.")]
ModelArgument = Annotated[str, typer.Argument(help=_MODEL)]
Model = Annotated[str, typer.Option(help=_MODEL)]
Weights = Annotated[Path | None, typer.Option(help="Your weights for it.")]
Labels = Annotated[Path | None, typer.Option(help="Class names, one a line.")]
Method = Annotated[str, typer.Option(help="See 'motion-inspector methods'.")]
MethodOptions = Annotated[
    list[str] | None,
    typer.Option(
        "--option", metavar="NAME=VALUE", help="An option of the method; may be repeated."
    ),
]
Preset = Annotated[str, typer.Option(help=f"How relevance is separated: {', '.join(PRESETS)}.")]
SplitPreset = Annotated[
    str, typer.Option(help=f"How relevance is separated: {', '.join(SPLIT_PRESETS)}.")
]
Sigma = Annotated[float, typer.Option(help="Threshold in standard deviations, from 0 up.")]
Evidence = Annotated[
    EvidenceEffort, typer.Option(help="What of the evidence is measured; quick takes half as long.")
]
Prior = Annotated[Path | None, typer.Option(help="File of a prior, see 'motion-inspector prior'.")]
Start = Annotated[int, typer.Option(help="First frame of the clip, counted from 0.")]
ClipStart = Annotated[
    int | None, typer.Option("--start", min=0, help="Begin at this frame, counted from 0.")
]
Window = Annotated[
    int | None, typer.Option(min=0, help="Which of the windows that 'explain' makes, from 0.")
]
AllWindows = Annotated[bool, typer.Option("--all", help="All windows of the video.")]
Json = Annotated[bool, typer.Option("--json", help="Print all numbers as JSON.")]
StepText = Annotated[
    str | None,
    typer.Option(
        "--step",
        help="Of a model that scores each time step: a step from 0, mean or max. By default what "
        "its card says, or the mean.",
    ),
]
Stream = Annotated[int | None, typer.Option(min=0, help="Which video stream of the file, from 0.")]
KeepCuts = Annotated[
    bool, typer.Option("--keep-cuts", help="Count windows that cross a shot cut like the others.")
]
Device = Annotated[str, typer.Option(help="auto, cpu, mps, cuda or cuda:N.")]
Overwrite = Annotated[
    bool,
    typer.Option(
        "--overwrite",
        help="Replace files there that Motion Inspector did not write, or that have changed since.",
    ),
]
Trust = Annotated[
    bool,
    typer.Option(
        "--trust",
        help="Run the code or ask the server of the model, now and later; see docs/model-card.md.",
    ),
]


def parse_preset(name: str) -> PresetName:
    """Return the preset of that name, or raise `EngineError` if there is none."""
    return checked_preset(name)


def parse_step(text: str | None) -> Step | None:
    """Return the time step that is meant.

    Raises
    ------
    typer.BadParameter
        If it is none.
    """
    if text is None:
        return None
    if text in get_args(_NamedStep):
        return cast("_NamedStep", text)
    if not text.isascii() or not text.isdigit():
        raise typer.BadParameter(
            f"{text!r} is no whole number from 0 up, mean or max.", param_hint="--step"
        )
    return int(text)


def parse_method_options(texts: list[str] | None) -> tuple[tuple[str, str], ...]:
    """Return the names and values of a method's options.

    Raises
    ------
    typer.BadParameter
        If one is not of the form NAME=VALUE.
    """
    pairs = [text.partition("=") for text in texts or ()]
    for text, (name, sign, _) in zip(texts or (), pairs, strict=True):
        if not (name and sign):
            raise typer.BadParameter(
                f"{text!r} is not of the form NAME=VALUE.", param_hint="--option"
            )
    return tuple((name.strip(), value.strip()) for name, _, value in pairs)


def checked_overlap(overlap: float) -> float:
    """Return an overlap, 0 <= overlap < 1.

    Raises
    ------
    typer.BadParameter
        If it is outside.
    """
    if not 0 <= overlap < 1:
        raise typer.BadParameter(f"{overlap:g} is not from 0 to below 1.", param_hint="--overlap")
    return overlap


def chosen_window(start: int | None, window: int | None, *, every: bool) -> int | None:
    """Return the number of the window that is wanted, None for all of them.

    Raises
    ------
    typer.BadParameter
        If more than one way to choose was taken.
    """
    if sum((start is not None, window is not None, every)) > 1:
        raise typer.BadParameter("Give one of --start, --window and --all.")
    return None if every else window or 0


def check_folder(folder: Path) -> None:
    """Refuse a folder that cannot be written at once, not after minutes of work.

    Raises
    ------
    ExportError
        If it is a file or no name for a folder, or neither it nor its nearest existing parent
        can be written.
    """
    try:
        folder.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:  # a name too long, links in a circle
        raise ExportError(
            f"{shortened(str(folder))} cannot be a folder ({error.strerror}).",
            "Choose another --out.",
        ) from error
    if folder.exists() and not folder.is_dir():
        raise ExportError(f"{folder} is a file, but a folder is needed.", "Choose another --out.")
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    if not existing.is_dir() or not os.access(existing, os.W_OK):
        raise ExportError(f"{existing} cannot be written to.", "Choose another --out.")

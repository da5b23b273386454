"""bouts: annotated behaviour to another format, or what an analysis says of each bout."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from engine.annotations.bout_evidence import bout_evidence, bout_table, numbers_of
from engine.annotations.bouts import Bout, lanes_of
from engine.annotations.formats.registry import BOUT_FORMATS, read_bouts, write_bouts
from engine.annotations.formats.source import VideoTimes
from engine.annotations.formats.video_times import times_of
from engine.errors import EngineError
from engine.export.inputs import inputs_of
from engine.export.whole_file import listed_file
from engine.store import Analysis
from engine.store.explained_video import open_explained
from engine.utils.frame_ranges import range_text
from engine.utils.printable import printable_lines
from engine.utils.targets import check_target
from engine.video import open_video
from inspector import cli_options as options
from inspector.commands import Command
from inspector.leftovers import remember_target
from inspector.terminal import print_text, progress_bar


def bouts(
    annotations: Annotated[
        Path, typer.Argument(help="File of BORIS, ELAN, VIA 3, or CSV with start, stop, label.")
    ],
    of: Annotated[Path, typer.Argument(help="Its video, or a folder written by 'explain'.")],
    to: Annotated[Path | None, typer.Option(help="Write the bouts to this file as well.")] = None,
    kind: Annotated[
        str, typer.Option("--format", help=f"Of that file: {', '.join(BOUT_FORMATS)}.")
    ] = "csv",
    overwrite: options.Overwrite = False,
) -> None:
    """List bouts by frames, write them, and with an analysis write bouts.csv into its folder."""
    if kind not in BOUT_FORMATS:
        raise EngineError(f"There is no format {kind}.", f"Choose {', '.join(BOUT_FORMATS)}.")
    is_analysis = (of / "analysis.json").is_file()
    text = _of_analysis if is_analysis else _of_video
    print_text(text(annotations, of, to, kind, overwrite))


def _of_video(source: Path, path: Path, to: Path | None, kind: str, overwrite: bool) -> str:
    with progress_bar() as bar, open_video(path, report=bar.report) as video:
        times = times_of(video)
    found = read_bouts(source, times)
    _write(found, times, to, kind, [source, path], overwrite)
    return _listed(found)


def _of_analysis(source: Path, folder: Path, to: Path | None, kind: str, overwrite: bool) -> str:
    analysis = Analysis.open(folder)
    request = analysis.header.request
    with open_explained(analysis.header) as video:
        times = times_of(video)
    found = read_bouts(source, times)
    inputs = (source, *inputs_of(request))
    _write(found, times, to, kind, inputs, overwrite)
    rows = bout_evidence(numbers_of(analysis, request.preset, request.sigma), found)
    target = folder / "bouts.csv"
    check_target(target, inputs)
    remember_target(target)
    with listed_file(target, overwrite=overwrite) as partial:
        partial.write_text(bout_table(rows), encoding="utf-8", newline="\n")
    explained = sum(row.explained for row in rows)
    frames = sum(row.frames for row in rows)
    return printable_lines(
        [
            _listed(found),
            f"Explained: {explained} of {frames} frames in bouts; bout by bout: bouts.csv",
        ]
    )


def _write(
    found: tuple[Bout, ...],
    times: VideoTimes,
    to: Path | None,
    kind: str,
    inputs: Iterable[Path],
    overwrite: bool,
) -> None:
    if to is None:
        return
    if to.exists() and not overwrite:
        raise EngineError(f"{to} exists.", "Add --overwrite, or choose another name.")
    remember_target(to)
    write_bouts(found, times, to, kind, inputs)


def _listed(found: tuple[Bout, ...]) -> str:
    lines = [f"{len(found)} bouts"]
    for (subject, label), lane in lanes_of(found).items():
        spans = ", ".join(range_text(bout.first, bout.stop) for bout in lane[:8])
        more = f" and {len(lane) - 8} more" if len(lane) > 8 else ""
        name = f"{subject}: {label}" if subject else label
        lines.append(f"  {name}: {len(lane)}, frames {spans}{more}")
    return printable_lines(lines)


COMMAND = Command(
    "bouts",
    bouts,
    "Read annotated behaviour of BORIS, ELAN, VIA or CSV: evidence a bout, and other formats.",
    order=85,
)

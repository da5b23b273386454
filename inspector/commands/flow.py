"""flow: the results of 'explain' against optical flow."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from engine.diagnostics.flow_agreement import check_against_flow, write_flow_csv
from engine.errors import EngineError
from engine.export.inputs import inputs_of
from engine.export.whole_file import listed_file
from engine.metrics import FlowPrecision
from engine.store import Analysis
from engine.store.explained_video import open_explained
from engine.utils.printable import printable_lines
from engine.utils.targets import check_target
from inspector import cli_options as options
from inspector.commands import Command
from inspector.leftovers import remember_target
from inspector.terminal import print_text


def flow(
    results: Annotated[Path, typer.Argument(help="A folder written by 'explain'.")],
    kind: Annotated[str, typer.Option(help="dis, dis-fine (slower, finer) or farneback.")] = "dis",
    threshold: Annotated[
        float, typer.Option(help="What counts as moving, in pixels per frame.")
    ] = 1.0,
    overwrite: options.Overwrite = False,
) -> None:
    """Print the precision against optical flow and write flow.csv into the folder."""
    print_text(flow_report(results, kind, threshold, overwrite=overwrite))


def flow_report(folder: Path, kind: str, threshold_px: float, *, overwrite: bool = False) -> str:
    """Return the precision against optical flow, and write flow.csv into the folder.

    Raises
    ------
    EngineError
        If the folder holds no analysis, its video is gone or changed, or the flow cannot be had.
    """
    if not (math.isfinite(threshold_px) and threshold_px >= 0):
        raise EngineError(
            f"The threshold is {threshold_px}, but it must be 0 or more.",
            "1 pixel per frame is usual.",
        )
    analysis = Analysis.open(folder)
    request = analysis.header.request
    with open_explained(analysis.header) as video:
        agreement = check_against_flow(
            analysis,
            video,
            preset=request.preset,
            sigma=request.sigma,
            kind=kind,
            threshold_px=threshold_px,
        )
    check_target(folder / "flow.csv", inputs_of(request))
    remember_target(folder / "flow.csv")
    with listed_file(folder / "flow.csv", overwrite=overwrite) as partial:
        write_flow_csv(agreement, analysis, partial)
    lost = int(np.count_nonzero(~agreement.camera_found))
    lines = _lines(agreement.overall, kind, threshold_px, lost, analysis.frame_count)
    return printable_lines([*lines, f"Frame by frame: {folder / 'flow.csv'}"])


def _lines(
    overall: FlowPrecision, kind: str, threshold_px: float, lost: int, frames: int
) -> list[str]:
    lines = [
        f"Kept as motion: {overall.kept:.1%} of the area; of it, {overall.precision:.1%} moves "
        f"more than {threshold_px:g} px per frame ({kind}).",
        f"Chance level: {overall.chance:.1%} of the area moves.",
    ]
    if lost:
        lines.append(
            f"The camera's motion could not be told in {lost} of {frames} frames; these are "
            "left out."
        )
    if overall.contested:
        lines.append(
            f"In {overall.contested:.0%} of the frames used, a thing that fills much of the "
            "picture may have been taken for the background."
        )
    return lines


COMMAND = Command(
    "flow",
    flow,
    "Check the results of 'explain' against optical flow: is it where things move?",
    order=80,
)

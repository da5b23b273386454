"""The results of 'explain' against optical flow, for the terminal. Never imports Qt."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from engine.errors import EngineError
from engine.flow_check import check_against_flow, write_flow_csv
from engine.metrics import FlowPrecision
from engine.store import Analysis
from engine.video import open_requested


def flow_report(folder: Path, kind: str, threshold_px: float) -> str:
    """Precision against optical flow with its chance level; writes flow.csv into the folder.

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
    with open_requested(request) as video:
        if len(video) < analysis.header.stop or video.size != analysis.header.size:
            raise EngineError(
                f"{request.video} is not the video that was explained.", "Explain it again."
            )
        found = check_against_flow(
            analysis,
            video,
            preset=request.preset,
            sigma=request.sigma,
            kind=kind,
            threshold_px=threshold_px,
        )
    write_flow_csv(found, analysis, folder / "flow.csv")
    lost = int(np.count_nonzero(~found.camera_found))
    return _text(found.overall, kind, threshold_px, lost, analysis.frame_count)


def _text(overall: FlowPrecision, kind: str, threshold_px: float, lost: int, frames: int) -> str:
    lines = [
        f"Kept as motion: {overall.kept:.1%} of the area; of it, {overall.precision:.1%} moves "
        f"more than {threshold_px:g} px per frame ({kind}).",
        f"Chance level: {overall.chance:.1%} of the area moves.",
    ]
    if lost:
        lines.append(
            f"The camera's motion could not be told in {lost} of {frames} frames; there nothing "
            "was taken off."
        )
    return "\n".join([*lines, "Frame by frame: flow.csv"])

"""The results of 'explain' against optical flow. Never imports Qt."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from engine.cancel import Check
from engine.diagnostics.flow_agreement import check_against_flow, write_flow_csv
from engine.errors import EngineError
from engine.metrics import FlowPrecision
from engine.store import Analysis
from engine.types import Preset, Progress, Report
from engine.video import Video, open_requested


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
    with _opened(analysis) as video:
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


def flow_agreement(
    analysis: Analysis, preset: Preset, sigma: float, report: Report, check: Check
) -> FlowPrecision:
    """Agreement of an analysis with optical flow; parameters as in `check_against_flow`.

    Raises
    ------
    EngineError
        If the video is gone or changed, or the flow cannot be had.
    """
    count, done = analysis.frame_count, 0

    def counted() -> None:
        nonlocal done
        check()
        done += 1
        report(Progress("Comparing with optical flow", min(done // 2, count), count))

    with _opened(analysis) as video:
        return check_against_flow(
            analysis, video, preset=preset, sigma=sigma, check=counted
        ).overall


def _opened(analysis: Analysis) -> Video:
    request = analysis.header.request
    video = open_requested(request)
    if len(video) < analysis.header.stop or video.size != analysis.header.size:
        video.close()
        raise EngineError(
            f"{request.video} is not the video that was explained.", "Explain it again."
        )
    return video


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

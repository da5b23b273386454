"""Agreement of an analysis with optical flow, for the window. Never imports Qt."""

from __future__ import annotations

from engine.cancel import Check
from engine.diagnostics.flow_agreement import check_against_flow
from engine.metrics import FlowPrecision
from engine.store import Analysis
from engine.store.explained_video import open_explained
from engine.types import Preset, Progress, Report


def flow_agreement(
    analysis: Analysis, preset: Preset, sigma: float, report: Report, check: Check
) -> FlowPrecision:
    """Return the agreement with optical flow. Parameters are those of `check_against_flow`.

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

    with open_explained(analysis.header) as video:
        return check_against_flow(
            analysis, video, preset=preset, sigma=sigma, check=counted
        ).overall

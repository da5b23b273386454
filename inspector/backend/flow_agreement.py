"""Agreement of an analysis with optical flow, for the window. Never imports Qt."""

from __future__ import annotations

from engine.cancel import Check
from engine.diagnostics.flow_agreement import check_against_flow
from engine.errors import EngineError
from engine.metrics import FlowPrecision
from engine.store import Analysis
from engine.types import Preset, Progress, Report
from engine.video import Video, open_requested


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

    with open_explained(analysis) as video:
        return check_against_flow(
            analysis, video, preset=preset, sigma=sigma, check=counted
        ).overall


def open_explained(analysis: Analysis) -> Video:
    """Open the video of an analysis, or raise `EngineError` if it is gone or another one."""
    request = analysis.header.request
    video = open_requested(request)
    if len(video) < analysis.header.stop or video.size != analysis.header.size:
        video.close()
        raise EngineError(
            f"{request.video} is not the video that was explained.", "Explain it again."
        )
    return video

"""The video of a request, read as the request says."""

from __future__ import annotations

from engine.cancel import Check, never
from engine.types import Report, Request, unreported
from engine.video.video import CACHE_BYTES, Video, open_video


def open_requested(
    request: Request,
    *,
    check: Check = never,
    report: Report = unreported,
    cache_bytes: int = CACHE_BYTES,
) -> Video:
    """Open the video of a request, as `open_video`.

    Where a frame does not decode the one before stands in, so that damage does not end the work.
    """
    return open_video(
        request.video,
        stream=request.stream,
        deinterlace=request.deinterlace,
        hold=True,
        check=check,
        report=report,
        cache_bytes=cache_bytes,
    )

"""Exports of the window, written and previewed by the engine."""

from __future__ import annotations

from pathlib import Path

from engine.cancel import Check
from engine.export.formats import EXPORT_FORMATS
from engine.export.job import ExportJob
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.store.explained_video import open_explained
from engine.types import Report, UInt8Array
from engine.video.encode.sound import has_sound
from gui.backend import ExportBackend
from gui.state.export_request import ExportRequest
from inspector.leftovers import remember_target


def export_services() -> ExportBackend:
    """Return the backend that writes and previews with the real engine."""
    return ExportBackend(write=write, preview=preview, has_sound=has_sound)


def write(analysis: Analysis, request: ExportRequest, report: Report, check: Check) -> Path:
    """Write an analysis in the requested format.

    Raises
    ------
    ExportError
        If it cannot be written, or the range lies outside the analysis.
    VideoError
        If the video is gone.
    Cancelled
        If `check` said so; nothing is left behind.
    """
    from engine.export.clip import checked_frames

    remember_target(request.path)
    frames = checked_frames(analysis, request.frames)
    job = ExportJob(
        analysis,
        request.path,
        request.look,
        frames,
        request.sound,
        report,
        check,
        inputs=request.opened,
    )
    return EXPORT_FORMATS[request.format].write(job)


def preview(
    analysis: Analysis,
    look: ClipSettings,
    frames: tuple[int, int],
    frame: int,
    report: Report,
    check: Check,
) -> UInt8Array:
    """Draw one frame as it would be in the clip, uint8 RGB (H, W, 3).

    Raises
    ------
    ExportError
        If the picture would be too large, or the range lies outside the analysis.
    VideoError
        If the video is gone.
    """
    from engine.export.clip import checked_frames
    from engine.export.composition import Composition

    inside = checked_frames(analysis, frames)
    with open_explained(analysis.header) as video:
        check()
        return Composition(analysis, video, look, inside).picture(frame)

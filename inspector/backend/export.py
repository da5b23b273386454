"""Exports as the window asks for them: joins its dialog with the engine's writers."""

from __future__ import annotations

from pathlib import Path

from engine.cancel import Check
from engine.render.clip_settings import ClipSettings
from engine.store import Analysis
from engine.types import UInt8Array
from engine.video import open_requested
from engine.video.encode.sound import has_sound
from gui.backend import ExportBackend
from gui.state.export_request import ExportRequest
from gui.tasks.jobs import Report
from inspector.leftovers import remember_target


def export_services() -> ExportBackend:
    """Writing and previewing with the real engine."""
    return ExportBackend(write=write, preview=preview, has_sound=has_sound)


def write(analysis: Analysis, wish: ExportRequest, report: Report, check: Check) -> Path:
    """Write what is wished for.

    Raises
    ------
    ExportError
        If it cannot be written, or the range lies outside the analysis.
    VideoError
        If the video is gone.
    Cancelled
        If `check` said so; nothing is left behind.
    """
    from engine.export import checked_frames, export_clip, write_csv, write_npz, write_timeline

    remember_target(wish.path)
    preset, sigma = wish.look.preset, wish.look.sigma
    frames = checked_frames(analysis, wish.frames)
    if wish.kind == "clip":
        with open_requested(analysis.header.request) as video:
            return export_clip(
                analysis,
                video,
                wish.path,
                look=wish.look,
                frames=frames,
                sound=wish.sound,
                report=report,
                check=check,
            )
    if wish.kind == "csv":
        write_csv(analysis, wish.path, preset=preset, sigma=sigma, frames=frames)
    elif wish.kind == "npz":
        write_npz(
            analysis,
            wish.path,
            preset=preset,
            sigma=sigma,
            frames=frames,
            report=report,
            check=check,
        )
    elif wish.kind == "timeline":
        write_timeline(analysis, wish.path, preset=preset, sigma=sigma, frames=frames)
    else:
        analysis.save(wish.path, preset=preset, sigma=sigma, check=check)
    return wish.path


def preview(
    analysis: Analysis,
    look: ClipSettings,
    frames: tuple[int, int],
    frame: int,
    report: Report,
    check: Check,
) -> UInt8Array:
    """Picture of one frame as it would be in the clip, uint8 RGB (H, W, 3).

    Raises
    ------
    ExportError
        If the picture would be too large, or the range lies outside the analysis.
    VideoError
        If the video is gone.
    """
    from engine.export import Composition, checked_frames

    inside = checked_frames(analysis, frames)
    with open_requested(analysis.header.request) as video:
        check()
        return Composition(analysis, video, look, inside).picture(frame)

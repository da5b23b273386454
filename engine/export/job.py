"""`ExportJob`: all that an export format needs to write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.cancel import Check, never
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.types import Report, unreported
from engine.video import Video


@dataclass(frozen=True, slots=True, eq=False)
class ExportJob:
    """One thing to write.

    Attributes
    ----------
    analysis : Analysis
        Complete.
    path : Path
        File or folder to write.
    look : ClipSettings
        Panes and settings; formats other than clips take preset and sigma from it.
    frames : (int, int)
        First frame and the frame after the last, counted in the video.
    sound : bool
        Whether to keep the sound of the video.
    report, check : callable
        Progress, and cancellation.
    video : Video or None
        The explained video, where it is open; None opens it for the formats that need it.
    overwrite : bool
        Whether files that the program did not write may be replaced, beside that of ``path``.
    inputs : tuple of Path
        Files and folders that are open and may not be written over, besides those that the
        analysis was made from.
    """

    analysis: Analysis
    path: Path
    look: ClipSettings
    frames: tuple[int, int]
    sound: bool = False
    report: Report = unreported
    check: Check = never
    video: Video | None = None
    overwrite: bool = False
    inputs: tuple[Path, ...] = ()

"""An export as the user orders it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from engine.render.export_clip_settings import ClipSettings


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """One thing to write of an analysis.

    Attributes
    ----------
    format : str
        A key of `engine.export.formats.EXPORT_FORMATS`.
    path, look, sound
        As for `engine.export.formats.ExportJob`.
    frames : (int, int) or None
        First frame and the frame after the last, counted in the video; None takes all.
    opened : tuple of Path
        Folders of analyses that are open, which may not be written over.
    """

    format: str
    path: Path
    look: ClipSettings
    frames: tuple[int, int] | None = None
    sound: bool = False
    opened: tuple[Path, ...] = field(default=(), compare=False)

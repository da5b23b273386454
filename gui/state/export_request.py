"""An export as the user orders it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from engine.render.clip_settings import ClipSettings

ExportKind = Literal["clip", "csv", "npz", "zarr", "timeline"]
EXPORT_KINDS: tuple[ExportKind, ...] = get_args(ExportKind)


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """One thing to write of an analysis.

    Attributes
    ----------
    kind : str
        An annotated clip, the numbers of each frame (CSV), the arrays (NPZ, or a folder that can
        be opened again: Zarr), or the timeline as a picture (PNG or SVG).
    path : Path
        File, or folder for pictures and Zarr; the suffix says the format.
    look : ClipSettings
        Panes and settings; of the other kinds only preset and sigma matter.
    frames : (int, int) or None
        First frame and the frame after the last, counted in the video; None takes all. Zarr has
        all of them always.
    sound : bool
        Whether a clip keeps the sound of the video.
    """

    kind: ExportKind
    path: Path
    look: ClipSettings
    frames: tuple[int, int] | None = None
    sound: bool = False

"""What is to be written, and the callables that write it and show it beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from engine.cancel import Check
from engine.render.clip_settings import ClipSettings
from engine.store import Analysis
from engine.types import UInt8Array
from gui.tasks.jobs import Report

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


Write = Callable[[Analysis, ExportRequest, Report, Check], Path]
Preview = Callable[[Analysis, ClipSettings, tuple[int, int], int, Report, Check], UInt8Array]


@dataclass(frozen=True, slots=True)
class ExportBackend:
    """Writing, handed in by the application; each is called in a worker thread.

    Attributes
    ----------
    write : callable
        (analysis, wish, report, check) -> Path that was written.
    preview : callable
        (analysis, look, frames, frame, report, check) -> one picture of the clip as it would be,
        uint8 RGB (H, W, 3).
    has_sound : callable
        Video path -> whether it has sound.
    """

    write: Write
    preview: Preview
    has_sound: Callable[[Path], bool]

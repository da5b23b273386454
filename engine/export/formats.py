"""`EXPORT_FORMATS`: the one list of export formats, for dialog, command line and scripts.

Free of torch and quick to import: a format loads its writer when it writes.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from engine.store.explained_video import open_explained
from engine.utils.targets import check_target
from engine.video.encode.formats import FORMATS

if TYPE_CHECKING:
    from engine.export.job import ExportJob


@dataclass(frozen=True, slots=True, eq=False)
class ExportFormat:
    """A format that an analysis can be written in.

    Attributes
    ----------
    title, use : str
        Its name, and its purpose in a sentence.
    suffix : str
        Of the file; empty for a folder.
    writer : callable
        ExportJob -> Path that was written; to be called by `write`.
    ending : str
        End of the suggested file name, after the name of the video.
    is_clip : bool
        Whether it shows panes. It then has their settings, a preview, and a place in
        ``explain --format``.
    has_sound : bool
        Whether it can keep the sound of the video.
    has_range : bool
        Whether it can be written for a range of frames.
    """

    title: str
    use: str
    suffix: str
    writer: Callable[[ExportJob], Path]
    ending: str = "annotated"
    is_clip: bool = False
    has_sound: bool = False
    has_range: bool = True

    def write(self, job: ExportJob) -> Path:
        """Write an analysis, and return what was written.

        Raises
        ------
        ExportError
            If it cannot be written, or would be written over what is read.
        """
        from engine.export.inputs import inputs_of

        read = inputs_of(job.analysis.header.request)
        check_target(job.path, (*read, job.analysis.folder, *job.inputs))
        return self.writer(job)

    def named(self, path: Path) -> Path:
        """Return the path with the suffix of this format in place of that of another one."""
        others = {other.suffix for other in EXPORT_FORMATS.values()}
        stem = path.with_suffix("") if path.suffix.lower() in others else path
        return stem.with_name(stem.name + self.suffix)


def _write_clip(job: ExportJob) -> Path:
    from engine.export.clip import export_clip

    with nullcontext(job.video) if job.video else open_explained(job.analysis.header) as v:
        return export_clip(
            job.analysis,
            v,
            job.path,
            look=job.look,
            frames=job.frames,
            sound=job.sound,
            overwrite=job.overwrite,
            inputs=job.inputs,
            report=job.report,
            check=job.check,
        )


def _write_csv(job: ExportJob) -> Path:
    from engine.export.frames_csv import write_csv

    return write_csv(job)


def _write_npz(job: ExportJob) -> Path:
    from engine.export.npz import write_npz

    return write_npz(job)


def _write_timeline(job: ExportJob) -> Path:
    from engine.export.timeline_picture import write_timeline

    return write_timeline(job)


def _write_analysis(job: ExportJob) -> Path:
    from engine.export.whole_folder import save_analysis

    return save_analysis(job, overwrite=job.overwrite)


EXPORT_FORMATS: dict[str, ExportFormat] = {
    **{
        key: ExportFormat(
            video.title,
            video.use,
            video.suffix,
            _write_clip,
            is_clip=True,
            has_sound=video.has_sound,
        )
        for key, video in FORMATS.items()
    },
    "csv": ExportFormat(
        "Numbers (CSV)", "One row a frame, for spreadsheets.", ".csv", _write_csv, "frames"
    ),
    "npz": ExportFormat("Arrays (NPZ)", "The maps, for NumPy.", ".npz", _write_npz, "arrays"),
    "zarr": ExportFormat(
        "Analysis folder",
        "Opens here again, with all maps.",
        "",
        _write_analysis,
        "analysis",
        has_range=False,
    ),
    "timeline.png": ExportFormat(
        "Timeline (PNG)", "The curves as a picture.", ".png", _write_timeline, "timeline"
    ),
    "timeline.svg": ExportFormat(
        "Timeline (SVG)",
        "The curves for print: sharp at any size.",
        ".svg",
        _write_timeline,
        "timeline",
    ),
}
"""Formats by key, in the order of the menu."""


def clip_formats() -> tuple[str, ...]:
    """Return the keys of the formats that an annotated clip can have."""
    return tuple(key for key, format in EXPORT_FORMATS.items() if format.is_clip)

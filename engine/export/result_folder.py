"""All results in one folder: clip, timeline, numbers, settings and arrays."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path

from engine.cancel import Check, never
from engine.export.clip import checked_frames
from engine.export.formats import EXPORT_FORMATS
from engine.export.frames_csv import write_csv
from engine.export.inputs import inputs_of
from engine.export.job import ExportJob
from engine.export.timeline_picture import write_timeline
from engine.export.whole_folder import whole_folder
from engine.render.export_clip_settings import ClipSettings
from engine.store import DOCUMENT, Analysis
from engine.store.arrays import ARRAYS
from engine.types import Preset, Report, Request, unreported
from engine.utils.folder_update import check_conflicts, check_folder_of_its_own
from engine.utils.targets import check_targets
from engine.video import Video
from engine.video.encode.errors import export_errors
from engine.video.encode.pictures import PICTURES

TABLE, TIMELINE = "frames.csv", "timeline.png"


def export_all(
    analysis: Analysis,
    video: Video,
    folder: Path,
    *,
    preset: Preset,
    sigma: float,
    format: str = "mp4",
    sound: bool = False,
    overwrite: bool = False,
    report: Report = unreported,
    check: Check = never,
) -> Path:
    """Write clip, CSV, timeline, settings and arrays to a folder, all of them or nothing.

    Files of these names in an existing folder are replaced, in one step; others stay. Those that
    the program did not write, or that have changed since, are replaced only if asked.

    Parameters
    ----------
    analysis, video, preset, sigma, sound, report, check
        As for `export_clip`.
    folder : Path
        Made if needed.
    format : str
        Of the clip, a key of `EXPORT_FORMATS`: ``annotated.mp4``, ``.webm``, ``.gif``, or for PNGs
        the folder ``annotated``.
    overwrite : bool
        Whether files that the program did not write may be replaced.

    Raises
    ------
    ExportError
        If the folder cannot be written, or something would be lost.
    Cancelled
        If `check` said so; the folder is then as it was.
    """
    inputs = (*inputs_of(analysis.header.request), video.path, analysis.folder)
    with whole_folder(folder, inputs, overwrite=overwrite) as partial:
        chosen = EXPORT_FORMATS[format]
        job = ExportJob(
            analysis,
            partial / f"annotated{chosen.suffix}",
            ClipSettings(preset, sigma),
            checked_frames(analysis, None),
            sound,
            report,
            check,
            video,
        )
        chosen.write(job)
        write_csv(replace(job, path=partial / TABLE))
        write_timeline(replace(job, path=partial / TIMELINE))
        analysis.save(partial, preset=preset, sigma=sigma, check=check)
    return folder


def check_result_folder(
    folder: Path, request: Request, format: str, *, overwrite: bool = False
) -> None:
    """Refuse at once, not after minutes of work, what `export_all` would refuse.

    Raises
    ------
    ExportError
        If something that is read or that the program did not write would be replaced.
    """
    clip = f"annotated{EXPORT_FORMATS[format].suffix}"
    names = (clip, TABLE, TIMELINE, DOCUMENT, ARRAYS)
    with export_errors(folder):
        check_targets(folder, names, inputs_of(request))
        check_folder_of_its_own(folder)

        def is_made(name: str) -> bool:
            return name in names or fnmatch(name, f"{clip}/{PICTURES}")

        check_conflicts(folder, is_made, overwrite=overwrite)

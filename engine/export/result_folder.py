"""All results in one folder: clip, timeline, numbers, settings and arrays."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from engine.cancel import Check, never
from engine.errors import ExportError
from engine.export.clip import checked_frames
from engine.export.formats import EXPORT_FORMATS
from engine.export.frames_csv import write_csv
from engine.export.job import ExportJob
from engine.export.timeline_picture import write_timeline
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.types import Preset, Report, unreported
from engine.utils.atomic import AtomicPath
from engine.video import Video


def export_all(
    analysis: Analysis,
    video: Video,
    folder: Path,
    *,
    preset: Preset,
    sigma: float,
    format: str = "mp4",
    sound: bool = False,
    report: Report = unreported,
    check: Check = never,
) -> Path:
    """Write clip, CSV, timeline, settings and arrays to a folder, all of them or nothing.

    Files of these names in an existing folder are replaced; others stay.

    Parameters
    ----------
    analysis, video, preset, sigma, sound, report, check
        As for `export_clip`.
    folder : Path
        Made if needed.
    format : str
        Of the clip, a key of `EXPORT_FORMATS`: ``annotated.mp4``, ``.webm``, ``.gif``, or for PNGs
        the folder ``annotated``.

    Raises
    ------
    ExportError
        If the folder cannot be written.
    Cancelled
        If `check` said so; the folder is then as it was.
    """
    with _folder_made_whole(folder) as partial:
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
        write_csv(replace(job, path=partial / "frames.csv"))
        write_timeline(replace(job, path=partial / "timeline.png"))
        analysis.save(partial, preset=preset, sigma=sigma, check=check)
    return folder


@contextmanager
def _folder_made_whole(folder: Path) -> Iterator[Path]:
    """Give a folder beside the target to write into, and move it there on success."""
    if folder.exists() and not folder.is_dir():
        raise ExportError(f"{folder} is a file, not a folder.", "Choose another one.")
    try:
        folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        unfinished = AtomicPath(folder)
    except OSError as error:
        raise ExportError(
            f"{folder} cannot be written ({error.strerror}).", "Choose another folder."
        ) from error
    try:
        unfinished.path.mkdir()
        yield unfinished.path
        _move(unfinished, folder)
    finally:
        unfinished.discard()


def _move(unfinished: AtomicPath, folder: Path) -> None:
    try:
        if not folder.exists():
            unfinished.publish()
            return
        for path in unfinished.path.iterdir():
            target = folder / path.name
            if target.is_dir():
                shutil.rmtree(target)
            os.replace(path, target)
    except OSError as error:
        raise ExportError(
            f"{folder} cannot be written ({error.strerror}).", "Choose another folder."
        ) from error

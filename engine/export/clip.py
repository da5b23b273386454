"""The annotated clip, with the numbers of its frames beside it."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path

from engine.cancel import Check, never
from engine.errors import ExportError
from engine.export.composition import Composition
from engine.export.frames_csv import write_csv
from engine.export.job import ExportJob
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.store.document import write_document
from engine.types import Progress, Report, unreported
from engine.video import Video, open_writer
from engine.video.encode import Encoder, SoundRange

STAGE = "Writing the clip"


def export_clip(
    analysis: Analysis,
    video: Video,
    path: Path,
    *,
    look: ClipSettings | None = None,
    frames: tuple[int, int] | None = None,
    numbers: bool = False,
    sound: bool = False,
    encoder: Encoder = "software",
    report: Report = unreported,
    check: Check = never,
) -> Path:
    """Write an annotated clip, one frame for each frame of the range.

    Parameters
    ----------
    analysis : Analysis
        Complete.
    video : Video
        The video that was explained.
    path : Path
        What to write, in the format of its suffix: .mp4, .webm, .gif, or .png for a folder of
        pictures (`engine.video.open_writer`). It appears only when it is complete.
    look : ClipSettings or None
        Panes and settings; None takes the usual panes and what the analysis was asked with.
    frames : (int, int) or None
        First frame and the frame after the last, counted in the video; None takes all.
    numbers : bool
        Whether to write the CSV and the JSON of the same name beside it.
    sound : bool
        Whether to keep the sound of the range, where the video has any; in MP4 and WebM.
    encoder : str
        "software" or "auto", for MP4 (`engine.video.VideoWriter`).
    report, check : callable
        Progress, and cancellation once a frame.

    Returns
    -------
    Path
        What was written; for PNG pictures, the folder.

    Raises
    ------
    ExportError
        If the range lies outside the analysis, the pictures would be too large, the suffix names
        no format, the format carries no sound that was asked for, or the target cannot be written.
    Cancelled
        If `check` said so; nothing is left behind.
    """
    request = analysis.header.request
    look = look or ClipSettings(request.preset, request.sigma)
    first, last = checked_frames(analysis, frames)
    composition = Composition(analysis, video, look, (first, last))
    times_s = analysis.header.timestamps_s
    writer = open_writer(
        path,
        analysis.header.fps,
        composition.size,
        encoder=encoder,
        sound=_sound_range(analysis, video, (first, last)) if sound else None,
        first_number=first,
        report=report,
        check=check,
    )
    began = time.monotonic()
    with writer:
        for done, frame in enumerate(range(first, last), 1):
            check()
            at_s = float(times_s[frame - analysis.header.start])
            writer.write(composition.picture(frame), time_s=at_s)
            left = (time.monotonic() - began) / done * (last - first - done)
            report(Progress(STAGE, done, last - first, left))
    if numbers:
        _write_numbers(analysis, path, look, (first, last))
    return writer.path


def checked_frames(analysis: Analysis, frames: tuple[int, int] | None) -> tuple[int, int]:
    """Return the range to write: the requested one, or all.

    Raises
    ------
    ExportError
        If it does not lie inside the analysis.
    """
    start, stop = analysis.header.start, analysis.header.stop
    first, last = frames or (start, stop)
    if start <= first < last <= stop:
        return first, last
    raise ExportError(
        f"The range {first}:{last} does not lie inside what was explained, {start}:{stop}.",
        "The end is not included. Explain a larger range, or export a smaller one.",
    )


def _sound_range(analysis: Analysis, video: Video, frames: tuple[int, int]) -> SoundRange:
    header, last = analysis.header, frames[1] - 1
    times_s = video.timestamps_s
    end_s = times_s[frames[1]] if frames[1] < len(times_s) else times_s[last] + 1 / header.fps
    return SoundRange(video.path, float(times_s[frames[0]]), float(end_s))


def _write_numbers(
    analysis: Analysis, path: Path, look: ClipSettings, frames: tuple[int, int]
) -> None:
    try:
        write_csv(ExportJob(analysis, path.with_suffix(".csv"), look, frames))
        document = analysis.document(preset=look.preset, sigma=look.sigma)
        shown = {"frames": frames, **asdict(look)}
        write_document(path.with_suffix(".json"), document | {"picture": shown})
    except OSError as error:
        raise ExportError(
            f"The numbers beside {path} cannot be written ({error.strerror}).",
            "Choose another folder.",
        ) from error

"""The annotated clip, with the numbers of its frames beside it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from engine.cancel import Check, never
from engine.errors import ExportError
from engine.export.clip_numbers import ClipNumbers
from engine.export.composition import Composition
from engine.export.inputs import inputs_of
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.types import Progress, Report, unreported
from engine.utils.frame_ranges import range_text
from engine.utils.targets import check_target
from engine.video import Video, open_writer
from engine.video.encode import Encoder, SoundRange, Writer
from engine.video.encode.writer import nothing

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
    overwrite: bool = False,
    inputs: Iterable[Path] = (),
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
        pictures (`engine.video.open_writer`). It appears only when it is complete, and replaces
        a file of its name.
    look : ClipSettings or None
        Panes and settings; None takes the usual panes and what the analysis was asked with.
    frames : (int, int) or None
        First frame and the frame after the last, counted in the video; None takes all.
    numbers : bool
        Whether to write the CSV and the JSON of the same name beside it, together with it.
    sound : bool
        Whether to keep the sound of the range, where the video has any; in MP4 and WebM.
    encoder : str
        "software" or "auto", for MP4 (`engine.video.VideoWriter`).
    overwrite : bool
        Whether these two may replace files that the program did not write.
    inputs : iterable of Path
        Files that may not be written over, besides those that the analysis was made from.
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
        no format, the format carries no sound that was asked for, the target cannot be written,
        or is one of the files that the analysis was made from.
    Cancelled
        If `check` said so; nothing is left behind.
    """
    request = analysis.header.request
    look = look or ClipSettings(request.preset, request.sigma)
    span = checked_frames(analysis, frames)
    composition = Composition(analysis, video, look, span)
    beside = ClipNumbers(analysis, path, look, span)
    writer = open_writer(
        path,
        analysis.header.fps,
        composition.size,
        encoder=encoder,
        sound=_sound_range(analysis, video, span) if sound else None,
        first_number=span[0],
        report=report,
        check=check,
        before_publish=beside.write if numbers else nothing,
    )
    targets = (writer.path, *(beside.paths if numbers else ()))
    for target in targets:
        check_target(target, (*inputs_of(request), video.path, analysis.folder, *inputs))
    if numbers and not overwrite:
        beside.refuse_others()
    with writer:
        _write_frames(writer, composition, analysis, span, report, check)
    return writer.path


def _write_frames(
    writer: Writer,
    composition: Composition,
    analysis: Analysis,
    frames: tuple[int, int],
    report: Report,
    check: Check,
) -> None:
    first, last = frames
    times_s = analysis.header.timestamps_s
    began = time.monotonic()
    for done, frame in enumerate(range(first, last), 1):
        check()
        at_s = float(times_s[frame - analysis.header.start])
        writer.write(composition.picture(frame), time_s=at_s)
        left = (time.monotonic() - began) / done * (last - first - done)
        report(Progress(STAGE, done, last - first, left))


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
        f"Frames {range_text(first, last)} are not all among those explained, "
        f"{range_text(start, stop)}.",
        "Explain a larger range, or export a smaller one.",
    )


def _sound_range(analysis: Analysis, video: Video, frames: tuple[int, int]) -> SoundRange:
    header, last = analysis.header, frames[1] - 1
    times_s = video.timestamps_s
    end_s = times_s[frames[1]] if frames[1] < len(times_s) else times_s[last] + 1 / header.fps
    return SoundRange(video.path, float(times_s[frames[0]]), float(end_s))

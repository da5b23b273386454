"""`open_writer`: the format that a name asks for."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import Literal, Unpack

from engine.errors import ExportError
from engine.video.encode.gif import GifWriter
from engine.video.encode.pictures import PicturesWriter
from engine.video.encode.sound import SoundRange
from engine.video.encode.video_file import Encoder, VideoWriter, WebMWriter
from engine.video.encode.writer import Writer, WriterOptions

Format = Literal["mp4", "webm", "gif", "png"]

FORMATS: dict[Format, str] = {
    "mp4": "MP4 video",
    "webm": "WebM video",
    "gif": "GIF animation",
    "png": "PNG pictures in a folder",
}
"""Formats by suffix, with their names for people."""

WITH_SOUND: tuple[Format, ...] = ("mp4", "webm")


def open_writer(
    path: str | os.PathLike[str],
    fps: Fraction | float,
    size: tuple[int, int],
    *,
    format: Format | None = None,
    encoder: Encoder = "software",
    sound: SoundRange | None = None,
    first_number: int = 0,
    **options: Unpack[WriterOptions],
) -> Writer:
    """Writer of the format that the suffix of a path names.

    Parameters
    ----------
    path : path-like
        The target: .mp4, .webm, .gif, or for PNG pictures a folder, named without a suffix or
        with .png, which the folder then does not have. The writer's ``path`` is what it writes.
    fps, size, report, check
        As for `Writer`.
    format : str or None
        One of `FORMATS`, whatever the suffix; None goes by the suffix.
    encoder : str
        "software" or "auto", for MP4; as for `VideoWriter`.
    sound : SoundRange or None
        Sound to go with an MP4 or WebM.
    first_number : int
        Number in the name of the first PNG.

    Raises
    ------
    ExportError
        If the suffix names no format, or the format carries no sound.
    """
    chosen = format or format_of(path)
    if sound is not None and chosen not in WITH_SOUND:
        raise ExportError(
            f"{path} cannot have sound: {FORMATS[chosen]} carries none.",
            "Choose .mp4 or .webm, or leave the sound out.",
        )
    if chosen == "mp4":
        return VideoWriter(path, fps, size, encoder=encoder, sound=sound, **options)
    if chosen == "webm":
        return WebMWriter(path, fps, size, sound=sound, **options)
    if chosen == "gif":
        return GifWriter(path, fps, size, **options)
    return PicturesWriter(path, fps, size, first_number=first_number, **options)


def format_of(path: str | os.PathLike[str]) -> Format:
    """Format that the suffix of a path names; "png" where there is none.

    Raises
    ------
    ExportError
        If the suffix is unknown.
    """
    suffix = Path(path).suffix.lower().removeprefix(".")
    if not suffix:
        return "png"
    if suffix not in FORMATS:
        raise ExportError(
            f"{path} cannot be written: .{suffix} is not a format for export.",
            "End the name in .mp4, .webm, .gif, or .png for a folder of pictures.",
        )
    return suffix

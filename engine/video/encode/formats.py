"""`open_writer`: the format that a name asks for."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Unpack

from engine.errors import ExportError
from engine.video.encode.gif import GifWriter
from engine.video.encode.pictures import PicturesWriter
from engine.video.encode.sound import SoundRange
from engine.video.encode.video_file import Encoder, VideoWriter, WebMWriter
from engine.video.encode.writer import Writer, WriterOptions


@dataclass(frozen=True, slots=True)
class VideoFormat:
    """A format that frames can be written in.

    Attributes
    ----------
    title, use : str
        Its name, and its purpose in a sentence.
    suffix : str
        Of the file; empty for a folder.
    writer : type of Writer
    options : tuple of str
        Options of `open_writer` that the writer takes: "encoder", "sound", "first_number".
    """

    title: str
    use: str
    suffix: str
    writer: Callable[..., Writer]
    options: tuple[str, ...] = ()

    @property
    def has_sound(self) -> bool:
        """True if sound can go with the pictures."""
        return "sound" in self.options


FORMATS: dict[str, VideoFormat] = {
    "mp4": VideoFormat("MP4 video", "Plays everywhere.", ".mp4", VideoWriter, ("encoder", "sound")),
    "webm": VideoFormat(
        "WebM video",
        "For the web; as good as MP4, a little smaller.",
        ".webm",
        WebMWriter,
        ("sound",),
    ),
    "gif": VideoFormat(
        "GIF animation", "For slides and chats: few colours, no sound.", ".gif", GifWriter
    ),
    "png": VideoFormat(
        "PNG pictures",
        "A folder with one lossless picture a frame.",
        "",
        PicturesWriter,
        ("first_number",),
    ),
}
"""Formats by the suffix that names them."""


def open_writer(
    path: str | os.PathLike[str],
    fps: Fraction | float,
    size: tuple[int, int],
    *,
    format: str | None = None,
    encoder: Encoder = "software",
    sound: SoundRange | None = None,
    first_number: int = 0,
    **options: Unpack[WriterOptions],
) -> Writer:
    """Return a writer of the format that the suffix of a path names.

    Parameters
    ----------
    path : path-like
        The target: .mp4, .webm, .gif, or for PNG pictures a folder, named without a suffix or
        with .png, which the folder then does not have. The writer's ``path`` is what it writes.
    fps, size, report, check, before_publish
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
    chosen = FORMATS[format or format_of(path)]
    if sound is not None and not chosen.has_sound:
        suffixes = (f".{key}" for key, format in FORMATS.items() if format.has_sound)
        raise ExportError(
            f"{path} cannot have sound: {chosen.title} carries none.",
            f"Choose {' or '.join(suffixes)}, or leave the sound out.",
        )
    given = {"encoder": encoder, "sound": sound, "first_number": first_number}
    own = {name: given[name] for name in chosen.options}
    return chosen.writer(path, fps, size, **own, **options)


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format that the suffix of a path names, "png" where there is none.

    Raises
    ------
    ExportError
        If the suffix is unknown.
    """
    suffix = Path(path).suffix.lower().removeprefix(".")
    if not suffix:
        return "png"
    if suffix not in FORMATS:
        files = [format.suffix for format in FORMATS.values() if format.suffix]
        raise ExportError(
            f"{path} cannot be written: .{suffix} is not a format for export.",
            f"End the name in {', '.join(files)}, or .png for a folder of pictures.",
        )
    return suffix

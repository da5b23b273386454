"""`Awkward`: one file that readers get wrong, how it is made, and what is right."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.types import UInt8Array
from tests.engine.video.numbered import FPS, SIZE, Clip, number_in
from tests.engine.video.surgery import Edit, edited

FRAMES = 40
STEP_MS = 1000 // FPS
FORWARD = Clip("forward.mp4", "libx264", {"g": "12", "bf": "0"})

Right = Literal["numbers", "plain", "damaged", "refused"]
"""What is right: the numbers given; the numbers that a plain decoding loop sees; at least the
pictures that a plain loop shows unharmed; a refusal."""

Make = Callable[[Path], None]


class MissingToolError(Exception):
    """This machine lacks what makes the file."""


@dataclass(frozen=True)
class Awkward:
    """A file that is written on demand.

    Attributes
    ----------
    name : str
        Its name; the end tells the container.
    make : callable
        Writes it to the path given; raises `MissingToolError` where that cannot be done.
    numbers : sequence of int
        Numbers of its pictures, in order.
    right : str
        See `Right`.
    times_ms : sequence of int or None
        Time of every picture, counted from the first one, in milliseconds; None where the file
        does not say.
    size : (int, int) or None
        Width and height of the pictures shown; None where they differ or do not matter.
    read : callable
        Number that a picture tells.
    sound : str
        The unharmed file that a damaged one was made of.
    colour_error : float or None
        Mean difference from the pictures drawn that is allowed, of 255; None: not compared.
    draw : callable
        Draws the picture with a number, to be compared with.
    tick_ms : float
        The finest time that the container can write.
    """

    name: str
    make: Make
    numbers: Sequence[int] = range(FRAMES)
    right: Right = "numbers"
    times_ms: Sequence[int] | None = None
    size: tuple[int, int] | None = SIZE
    read: Callable[[UInt8Array], int] = number_in
    sound: str = ""
    colour_error: float | None = None
    draw: Callable[[int, tuple[int, int]], UInt8Array] | None = None
    tick_ms: float = 1.0


def steady(count: int) -> list[int]:
    """Times of pictures at the usual rate."""
    return [STEP_MS * number for number in range(count)]


def encoded(
    clip: Clip, *, steady: bool = True, colour_error: float | None = None, tick_ms: float = 1.0
) -> Awkward:
    """File that an encoder writes as it is wanted.

    Parameters
    ----------
    clip : Clip
        What to encode.
    steady : bool
        Whether the container keeps the times.
    colour_error, tick_ms : float
        As in `Awkward`.
    """
    step = 1000 // clip.rate
    times = clip.times_ms or [step * place for place in range(clip.frames)]
    since_first = [time - times[0] for time in times] if steady else None
    return Awkward(
        clip.name,
        lambda path: write_clip(clip, path),
        clip.numbers,
        times_ms=since_first,
        size=clip.size,
        colour_error=colour_error,
        draw=clip.draw,
        tick_ms=tick_ms,
    )


def write_clip(clip: Clip, path: Path) -> None:
    """Encode a clip to a path."""
    clip.write(path.parent).replace(path)


def made_from(*clips: Clip, by: Callable[..., None]) -> Make:
    """Maker that encodes clips and hands their paths, then the target's, to a function."""

    def make(path: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            by(*[clip.write(Path(folder)) for clip in clips], path)

    return make


def changed(clip: Clip, *edits: Edit) -> Make:
    """Maker that changes the bytes of an encoded clip."""
    return made_from(clip, by=lambda source, target: edited(source, target, *edits))


def by_ffmpeg(clip: Clip, *options: str) -> Make:
    """Maker that hands an encoded clip to the ``ffmpeg`` program."""

    def convert(source: Path, target: Path) -> None:
        program = shutil.which("ffmpeg")
        if program is None:
            raise MissingToolError("the ffmpeg program is not installed")
        command = [program, "-v", "error", "-y", "-i", str(source), *options, str(target)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, timeout=60)

    return made_from(clip, by=convert)

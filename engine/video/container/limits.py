"""Limits of a file's claims, and the environment variables that raise them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from engine.errors import VideoError

PIXELS_VARIABLE = "MOTION_INSPECTOR_MAX_PIXELS"
FRAMES_VARIABLE = "MOTION_INSPECTOR_MAX_FRAMES"

_FFMPEG_LARGEST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Limits:
    """Largest pictures and files that are opened.

    Attributes
    ----------
    pixels : int
        Pixels in one picture. The default is 11585 x 11585; FFmpeg itself ends at twice that.
    frames : int
        Frames in one file, sound samples that are listed like frames included.
    """

    pixels: int = 2**27
    frames: int = 50_000_000

    @classmethod
    def from_environment(cls) -> Self:
        """Read the limits from environment variables, else take the defaults.

        Raises
        ------
        VideoError
            If a variable is not a whole number above 0.
        """
        default = cls()
        return cls(
            _number(PIXELS_VARIABLE, default.pixels), _number(FRAMES_VARIABLE, default.frames)
        )

    @property
    def decoder_options(self) -> dict[str, str]:
        """Limits as options for the decoder, which `av.open` does not pass on to it.

        Without them a picture is allocated before anybody can look at its size.
        """
        return {"max_pixels": str(min(self.pixels, _FFMPEG_LARGEST))}

    def refuse_pixels(self, path: Path, width: int, height: int) -> None:
        """Raise `VideoError` if pictures of that size are over the limit."""
        if width * height > self.pixels:
            raise VideoError(
                f"{path} claims pictures of {width} x {height} pixels; "
                f"the limit is {self.pixels:,} pixels.",
                f"If the file is sound, scale it down, or raise the limit by {PIXELS_VARIABLE}.",
            )

    def refuse_frames(self, path: Path, count: int) -> None:
        """Raise `VideoError` if so many frames are over the limit."""
        if count > self.frames:
            raise VideoError(
                f"{path} claims {count:,} frames; the limit is {self.frames:,} frames.",
                f"If the file is sound, cut it, or raise the limit by {FRAMES_VARIABLE}.",
            )


def _number(variable: str, default: int) -> int:
    text = os.environ.get(variable)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < 1:
        raise VideoError(
            f"The environment variable {variable} is {text!r}, not a whole number above 0.",
            "Correct it, or remove it.",
        )
    return int(text)

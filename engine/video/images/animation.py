"""Animated WebP, which FFmpeg does not decode: frames by number through Pillow.

Which frames there are and how long each is shown is read from the file's chunks, so that limits
hold before memory is taken, and of a file that is cut off all whole frames are there.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from av.video.frame import VideoFrame
from PIL.WebPImagePlugin import WebPImageFile

from engine.cancel import Check
from engine.errors import VideoError
from engine.types import Float64Array
from engine.utils.bounded_files import open_regular
from engine.video.container.limits import Limits
from engine.video.container.source import video_errors
from engine.video.decode.reader import Seen

_HEADER = 30
_CHUNK = 8
_ANIMATED = 0x02
_UNSAID_S = 0.1  # as browsers show frames whose duration is 0
_FORMATS = {"RGB": "rgb24", "RGBA": "rgba"}


def is_animated_webp(path: Path) -> bool:
    """Return true if a file's header says that it is an animated WebP image."""
    with video_errors(path), open_regular(path) as file:
        return _is_animated(file.read(_HEADER))


class AnimationReader:
    """Reader of frames by number, from the start for a step back.

    Parameters
    ----------
    path : Path
        An animated WebP file.
    limits : Limits
        What is still opened.

    Attributes
    ----------
    size : tuple of int
        Width and height in pixels.
    times_s : float64 array, (N,)
        When each frame is shown, in seconds from the first, increasing, read-only.
    fps : float
        Average frames per second, the last frame's duration included.

    Raises
    ------
    VideoError
        If the file cannot be read, claims more than the limits allow, or holds no whole frame.
    """

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._next = 0
        self._lost: frozenset[int] = frozenset()
        with video_errors(path):
            content, durations_s = _whole_frames(path, limits)
            self._image = _opened(content)
        self.size: tuple[int, int] = self._image.size
        ends_s = np.cumsum(durations_s[: self._image.n_frames])
        self.times_s: Float64Array = np.concatenate([[0.0], ends_s[:-1]])
        self.times_s.setflags(write=False)
        self.fps = len(ends_s) / float(ends_s[-1])

    @property
    def lost(self) -> frozenset[int]:
        """Frames known not to decode: a damaged one and all behind it."""
        return self._lost

    def read(self, number: int, seen: Seen, check: Check) -> VideoFrame:
        """Decode one frame, and those before it that were not decoded yet.

        Parameters and errors as for a `Reader` of a stream. The picture is whole, and rgba if the
        file says that it is transparent somewhere.
        """
        first = self._next if self._next <= number else 0
        for current in range(first, number + 1):
            check()
            frame = self._decode(current)
            seen(current, frame)
        return frame

    def close(self) -> None:
        """Free the memory, if still held."""
        self._image.close()

    def _decode(self, number: int) -> VideoFrame:
        try:
            if number in self._lost:
                raise EOFError
            self._image.seek(number)
            self._image.load()
        except (EOFError, OSError, SyntaxError, ValueError) as error:
            self._lost |= frozenset(range(number, len(self.times_s)))
            self._next = len(self.times_s)  # so that the next one starts anew
            raise VideoError(
                f"Frame {number} of {self._path} cannot be decoded.",
                "The file is damaged there; the frames before it are sound.",
            ) from error
        self._next = number + 1
        return VideoFrame.from_ndarray(np.asarray(self._image), _FORMATS[self._image.mode])


def _opened(content: bytes) -> WebPImageFile:
    try:
        # not by Image.open: it has a limit on pixels of its own, for the whole process
        return WebPImageFile(io.BytesIO(content))
    except SyntaxError as error:  # Pillow's way to say that a file is not of this kind
        raise ValueError(str(error)) from error


def _is_animated(header: bytes) -> bool:
    whole = len(header) == _HEADER and header[:4] == b"RIFF" and header[8:16] == b"WEBPVP8X"
    return whole and bool(header[20] & _ANIMATED)


def _whole_frames(path: Path, limits: Limits) -> tuple[bytes, list[float]]:
    """Return the content up to the last whole frame, and the frames' durations in seconds."""
    with open_regular(path) as file:
        header = file.read(_HEADER)
        if not _is_animated(header):
            raise VideoError(f"{path} is no animated WebP image.", "Open it as an image.")
        width, height = (int.from_bytes(header[at : at + 3], "little") + 1 for at in (24, 27))
        limits.refuse_pixels(path, width, height)
        stop, durations_s = _frames(file, path.stat().st_size)
        limits.refuse_frames(path, len(durations_s))
        if not durations_s:
            raise VideoError(
                f"{path} holds no whole frame.", "Check that it was copied completely."
            )
        file.seek(0)
        content = file.read(stop)
    # libwebp takes nothing that is shorter than it says
    return content[:4] + (stop - _CHUNK).to_bytes(4, "little") + content[8:], durations_s


def _frames(file: BinaryIO, size: int) -> tuple[int, list[float]]:
    """Return the end of the last whole frame in bytes, and all durations in seconds."""
    stop, durations_s = 0, []
    for kind, start, end in _chunks(file, size):
        if kind == b"ANMF":
            file.seek(start + 12)
            milliseconds = int.from_bytes(file.read(3), "little")
            durations_s.append(milliseconds / 1000 or _UNSAID_S)
            stop = end
    return stop, durations_s


def _chunks(file: BinaryIO, size: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield whole chunks: kind, and start and end of the content with its padding."""
    place = 12
    while place + _CHUNK <= size:
        file.seek(place)
        header = file.read(_CHUNK)
        length = int.from_bytes(header[4:], "little")
        start = place + _CHUNK
        place = start + length + length % 2
        if place > size:
            return
        yield header[:4], start, place

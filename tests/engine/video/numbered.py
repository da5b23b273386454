"""Clips whose frames carry their number as black and white blocks, and a reader of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream

from engine.types import UInt8Array

BITS = 10
BLOCK_PX = 16
FPS = 25
SIZE = (128, 96)


def numbered_picture(number: int, size: tuple[int, int] = SIZE) -> UInt8Array:
    """Picture with ``number`` in two rows of blocks at the top left, a pattern elsewhere."""
    width, height = size
    rows, columns = np.mgrid[0:height, 0:width]
    pattern = (rows * 2 + columns + number * 3) % 256
    picture = np.stack([pattern, 255 - pattern, np.full_like(pattern, 90)], axis=2)
    for bit in range(BITS):
        top, left = BLOCK_PX * (bit // 5), BLOCK_PX * (bit % 5)
        picture[top : top + BLOCK_PX, left : left + BLOCK_PX] = 255 * (number >> bit & 1)
    return np.ascontiguousarray(picture, np.uint8)


def number_in(picture: UInt8Array) -> int:
    """Number that `numbered_picture` drew."""
    number = 0
    for bit in range(BITS):
        top, left = BLOCK_PX * (bit // 5), BLOCK_PX * (bit % 5)
        middle = picture[top + 4 : top + 12, left + 4 : left + 12]
        number |= int(middle.mean() > 127) << bit
    return number


def tiny_picture(number: int, size: tuple[int, int]) -> UInt8Array:
    """Even grey that tells ``number`` (0 to 19) where there is no room for blocks."""
    width, height = size
    return np.full((height, width, 3), 8 + number * 12, np.uint8)


def number_in_tiny(picture: UInt8Array) -> int:
    """Number that `tiny_picture` drew."""
    return round((float(picture.mean()) - 8) / 12)


def spread_picture(number: int, size: tuple[int, int]) -> UInt8Array:
    """Grid of 5 x 2 blocks over the whole picture, which tells ``number`` at any scale."""
    width, height = size
    rows, columns = np.mgrid[0:height, 0:width]
    bits = number >> (rows * 2 // height * 5 + columns * 5 // width) & 1
    return np.repeat((255 * bits).astype(np.uint8)[:, :, None], 3, axis=2)


def number_in_spread(picture: UInt8Array) -> int:
    """Number that `spread_picture` drew."""
    height, width = picture.shape[:2]
    number = 0
    for bit in range(BITS):
        row = int((bit // 5 + 0.5) * height / 2)
        column = int((bit % 5 + 0.5) * width / 5)
        number |= int(picture[row - 2 : row + 3, column - 2 : column + 3].mean() > 127) << bit
    return number


def resting_picture(number: int, size: tuple[int, int] = SIZE) -> UInt8Array:
    """As `numbered_picture`, but nothing moves except the blocks."""
    picture = numbered_picture(0, size)
    blocks = np.s_[: 2 * BLOCK_PX, : BITS // 2 * BLOCK_PX]
    picture[blocks] = numbered_picture(number, size)[blocks]
    return picture


@contextmanager
def same_scheduling() -> Iterator[None]:
    """Give the thread its scheduling back in the end.

    A superuser's SVT-AV1 makes it a real-time thread, which starves all other work; libvpx's
    threads, which wait by spinning, then hang for ever.
    """
    if not hasattr(os, "sched_getscheduler"):
        yield
        return
    policy, parameters = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        os.sched_setscheduler(0, policy, parameters)


@dataclass(frozen=True)
class Clip:
    """How a numbered clip is to be encoded."""

    name: str
    codec: str
    options: dict[str, str] = field(default_factory=dict)
    frames: int = 40
    size: tuple[int, int] = SIZE
    pix_fmt: str = "yuv420p"
    mux: dict[str, str] = field(default_factory=dict)
    times_ms: Sequence[int] | None = None
    prepare: Callable[[VideoStream], None] | None = None
    turn: Callable[[UInt8Array], UInt8Array] = np.ascontiguousarray
    rate: int = FPS
    first: int = 0
    draw: Callable[[int, tuple[int, int]], UInt8Array] = numbered_picture
    convert: Callable[[av.VideoFrame], av.VideoFrame] | None = None

    @property
    def numbers(self) -> range:
        """Numbers of its pictures."""
        return range(self.first, self.first + self.frames)

    def write(self, folder: Path) -> Path:
        """Encode the clip into ``folder``."""
        path = folder / self.name
        with same_scheduling(), av.open(str(path), "w", options=self.mux) as container:
            stream = container.add_stream(self.codec, rate=self.rate, options=self.options)
            stream.pix_fmt = self.pix_fmt
            if self.times_ms is not None:
                stream.codec_context.time_base = Fraction(1, 1000)
            self.write_to(container, stream)
        return path

    def write_to(self, container: OutputContainer, stream: VideoStream) -> None:
        """Encode the clip into a stream of an open file."""
        for place, picture in enumerate(self._pictures()):
            if place == 0 and not stream.codec_context.is_open:
                stream.height, stream.width = picture.shape[:2]
                if self.prepare is not None:
                    self.prepare(stream)
            container.mux(stream.encode(self._frame(place, picture)))
        container.mux(stream.encode(None))

    def _pictures(self) -> Iterator[UInt8Array]:
        for number in self.numbers:
            yield np.ascontiguousarray(self.turn(self.draw(number, self.size)))

    def _frame(self, place: int, picture: UInt8Array) -> av.VideoFrame:
        frame = av.VideoFrame.from_ndarray(picture, "rgb24" if picture.shape[2] == 3 else "rgba")
        if self.convert is not None:
            frame = self.convert(frame)
        if self.times_ms is not None:
            frame.pts, frame.time_base = self.times_ms[place], Fraction(1, 1000)
        return frame


def cut(path: Path, start: float, stop: float, name: str) -> Path:
    """Part of a file's bytes, from one fraction of its length to another."""
    content = path.read_bytes()
    shorter = path.with_name(name)
    shorter.write_bytes(content[int(len(content) * start) : int(len(content) * stop)])
    return shorter

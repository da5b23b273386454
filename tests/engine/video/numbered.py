"""Clips whose frames carry their number as black and white blocks, and a reader of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
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

    def write(self, folder: Path) -> Path:
        """Encode the clip into ``folder``."""
        path = folder / self.name
        with av.open(str(path), "w", options=self.mux) as container:
            stream = container.add_stream(self.codec, rate=FPS, options=self.options)
            stream.pix_fmt = self.pix_fmt
            if self.times_ms is not None:
                stream.codec_context.time_base = Fraction(1, 1000)
            for number in range(self.frames):
                turned = np.ascontiguousarray(self.turn(numbered_picture(number, self.size)))
                if number == 0:
                    stream.height, stream.width = turned.shape[:2]
                    if self.prepare is not None:
                        self.prepare(stream)
                frame = av.VideoFrame.from_ndarray(turned, "rgb24")
                if self.times_ms is not None:
                    frame.pts, frame.time_base = self.times_ms[number], Fraction(1, 1000)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return path


def cut(path: Path, start: float, stop: float, name: str) -> Path:
    """Part of a file's bytes, from one fraction of its length to another."""
    content = path.read_bytes()
    shorter = path.with_name(name)
    shorter.write_bytes(content[int(len(content) * start) : int(len(content) * stop)])
    return shorter

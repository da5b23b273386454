"""A folder of PNGs, one a frame, without any loss."""

from __future__ import annotations

import errno
import os
from fractions import Fraction
from pathlib import Path
from typing import Unpack

import cv2

from engine.errors import ExportError
from engine.types import UInt8Array
from engine.video.encode.writer import Writer, WriterOptions

PICTURES = "frame-*.png"
"""Names of the pictures."""

_DIGITS = 6


class PicturesWriter(Writer):
    """Writes a folder of PNGs named by frame number: frame-000120.png, frame-000121.png, ...

    The folder must not exist yet, or be empty: no picture of an earlier export can be taken for
    one of this. Times are not stored.

    Parameters
    ----------
    path : path-like
        The folder. ``clip.png`` stands for the folder ``clip``.
    first_number : int
        Number in the name of the first picture, >= 0.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        fps: Fraction | float,
        size: tuple[int, int],
        *,
        first_number: int = 0,
        **options: Unpack[WriterOptions],
    ) -> None:
        named = Path(path)
        folder = named.with_suffix("") if named.suffix.lower() == ".png" else named
        super().__init__(folder, fps, size, **options)
        self._first_number = first_number

    def _refuse_target(self) -> None:
        if not self.path.is_dir():
            if self.path.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(self.path))
        elif next(self.path.iterdir(), None) is not None:
            raise OSError(errno.ENOTEMPTY, os.strerror(errno.ENOTEMPTY), str(self.path))

    def _open(self, path: Path) -> None:
        path.mkdir()
        self._folder = path

    def _append(self, rgb: UInt8Array, tick: int) -> None:
        name = f"frame-{self._first_number + self._count:0{_DIGITS}d}.png"
        encoded, content = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        if not encoded:
            raise ExportError(f"{self.path / name} cannot be encoded as a PNG.")
        (self._folder / name).write_bytes(content.tobytes())

    def _complete(self) -> None:
        """Nothing is left to write."""

    def _counted(self, path: Path) -> int:
        for picture in path.iterdir():
            self._check()
            if picture.stat().st_size == 0:
                raise ExportError(f"{self.path} was not written: {picture.name} is empty.")
        return sum(1 for _ in path.iterdir())

    def _let_go(self) -> None:
        """Nothing is open between two frames."""

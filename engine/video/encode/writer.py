"""`Writer`, the base of all formats: each adds how it opens, takes a frame and completes."""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, TypedDict

import numpy as np

from engine.cancel import Check, never
from engine.errors import ExportError, VideoError
from engine.types import Report, UInt8Array, unreported
from engine.utils.atomic import AtomicPath
from engine.video.encode.errors import export_errors
from engine.video.video import open_video

_TICKS_PER_S = 90_000
_MAX_RATE_DENOMINATOR = 1001


def nothing() -> None:
    """Nothing has to be done before."""


class WriterOptions(TypedDict, total=False):
    """Options of all formats, as in `Writer`."""

    report: Report
    check: Check
    before_publish: Callable[[], object]


class Writer(ABC):
    """Writes RGB frames, one after the other, to a target that appears when it is whole.

    A context manager. On a normal exit the result is closed, opened again, its frames are
    counted, and only then does it become the target. On any exception, a cancel and Ctrl-C
    among them, nothing is left and an earlier target stays as it was; what a killed process
    leaves is removed by the next export into that folder.

    Parameters
    ----------
    path : path-like
        The target; its folder must exist.
    fps : Fraction, float or int
        Frames per second, > 0. Floats such as 29.97002997 are taken as 30000/1001.
    size : (int, int)
        Width and height of the pictures in pixels.
    report, check : callable
        Progress of the work that is left when all frames are given, and cancellation of it.
    before_publish : callable
        Called once the result is whole, before it becomes the target.

    Raises
    ------
    ExportError
        On entering, if the folder cannot be written; while writing or on leaving, if the
        disk is full or the result is not what was written.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        fps: Fraction | float,
        size: tuple[int, int],
        *,
        report: Report = unreported,
        check: Check = never,
        before_publish: Callable[[], object] = nothing,
    ) -> None:
        if not fps > 0 or min(size) < 1:
            raise ValueError(f"cannot write {size} pixels at {fps} frames per second")
        self.path = Path(path)
        self._rate = Fraction(fps).limit_denominator(_MAX_RATE_DENOMINATOR)
        self._width, self._height = size
        self._report, self._check, self._before_publish = report, check, before_publish
        self._times_given: bool | None = None
        self._first_s = self._last_s = 0.0
        self._last_tick = -1
        self._count = 0

    def __enter__(self) -> Self:
        with export_errors(self.path):
            self._refuse_target()
            self._unfinished = AtomicPath(self.path)
            try:
                self._open(self._unfinished.path)
            except BaseException:
                self._let_go()
                self._unfinished.discard()
                raise
        return self

    def write(self, rgb: UInt8Array, *, time_s: float | None = None) -> None:
        """Append a frame.

        Parameters
        ----------
        rgb : uint8 array, (H, W, 3)
            RGB, of the size given at the start.
        time_s : float or None
            Time of the frame in seconds, greater than that of the one before; the first is taken
            as 0. Give it for all frames (variable frame rate) or for none.

        Raises
        ------
        ValueError
            If array or time do not fit.
        ExportError
            If the frame cannot be encoded or written.
        """
        if rgb.dtype != np.uint8 or rgb.shape != (self._height, self._width, 3):
            raise ValueError(
                f"a frame is {rgb.dtype} {rgb.shape}, "
                f"not uint8 {(self._height, self._width, 3)} as announced"
            )
        tick = self._tick(time_s)
        with export_errors(self.path):
            self._append(np.ascontiguousarray(rgb), tick)
        self._last_tick = tick
        self._count += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if kind is None:
                with export_errors(self.path):
                    self._finish()
        finally:
            self._let_go()
            self._unfinished.discard()

    @abstractmethod
    def _open(self, path: Path) -> None:
        """Begin to write to ``path``."""

    @abstractmethod
    def _append(self, rgb: UInt8Array, tick: int) -> None:
        """Take a frame whose time is ``tick`` units of `_time_base`, without keeping its array."""

    @abstractmethod
    def _complete(self) -> None:
        """Write what is left, and close."""

    @abstractmethod
    def _let_go(self) -> None:
        """Close what is open, without raising what FFmpeg and the file system raise."""

    def _refuse_target(self) -> None:
        if self.path.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(self.path))

    def _expected(self) -> int:
        """Return the number of frames that the result must have."""
        return self._count

    def _counted(self, path: Path) -> int:
        """Count the frames of the result."""
        with open_video(path, check=self._check) as video:
            return len(video)

    @property
    def _time_base(self) -> Fraction:
        return Fraction(1, _TICKS_PER_S) if self._times_given else 1 / self._rate

    def _tick(self, time_s: float | None) -> int:
        given = time_s is not None
        if self._times_given is None:
            self._times_given, self._first_s = given, time_s or 0.0
        if given is not self._times_given:
            raise ValueError("times must be given for all frames or for none")
        if time_s is None:
            return self._count
        if self._count and time_s <= self._last_s:
            raise ValueError(f"time {time_s} s does not come after that of the frame before")
        self._last_s = time_s
        tick = round((time_s - self._first_s) * _TICKS_PER_S)
        return max(tick, self._last_tick + 1)  # files tell times of any clock, which may be finer

    def _finish(self) -> None:
        if not self._count:
            raise ExportError(f"{self.path} was not written: no frame was given.")
        self._complete()
        self._verify()
        self._before_publish()
        self._unfinished.publish()

    def _verify(self) -> None:
        try:
            counted = self._counted(self._unfinished.path)
        except VideoError as error:
            raise ExportError(
                f"{self.path} was not written: what was encoded cannot be read back.",
                "Check that the disk has room and is sound.",
            ) from error
        if counted != self._expected():
            raise ExportError(
                f"{self.path} was not written: {counted} of {self._expected()} frames arrived.",
                "Check that the disk has room and is sound.",
            )

"""Writing an MP4, streamed to a temporary file that becomes the target only when it is whole."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import numpy as np
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream

from engine.errors import ExportError, VideoError
from engine.types import UInt8Array
from engine.video.video import open_video

_BT709 = 1
_LIMITED_RANGE = 1
_TICKS_PER_S = 90_000
_KEY_FRAME_EVERY_S = 2
_MAX_RATE_DENOMINATOR = 1001
_EXACT = Interpolation.BILINEAR | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP


class VideoWriter:
    """Writes H.264 in MP4 that plays everywhere (yuv420p, BT.709, index at the front).

    A context manager. On a normal exit the file is closed, opened again, its frames are
    counted, and only then does it replace the target. On any exception, a cancel and Ctrl-C
    among them, nothing is left and an earlier target stays as it was.

    Parameters
    ----------
    path : Path
        The target; its folder must exist.
    fps : Fraction, float or int
        Frames per second, > 0. Floats such as 29.97002997 are taken as 30000/1001.
    size : (int, int)
        Width and height of the pictures in pixels. Odd sizes are padded by repeating the edge.
    crf : int
        x264's quality, 0 (lossless) to 51; 18 looks like the original.
    preset : str
        x264's speed, "ultrafast" to "veryslow".

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
        crf: int = 18,
        preset: str = "veryfast",
    ) -> None:
        if not fps > 0 or min(size) < 1:
            raise ValueError(f"cannot write {size} pixels at {fps} frames per second")
        self._path = Path(path)
        self._rate = Fraction(fps).limit_denominator(_MAX_RATE_DENOMINATOR)
        self._width, self._height = size
        self._options = {"crf": str(crf), "preset": preset}
        self._reformatter = VideoReformatter()
        self._times_given: bool | None = None
        self._first_s = 0.0
        self._last_tick = -1
        self._count = 0

    def __enter__(self) -> Self:
        with _export_errors(self._path):
            self._partial = _create_beside(self._path)
            try:
                self._container, self._stream = self._open()
            except BaseException:
                self._partial.unlink(missing_ok=True)
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
            as 0. Give it for all frames (variable frame rate, kept to 1/90000 s) or for none.

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
        with _export_errors(self._path):
            frame = self._to_yuv(rgb)
            frame.pts, frame.time_base = tick, self._time_base()
            self._container.mux(self._stream.encode(frame))
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
                with _export_errors(self._path):
                    self._finish()
        finally:
            # does nothing after a success; after a failure its own errors would hide the first
            with contextlib.suppress(av.FFmpegError, OSError, ValueError):
                self._container.close()
            self._partial.unlink(missing_ok=True)

    def _open(self) -> tuple[OutputContainer, VideoStream]:
        container = av.open(
            f"file:{self._partial.absolute()}",
            "w",
            format="mp4",
            options={"movflags": "+faststart"},
        )
        stream = container.add_stream("libx264", rate=self._rate, options=self._options)
        stream.width, stream.height = _even(self._width), _even(self._height)
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.gop_size = max(round(self._rate * _KEY_FRAME_EVERY_S), 1)
        context.colorspace = context.color_primaries = context.color_trc = _BT709
        context.color_range = _LIMITED_RANGE
        return container, stream

    def _time_base(self) -> Fraction:
        return Fraction(1, _TICKS_PER_S) if self._times_given else 1 / self._rate

    def _tick(self, time_s: float | None) -> int:
        given = time_s is not None
        if self._times_given is None:
            self._times_given, self._first_s = given, time_s or 0.0
            self._stream.codec_context.time_base = self._time_base()
        if given is not self._times_given:
            raise ValueError("times must be given for all frames or for none")
        if time_s is None:
            return self._count
        tick = round((time_s - self._first_s) * _TICKS_PER_S)
        if tick <= self._last_tick:
            raise ValueError(f"time {time_s} s does not come after that of the frame before")
        return tick

    def _to_yuv(self, rgb: UInt8Array) -> VideoFrame:
        below, right = _even(self._height) - self._height, _even(self._width) - self._width
        padded = np.pad(rgb, ((0, below), (0, right), (0, 0)), "edge") if below or right else rgb
        return self._reformatter.reformat(
            VideoFrame.from_ndarray(np.ascontiguousarray(padded), "rgb24"),
            format="yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=_EXACT,
        )

    def _finish(self) -> None:
        if not self._count:
            raise ExportError(f"{self._path} was not written: no frame was given.")
        self._container.mux(self._stream.encode(None))
        self._container.close()
        self._verify()
        with self._partial.open("rb+") as written:
            os.fsync(written.fileno())
        os.replace(self._partial, self._path)

    def _verify(self) -> None:
        try:
            with open_video(self._partial) as video:
                counted = len(video)
        except VideoError as error:
            raise ExportError(
                f"{self._path} was not written: what was encoded cannot be read back.",
                "Check that the disk has room and is sound.",
            ) from error
        if counted != self._count:
            raise ExportError(
                f"{self._path} was not written: {counted} of {self._count} frames arrived.",
                "Check that the disk has room and is sound.",
            )


@contextlib.contextmanager
def _export_errors(path: Path) -> Iterator[None]:
    """Turn what FFmpeg and the file system raise into an `ExportError` that names the target."""
    try:
        yield
    except (av.FFmpegError, OSError) as error:
        code = getattr(error, "errno", None)
        hint = _HINTS.get(code or 0, "Check the folder, or choose another one.")
        reason = getattr(error, "strerror", None) or str(error)
        raise ExportError(f"{path} cannot be written ({reason}).", hint) from error


_NO_ROOM = "Free some room on the disk, or choose a folder on another one."
_NO_RIGHT = "Choose a folder that you may write to."
_HINTS = {
    errno.ENOSPC: _NO_ROOM,
    errno.EDQUOT: _NO_ROOM,
    errno.EFBIG: _NO_ROOM,
    errno.EACCES: _NO_RIGHT,
    errno.EPERM: _NO_RIGHT,
    errno.EROFS: _NO_RIGHT,
    errno.ENOENT: "Create the folder first.",
    errno.ENOTDIR: "Choose a folder, not a file, to write into.",
    errno.EISDIR: "A folder has that name: choose another one.",
}


def _create_beside(path: Path) -> Path:
    """Create an empty file in the target's folder, with the rights that the umask leaves.

    Not by `tempfile.mkstemp`: its files are readable by their owner alone, and the umask that
    would mend it can be read only by changing it, for all threads.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    return partial


def _even(length: int) -> int:
    return length + length % 2

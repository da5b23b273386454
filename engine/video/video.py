"""`open_video` and `Video`: a file as a sequence of frames, exact by number."""

from __future__ import annotations

import operator
import threading
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self, SupportsIndex

from av.video.frame import VideoFrame

from engine.cancel import Check, never
from engine.errors import VideoError
from engine.types import Float64Array, UInt8Array
from engine.video.cache import FrameCache
from engine.video.colour import Converter
from engine.video.opening import note_damage, open_reader
from engine.video.source import video_errors

CACHE_BYTES = 512 * 2**20
"""Decoded frames kept by one `Video`: 172 of 1080p, so most of a long group of pictures."""


def open_video(
    path: str | PathLike[str],
    *,
    verify: bool = False,
    check: Check = never,
    cache_bytes: int = CACHE_BYTES,
) -> Video:
    """Open a video file and learn where its frames are.

    Parameters
    ----------
    path : path-like
        The file.
    verify : bool
        Decode everything once now, so that frames which do not decode are not counted. This is
        done anyway for streams whose packets do not tell (transport streams, AVI, raw streams,
        missing or repeated times, visible damage); MP4, MOV, MKV and WebM files are trusted.
    check : callable
        Called between packets; may raise `Cancelled`.
    cache_bytes : int
        Upper limit of the decoded frames kept in memory.

    Returns
    -------
    Video
        To be closed, best by a ``with`` block.

    Raises
    ------
    VideoError
        If there is no such file, or no frame of it decodes.
    """
    return Video(Path(path), verify=verify, check=check, cache_bytes=cache_bytes)


class Video:
    """The frames of a video file; made by `open_video`.

    A sequence: ``len(video)`` frames, ``video[i]`` is frame i in display order, uint8 RGB
    (H, W, 3), C-contiguous, owned by the caller, turned as the file's display matrix asks.
    Negative numbers count from the end. Frame i is the same picture however it was reached.

    Methods may be called from any thread; they wait for one another.
    """

    def __init__(self, path: Path, *, verify: bool, check: Check, cache_bytes: int) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._cache = FrameCache(cache_bytes)
        self._closed = False
        opened = open_reader(path, verify=verify, check=check)
        self._reader, self._times_s, self._fps = opened.reader, opened.times_s, opened.fps
        self._cache.put(0, opened.first)
        self._converter = Converter(opened.first)
        self._chunk = max(self._cache.room_for(opened.first) * 3 // 4, 1)

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of a frame in pixels, after turning."""
        return self._converter.size

    @property
    def fps(self) -> float:
        """Average frames per second."""
        return self._fps

    @property
    def timestamps_s(self) -> Float64Array:
        """Presentation time of every frame in seconds: float64 (N,), increasing, read-only.

        Counted from the start of the file, where the first frame need not be: these are the
        times stored in the file. Only in transport and program streams, whose clocks start
        anywhere, is the start of the earliest stream taken off.
        """
        return self._times_s

    @property
    def damaged_frames(self) -> frozenset[int]:
        """Frames that were counted but do not decode, as far as this is known by now."""
        return self._reader.lost

    def picture(self, index: SupportsIndex, width: int, height: int) -> UInt8Array:
        """Frame for display, scaled by area averaging.

        Parameters
        ----------
        index : int
            Frame; negative counts from the end.
        width, height : int
            Size of the result in pixels, >= 1. The aspect is not kept.

        Returns
        -------
        uint8 array, (height, width, 3)
            RGB, C-contiguous.
        """
        if width < 1 or height < 1:
            raise ValueError(f"a picture cannot be {width} x {height} pixels")
        with self._lock, video_errors(self._path):
            frame = self._frame(self._number(index), self._chunk, never)
            return self._converter.picture(frame, width, height)

    def frames(
        self, indices: Iterable[SupportsIndex], check: Check = never
    ) -> Iterator[UInt8Array]:
        """Frames one after the other, in the order asked for.

        Parameters
        ----------
        indices : iterable of int
            Frames; increasing ones are read without going back. Repeats are allowed.
        check : callable
            Called for every packet decoded; may raise `Cancelled`.

        Yields
        ------
        uint8 array, (H, W, 3)
            As ``video[i]``.
        """
        for index in indices:
            check()
            with self._lock, video_errors(self._path):
                frame = self._frame(self._number(index), 1, check)
                picture = self._converter.rgb(frame)
            yield picture

    def close(self) -> None:
        """Give file and memory back; may be called twice."""
        with self._lock:
            self._closed = True
            self._cache.clear()
            self._reader.close()

    def __len__(self) -> int:
        return len(self._times_s)

    def __getitem__(self, index: SupportsIndex) -> UInt8Array:
        with self._lock, video_errors(self._path):
            frame = self._frame(self._number(index), self._chunk, never)
            return self._converter.rgb(frame)

    def __iter__(self) -> Iterator[UInt8Array]:
        return self.frames(range(len(self)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        width, height = self.size
        return f"<Video {self._path.name}: {len(self)} frames of {width} x {height}>"

    def _number(self, index: SupportsIndex) -> int:
        number = operator.index(index)
        if not -len(self) <= number < len(self):
            raise IndexError(f"frame {number} of {len(self)} in {self._path}")
        return number % len(self)

    def _frame(self, number: int, chunk: int, check: Check) -> VideoFrame:
        """Frame from the cache or the decoder; the last ``chunk`` up to it are then kept."""
        if self._closed:
            raise VideoError(f"{self._path} is closed.", "Open it again.")
        frame = self._cache.get(number)
        if frame is None:
            frame = self._decode(number, chunk, check)
        return frame

    def _decode(self, number: int, chunk: int, check: Check) -> VideoFrame:
        def keep(passed: int, frame: VideoFrame) -> None:
            if passed > number - chunk:
                self._cache.put(passed, frame)

        try:
            return self._reader.read(number, keep, check)
        except VideoError:
            note_damage(self._path)
            raise

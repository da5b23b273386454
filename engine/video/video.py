"""`open_video` and `Video`: a file as a sequence of frames, exact by number."""

from __future__ import annotations

import operator
import threading
from collections.abc import Iterable, Iterator
from functools import cache
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self, SupportsIndex

from av.video.frame import VideoFrame

from engine.cancel import Check, never
from engine.errors import VideoError
from engine.types import Float64Array, Report, UInt8Array, unreported
from engine.video.container.source import Stream, local_path, video_errors
from engine.video.container.stamp import VideoChangedError
from engine.video.decode.cache import FrameCache
from engine.video.decode.colour import BLACK, Colour, Converter, orientation_of, shown_size
from engine.video.decode.prefetch import Prefetcher
from engine.video.decode.worker import Worker
from engine.video.facts import FileFacts, PictureFacts, picture_facts
from engine.video.images.open_images import CompleteIndex, OpenedPictures
from engine.video.scan.incremental_index import IncrementalIndex
from engine.video.scan.open_index import Verify
from engine.video.unchanged import open_unchanged

CACHE_BYTES = 512 * 2**20
"""Decoded frames kept by one `Video`: 172 of 1080p, so most of a long group of pictures."""


_LARGE_BLOCK_BYTES = 31 * 2**20  # glibc's own limit is 32 MiB


@cache
def _let_large_blocks_be_reused() -> None:
    """Free one large block, which teaches glibc to keep such blocks rather than give them back.

    Otherwise every 1080p picture is taken from the system anew: 1500 page faults, 1.5 ms.
    """
    bytearray(_LARGE_BLOCK_BYTES)


def open_video(
    path: str | PathLike[str],
    *,
    verify: bool = False,
    in_background: bool = False,
    stream: int | None = None,
    fps: float | None = None,
    deinterlace: bool = False,
    hold: bool = False,
    background: Colour = BLACK,
    check: Check = never,
    report: Report = unreported,
    cache_bytes: int = CACHE_BYTES,
) -> Video:
    """Open a video file and index its frames.

    What was learnt is kept on disk, so that a file is read through only once.

    Parameters
    ----------
    path : path-like
        The file, a folder of pictures, or a pattern that fits some (``shot*.png``,
        ``%04d.jpg``): shown in the natural order of their names.
    verify : bool
        Decode everything once now, so that frames which do not decode are not counted. This is
        done anyway for streams whose packets do not tell (transport streams, AVI, raw streams,
        missing or repeated times, visible damage); MP4, MOV, MKV and WebM files are trusted.
    in_background : bool
        Where the packets do not tell, do that while the video is in use already: its length
        then grows until ``progress`` is 1.
    stream : int or None
        Which of the file's video streams, from 0. None takes the file's default. Cover pictures
        do not count.
    fps : float or None
        Pictures per second of a folder of pictures, > 0; 25 by default.
    deinterlace : bool
        Whether pictures that are marked as interlaced are made of one field and its neighbours.
    hold : bool
        Whether the frame before it stands in for one that does not decode, rather than an error.
    background : (int, int, int)
        Red, green and blue behind transparent pictures.
    check : callable
        Called between packets, in another thread; may raise `Cancelled`.
    report : callable
        Gets the progress of reading a long file, in another thread.
    cache_bytes : int
        Upper limit of the decoded frames kept in memory.

    Returns
    -------
    Video
        To be closed, best by a ``with`` block.

    Raises
    ------
    VideoError
        If there is no such file, no frame of it decodes, or decoding comes to no end.
    """
    _let_large_blocks_be_reused()
    verification: Verify = "always" if verify else "later" if in_background else "needed"
    return Video(
        Stream(local_path(path), stream),
        verification,
        fps=fps,
        deinterlace=deinterlace,
        hold=hold,
        background=background,
        check=check,
        report=report,
        cache_bytes=cache_bytes,
    )


class Video:
    """Frames of a video file, as a sequence made by `open_video`.

    A sequence: ``len(video)`` frames, ``video[i]`` is frame i in display order, uint8 RGB
    (H, W, 3), C-contiguous, owned by the caller, turned as the file's display matrix asks.
    Negative numbers count from the end. Frame i is the same picture however it was reached.

    Methods may be called from any thread; they wait for one another.
    """

    def __init__(
        self,
        stream: Stream,
        verify: Verify,
        *,
        fps: float | None,
        deinterlace: bool,
        hold: bool,
        background: Colour,
        check: Check,
        report: Report,
        cache_bytes: int,
    ) -> None:
        self._path = stream.path
        self._lock = threading.RLock()
        self._cache = FrameCache(cache_bytes)
        self._closed = False
        self._worker = Worker(stream.path)
        try:
            opened, self._reader = self._worker.call(
                lambda tick: open_unchanged(stream, fps, verify, tick, report), check
            )
        except BaseException:
            self._worker.close(_nothing)
            raise
        self._facts = opened.facts
        self._picture_facts = picture_facts(opened.first)
        self._index: IncrementalIndex | CompleteIndex = (
            opened.index
            if isinstance(opened, OpenedPictures)
            else IncrementalIndex(opened, later=verify == "later")
        )
        number = opened.first_number if isinstance(opened, OpenedPictures) else 0
        self._cache.put(number, opened.first)
        self._converter = Converter(opened.first, background)
        aspect = opened.facts.pixel_aspect
        self._pixel_aspect = 1 / aspect if orientation_of(opened.first).transpose else aspect
        self._deinterlace, self._hold = deinterlace, hold
        self._prefetcher = Prefetcher(self._cache, self._cache.room_for(opened.first), self._read)
        self._complete_later()

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of a frame in pixels, after turning."""
        return self._converter.size

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height to show a frame at, so that its pixels have the right aspect."""
        return shown_size(self.size, self._pixel_aspect)

    @property
    def fps(self) -> float:
        """Average frames per second."""
        return self._index.state.fps

    @property
    def timestamps_s(self) -> Float64Array:
        """Presentation time of every frame in seconds: float64 (N,), increasing, read-only.

        Counted from the start of the file, where the first frame need not be: these are the
        times stored in the file. Only in transport and program streams, whose clocks start
        anywhere, is the start of the earliest stream taken off.
        """
        return self._index.state.times_s

    @property
    def duration_s(self) -> float:
        """From the first frame to the end of the last, in seconds."""
        times_s = self.timestamps_s
        return float(times_s[-1] - times_s[0]) + 1 / self.fps

    @property
    def tick_s(self) -> float:
        """Unit of the stream's clock in seconds, 0 where times are not read from it."""
        return self._facts.tick_s

    @property
    def progress(self) -> float:
        """Part of the file that is known, 0 to 1, while its length still grows."""
        return self._index.state.progress

    @property
    def damaged_frames(self) -> frozenset[int]:
        """Frames that were counted but do not decode, as far as this is known by now."""
        return self._reader.lost

    @property
    def damaged_ranges(self) -> tuple[tuple[int, int], ...]:
        """Ranges of frames in which something is missing or may look wrong, as far as known.

        First frame and the frame after the last, from damage to where decoding starts anew.
        """
        return self._index.state.damage

    @property
    def file_facts(self) -> FileFacts:
        """Facts that the file states of itself."""
        return self._facts

    @property
    def picture_facts(self) -> PictureFacts:
        """Facts that the first frame states of its pixels."""
        return self._picture_facts

    def picture(self, index: SupportsIndex, width: int, height: int) -> UInt8Array:
        """Return a frame for display, scaled by area averaging.

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
            frame = self._frame(self._number(index), self._prefetcher.chunk, never)
            return self._converter.picture(frame, width, height)

    def frames(
        self, indices: Iterable[SupportsIndex], check: Check = never
    ) -> Iterator[UInt8Array]:
        """Yield frames one after the other, in the given order.

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
        before: int | None = None
        for index in indices:
            check()
            with self._lock, video_errors(self._path):
                number = self._number(index)
                picture = self._converter.rgb(self._frame(number, 1, check))
            if before is not None and before != number:
                self._cache.drop(before)  # its memory is what the decoder uses next
            before = number
            yield picture

    def close(self) -> None:
        """Close the file and free the memory, if still open."""
        with self._lock:
            self._closed = True
            self._worker.close(self._close_files)
            self._cache.clear()

    def __len__(self) -> int:
        return len(self._index.state.times_s)

    def __getitem__(self, index: SupportsIndex) -> UInt8Array:
        with self._lock, video_errors(self._path):
            frame = self._frame(self._number(index), self._prefetcher.chunk, never)
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
        """Return a frame for display, and cache the last ``chunk`` up to it."""
        frame = self._stored_frame(number, chunk, check)
        if not (self._deinterlace and frame.interlaced_frame):
            return frame
        beside = [i if 0 <= i < len(self) else None for i in (number - 1, number + 1)]
        before, after = (None if i is None else self._stored_frame(i, chunk, check) for i in beside)
        from engine.video.decode.deinterlace import deinterlaced

        return deinterlaced(before, frame, after)

    def _stored_frame(self, number: int, chunk: int, check: Check) -> VideoFrame:
        if self._closed:
            raise VideoError(f"{self._path} is closed.", "Open it again.")
        frame = self._cache.get(number)
        if frame is None:
            try:
                frame = self._worker.call(lambda tick: self._decode(number, chunk, tick), check)
            except VideoChangedError:
                raise
            except VideoError:
                if not (self._hold and number in self.damaged_frames):
                    raise
                return self._stored_frame(self._in_place_of(number), chunk, check)
        if self._prefetcher.after(number, len(self)):
            self._worker.do_later(self._prefetcher.work, first=True)
        return frame

    def _in_place_of(self, number: int) -> int:
        """Return the nearest frame that decodes, before a lost one if any, else behind it."""
        lost = self.damaged_frames
        others = [*range(number - 1, -1, -1), *range(number + 1, len(self))]
        return int(next(other for other in others if other not in lost))

    def _decode(self, number: int, chunk: int, check: Check) -> VideoFrame:
        arrived = self._cache.get(number)  # ahead, since the caller looked
        if arrived is not None:
            return arrived
        try:
            frame = self._read(number, chunk, check)
        except VideoChangedError:
            raise
        except VideoError:
            if number in self._reader.lost:
                self._index.note_lost_frame(check)
                self._complete_later()
            raise
        self._index.note_failures()
        self._complete_later()
        return frame

    def _complete_later(self) -> None:
        if self._index.pending:
            self._worker.do_later(self._index.work)

    def _read(self, number: int, chunk: int, check: Check) -> VideoFrame:
        def keep(passed: int, frame: VideoFrame) -> None:
            if passed > number - chunk:
                self._cache.put(passed, frame)

        with video_errors(self._path):
            return self._reader.read(number, keep, check)

    def _close_files(self) -> None:
        self._index.close()
        self._reader.close()


def _nothing() -> None:
    """Do nothing, as nothing is open yet."""

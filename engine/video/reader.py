"""Frames by number: where to start decoding, when to just go on, what to do if none comes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame

from engine.cancel import Check
from engine.errors import VideoError
from engine.video.decoder import Decoder, Step
from engine.video.index import Index, index_by_decoding

log = logging.getLogger(__name__)

Seen = Callable[[int, VideoFrame], None]
"""Gets the number and picture of every frame that passes on the way to the one asked for."""

_NEAR_FRAMES = 8
_OUT_OF_ORDER_FRAMES = 16
_EARLIER_STARTS = (0, 1, 3)


def decoded_order(path: Path, index: Index, codec_name: str, check: Check) -> Index:
    """Index in the order of one decoding pass over the whole file.

    Parameters
    ----------
    path : Path
        The file.
    index : Index
        Its packets; the order in it is not used.
    codec_name : str
        FFmpeg's name of the codec.
    check : callable
        Called for every packet; may raise `Cancelled`.
    """
    damaged = index.packets.errors > 0 or bool(index.packets.corrupt.any())
    order, errors = _decode_all(path, index, check, tolerant=damaged)
    if errors and not damaged:
        damaged = True
        order, _ = _decode_all(path, index, check, tolerant=True)
    return index_by_decoding(index.packets, order, codec_name, damaged=damaged)


def _decode_all(path: Path, index: Index, check: Check, *, tolerant: bool) -> tuple[list[int], int]:
    """Packets in the order of their pictures, and how many failed to decode."""
    decoder = Decoder(path, index.packets, tolerant=tolerant)
    order: dict[int, None] = {}
    try:
        for step in decoder.run(0):
            check()
            if step is not None:
                order.setdefault(step[0])
    finally:
        decoder.close()
    return list(order), decoder.errors


class Reader:
    """Gets frames by number, going on decoding where that is shorter than starting anew.

    Parameters
    ----------
    path : Path
        The file.
    index : Index
        Its frames. They keep their numbers while the reader lives.
    codec_name : str
        FFmpeg's name of the codec.
    """

    def __init__(self, path: Path, index: Index, codec_name: str) -> None:
        self._path = path
        self._index = index
        self._codec_name = codec_name
        self._decoder = Decoder(path, index.packets, tolerant=index.damaged)
        self._run: Iterator[Step] | None = None
        self._started = 0
        self._first = 0
        self._next = 0
        self._verified, self._damaged = index.verified, index.damaged
        self._lost: frozenset[int] = frozenset()

    @property
    def lost(self) -> frozenset[int]:
        """Frames known not to decode; filled when the first of them is asked for."""
        return self._lost

    def read(self, number: int, seen: Seen, check: Check) -> VideoFrame:
        """Decode one frame.

        Parameters
        ----------
        number : int
            Frame, 0 <= number < length of the index.
        seen : callable
            Gets every frame on the way and the one asked for.
        check : callable
            Called for every packet; may raise `Cancelled`, and reading can go on afterwards.

        Raises
        ------
        VideoError
            If the frame does not decode. `lost` then names all such frames.
        """
        if number not in self._lost:
            frame = self._read_known(number, seen, check)
            if frame is not None:
                return frame
        raise VideoError(
            f"Frame {number} of {self._path} cannot be decoded.",
            "The file is damaged there. Open it again: what does not decode is then left out.",
        )

    def close(self) -> None:
        """Give the file back; may be called twice."""
        self._run = None
        self._decoder.close()

    def _read_known(self, number: int, seen: Seen, check: Check) -> VideoFrame | None:
        frame = self._attempt(number, seen, check)
        if frame is None and not self._damaged:
            self._distrust()
            frame = self._attempt(number, seen, check)
        if frame is None and not self._verified:
            self._find_lost(check)
        return frame

    def _attempt(self, number: int, seen: Seen, check: Check) -> VideoFrame | None:
        frame = self._advance(number, seen, check) if self._is_ahead(number) else None
        return self._start_anew(number, seen, check) if frame is None else frame

    def _start_anew(self, number: int, seen: Seen, check: Check) -> VideoFrame | None:
        for start in self._attempts(number):
            self._started = start
            self._first = self._next = int(self._index.first_frames[start])
            self._run = self._decoder.run(int(self._index.starts[start]))
            frame = self._advance(number, seen, check)
            if frame is not None:
                return frame
        return None

    def _is_ahead(self, number: int) -> bool:
        if self._run is None or number < self._next:
            return False
        start = self._index.start_for(number)
        if self._damaged:
            # what FFmpeg paints over damage depends on where it started: always the same place
            return start == self._started
        return number - self._next < _NEAR_FRAMES or bool(
            self._index.starts[start] <= self._decoder.fed
        )

    def _attempts(self, number: int) -> Iterator[int]:
        best = self._index.start_for(number)
        yield from (best - earlier for earlier in _EARLIER_STARTS if best - earlier > 0)
        yield 0

    def _advance(self, number: int, seen: Seen, check: Check) -> VideoFrame | None:
        run = self._run
        while run is not None and self._next <= number + _OUT_OF_ORDER_FRAMES:
            check()
            try:
                step = next(run)
            except StopIteration:
                break
            except VideoError:
                self._run = None
                raise
            if self._decoder.errors and not self._damaged:
                break  # what follows may refer to what is missing
            frame = None if step is None else self._arrived(*step, seen)
            if frame is not None and self._next == number + 1:
                return frame
        self._run = None
        return None

    def _arrived(self, tag: int, frame: VideoFrame, seen: Seen) -> VideoFrame | None:
        number = int(self._index.frame_of[tag])
        if number < self._first:  # hidden, or shown before the start and so perhaps incomplete
            return None
        self._next = number + 1
        seen(number, frame)
        return frame

    def _distrust(self) -> None:
        """Go on in the way that is right for damaged files."""
        self._damaged = True
        self._run = None
        self._decoder.close()
        self._decoder = Decoder(self._path, self._index.packets, tolerant=True)

    def _find_lost(self, check: Check) -> None:
        """Learn once, by decoding everything, which frames never come."""
        order, _ = _decode_all(self._path, self._index, check, tolerant=True)
        came = np.isin(self._index.shown, order)
        self._lost = frozenset(np.flatnonzero(~came).tolist())
        self._verified = True
        log.warning("%s is damaged: %d frames do not decode", self._path, len(self._lost))

"""Frames by number: the packet to start at, continuing from it, and lost frames."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from av.video.frame import VideoFrame

from engine.cancel import Check
from engine.errors import VideoError
from engine.video.container.source import Source, Stream
from engine.video.decode.decoder import Decoder, Step
from engine.video.index.frame_index import Index

Seen = Callable[[int, VideoFrame], None]
"""Gets the number and picture of every frame that passes on the way to the one asked for."""

_NEAR_FRAMES = 8
_OUT_OF_ORDER_FRAMES = 16
_EARLIER_STARTS = (0, 1, 3)


class Reader:
    """Gets frames by number, going on decoding where that is shorter than starting anew.

    Parameters
    ----------
    stream : Stream
        What to decode.
    index : Index
        Its frames. They keep their numbers while the reader lives.
    source : Source or None
        The stream, already open: taken over.
    """

    def __init__(self, stream: Stream, index: Index, source: Source | None = None) -> None:
        self._stream = stream
        self._index = index
        if index.damaged and source is not None:
            source.close()
            source = None
        self._decoder = Decoder(stream, index.packets, tolerant=index.damaged, source=source)
        self._run: Iterator[Step] | None = None
        self._started = 0
        self._first = 0
        self._next = 0
        self._damaged = index.damaged
        self._failed: frozenset[int] = frozenset()
        self._lost: frozenset[int] = frozenset(index.lost.tolist())

    @property
    def lost(self) -> frozenset[int]:
        """Frames known not to decode."""
        return self._lost

    @property
    def failed(self) -> frozenset[int]:
        """Packets that failed to decode so far, exact to a neighbour."""
        return self._failed.union(self._decoder.failed)

    def adopt(self, index: Index) -> None:
        """Take over an index in which more is known of the same packets."""
        self._index = index
        self._lost |= frozenset(index.lost.tolist())
        if index.damaged and not self._damaged:
            self._distrust()

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
            If the frame does not decode; it is then among `lost`.
        """
        if number not in self._lost:
            frame = self._attempt(number, seen, check)
            if frame is None and not self._damaged:
                self._distrust()
                frame = self._attempt(number, seen, check)
            if frame is not None:
                return frame
            self._lost |= {number}
        raise VideoError(
            f"Frame {number} of {self._stream.path} cannot be decoded.",
            "The file is damaged there; frames before and behind it can be shown.",
        )

    def close(self) -> None:
        """Close the file, if still open."""
        self._run = None
        self._decoder.close()

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
            if self._decoder.failed and not self._damaged:
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
        if not self._damaged or self._index.start_for(number) == self._started:
            seen(number, frame)  # from elsewhere it may be painted over in another way
        return frame

    def _distrust(self) -> None:
        """Switch to the way of reading for damaged files."""
        self._damaged, self._failed = True, self.failed
        self._run = None
        self._decoder.close()
        self._decoder = Decoder(self._stream, self._index.packets, tolerant=True)

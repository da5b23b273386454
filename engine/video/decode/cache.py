"""Cache of decoded frames, bounded in bytes, least recently used first out."""

from __future__ import annotations

import threading
from collections import OrderedDict

from av.video.frame import VideoFrame


class FrameCache:
    """Frames in the decoder's own format, which is half the size of RGB. Safe between threads.

    Parameters
    ----------
    budget_bytes : int
        Upper limit of what is kept. One frame is kept even if it alone is larger.
    """

    def __init__(self, budget_bytes: int) -> None:
        self._budget_bytes = budget_bytes
        self._used_bytes = 0
        self._frames: OrderedDict[int, tuple[VideoFrame, int]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def used_bytes(self) -> int:
        """Bytes of picture held now."""
        return self._used_bytes

    def get(self, number: int) -> VideoFrame | None:
        """Return a frame and mark it as used, or None if it is not cached."""
        with self._lock:
            entry = self._frames.get(number)
            if entry is None:
                return None
            self._frames.move_to_end(number)
            return entry[0]

    def keeps(self, number: int) -> bool:
        """Return true if a frame is cached, without marking it as used."""
        return number in self._frames

    def first_kept_before(self, number: int, reach: int) -> int:
        """Return the lowest frame from which all up to ``number`` are cached, within ``reach``.

        These now count as used: the ones that a step back needs next are the last to go.
        """
        with self._lock:
            first = number
            while first > max(number - reach, 0) and first - 1 in self._frames:
                first -= 1
                self._frames.move_to_end(first)
            return first

    def put(self, number: int, frame: VideoFrame) -> None:
        """Keep a frame, in place of the least recently used ones."""
        size = frame_bytes(frame)
        with self._lock:
            self._drop(number)
            self._frames[number] = (frame, size)
            self._used_bytes += size
            while self._used_bytes > self._budget_bytes and len(self._frames) > 1:
                self._drop(next(iter(self._frames)))

    def drop(self, number: int) -> None:
        """Keep that frame no longer."""
        with self._lock:
            self._drop(number)

    def clear(self) -> None:
        """Drop all."""
        with self._lock:
            self._frames.clear()
            self._used_bytes = 0

    def room_for(self, frame: VideoFrame) -> int:
        """Return how many frames like this one fit, at least 1."""
        return max(self._budget_bytes // max(frame_bytes(frame), 1), 1)

    def _drop(self, number: int) -> None:
        _, size = self._frames.pop(number, (None, 0))
        self._used_bytes -= size


def frame_bytes(frame: VideoFrame) -> int:
    """Return the bytes that a frame's picture takes in memory."""
    return sum(plane.buffer_size for plane in frame.planes)

"""Decoding of the frames that will be asked for next, so that no step has to wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.cancel import Check
from engine.video.decode.cache import FrameCache

Decode = Callable[[int, int, Check], object]
"""Decodes frame ``number`` and keeps the last ``count`` frames up to it: (number, count, check)."""

_FORWARD_FRAMES = 4
_FAR_FRAMES = 24
"""Steps longer than this are jumps, which tell nothing of the next one."""


@dataclass(frozen=True, slots=True)
class _Target:
    number: int
    count: int


class Prefetcher:
    """Chooses what to decode ahead, from the direction in which frames are asked for.

    Forward a few frames: the decoder then works while the caller does. Backward a chunk, as
    every step back over a group of pictures means decoding the group from its start: that must
    have begun long before the cursor gets there.

    Parameters
    ----------
    cache : FrameCache
        Where decoded frames are kept.
    room : int
        Frames that fit into it.
    decode : callable
        Decodes into it.
    """

    def __init__(self, cache: FrameCache, room: int, decode: Decode) -> None:
        self._cache = cache
        self._decode = decode
        # three chunks at once: the one before the cursor, the one with it, what it just left
        self.chunk = max(room * 2 // 5, 1)
        self._forward = min(_FORWARD_FRAMES, room // 4)
        self._last = 0
        self._target: _Target | None = None

    def after(self, number: int, frame_count: int) -> bool:
        """Choose a target after a frame was asked for, and return true if there is one."""
        step, self._last = number - self._last, number
        if 0 < step <= _FAR_FRAMES:
            self._target = self._target_forward(number, frame_count)
        elif -_FAR_FRAMES <= step < 0:
            self._target = self._target_backward(number)
        elif step:
            self._target = None
        return self._target is not None

    def work(self, check: Check) -> bool:
        """Decode up to the newest target, and return true if there may be more (a `Task`)."""
        target = self._target
        if target is None or self._cache.keeps(target.number):
            return False
        self._decode(target.number, target.count, check)
        return True

    def _target_forward(self, number: int, frame_count: int) -> _Target | None:
        last = min(number + self._forward, frame_count - 1)
        return _Target(last, self._forward) if last > number else None

    def _target_backward(self, number: int) -> _Target | None:
        first = self._cache.first_kept_before(number, self.chunk)
        return _Target(first - 1, self.chunk) if first > 0 and self._forward else None

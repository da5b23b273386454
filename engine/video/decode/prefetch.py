"""Frames that will be asked for next, decoded before they are: so that no step has to wait."""

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
    target: int
    count: int


class Ahead:
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
        self._wish: _Target | None = None

    def after(self, number: int, frame_count: int) -> bool:
        """Note that a frame was asked for; return whether there is something to do ahead."""
        step, self._last = number - self._last, number
        if 0 < step <= _FAR_FRAMES:
            self._wish = self._wish_forward(number, frame_count)
        elif -_FAR_FRAMES <= step < 0:
            self._wish = self._wish_backward(number)
        elif step:
            self._wish = None
        return self._wish is not None

    def work(self, check: Check) -> bool:
        """Fulfil the newest wish; return whether there may be more. A `Task` of the worker."""
        wish = self._wish
        if wish is None or self._cache.keeps(wish.target):
            return False
        self._decode(wish.target, wish.count, check)
        return True

    def _wish_forward(self, number: int, frame_count: int) -> _Target | None:
        target = min(number + self._forward, frame_count - 1)
        return _Target(target, self._forward) if target > number else None

    def _wish_backward(self, number: int) -> _Target | None:
        first = self._cache.first_kept_before(number, self.chunk)
        return _Target(first - 1, self.chunk) if first > 0 and self._forward else None

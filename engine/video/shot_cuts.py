"""Shot cuts: frames at which another shot begins, found as the frames pass by.

Content score and adaptive threshold as in PySceneDetect's AdaptiveDetector (a difference of small
pictures in light and colour, compared with the motion around it), and a look across: after a flash
the picture is what it was before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import cv2
import numpy as np

from engine.types import Float32Array, UInt8Array

SIZE = (64, 36)
"""Width and height that frames are compared at: noise and small motion average out."""

AHEAD = 3
"""Frames behind one that are looked at before it is judged. A flash is not longer."""

BEHIND = 16
"""Frames before one that decide how it is judged, and the one before them."""

_HISTORY = 12  # frames: three different ones where each comes four times
_LEAST = 9.0  # of 255, light and two colours added
_TIMES_MOTION = 3.0
_SAME = 0.3
_BACK = 0.5  # of the change: what is nearer to the frames before has come back to them


class CutFinder:
    """Finder of cuts in frames that are shown to it one after the other.

    Parameters
    ----------
    first : int
        Number of the first frame shown to it.

    Attributes
    ----------
    cuts : list of int
        First frames of the shots that begin behind it.
    """

    def __init__(self, first: int) -> None:
        self._first = self._next = first
        self._frames: deque[Float32Array] = deque(maxlen=_HISTORY + 1 + AHEAD)
        self._changes: deque[float] = deque(maxlen=_HISTORY + 1 + AHEAD)
        self.cuts: list[int] = []
        self._finished = False

    @property
    def judged(self) -> int:
        """Frame before which every cut is known."""
        return max(self._next - AHEAD, self._first)

    def add(self, picture: UInt8Array) -> None:
        """Look at the next frame, uint8 RGB (h, w, 3) of `SIZE`."""
        frame = cv2.cvtColor(picture, cv2.COLOR_RGB2LAB).astype(np.float32)
        self._changes.append(_difference(self._frames[-1], frame) if self._frames else 0.0)
        self._frames.append(frame)
        self._next += 1
        if len(self._frames) > AHEAD + 1:
            self._judge(len(self._frames) - 1 - AHEAD)

    def finish(self) -> None:
        """Judge the last frames as well, which fewer follow. Nothing can be added afterwards."""
        if self._finished:
            return
        self._finished = True
        for place in range(max(len(self._frames) - AHEAD, 1), len(self._frames)):
            self._judge(place)

    def _judge(self, place: int) -> None:
        changes, number = list(self._changes), self._next - len(self._frames) + place
        change, ahead = changes[place], changes[place + 1 : place + 1 + AHEAD]
        sides = [side for side in map(_moving, (changes[1:place], ahead)) if side]
        motion = np.mean([np.median(side) for side in sides]) if sides else 0.0
        if change < max(_LEAST, _TIMES_MOTION * float(motion), *ahead):
            return
        before = list(self._frames)[max(place - 1 - AHEAD, 0) : place]
        after = list(self._frames)[place : place + 1 + AHEAD]
        back = min(_difference(a, b) for a in before for b in after)
        if back >= _BACK * change and number - AHEAD >= max(self.cuts, default=number - AHEAD):
            self.cuts.append(number)


def _difference(one: Float32Array, other: Float32Array) -> float:
    return float(cv2.norm(one, other, cv2.NORM_L1)) / (one.size // 3)


def _moving(changes: Sequence[float]) -> list[float]:
    """Return the last changes from frame to frame, without frames that only repeat."""
    return [change for change in changes if change > _SAME][-AHEAD:]

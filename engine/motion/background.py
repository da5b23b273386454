"""Which of the motions in a picture is the background's.

Tracks vote by the place where they are, not by their number: each cell of a grid has one vote
however textured it is, and those along the picture's border have four, for the background
reaches the border more often than a thing does. Up to three motions are looked for, one after
another among the tracks that follow none so far, and the one with the most votes is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from engine.types import BoolArray, Float32Array, Float64Array

LEAST_FOLLOWERS = 12
_CELLS = (6, 10)  # down and along
_BORDER_VOTES = 4.0
_ROUNDS = 3
_FIT_STEPS = 300
_SIMPLE_BONUS = 1.05  # shift, turn and zoom alone where they explain nearly as much
_CLEAR, _ENOUGH = 0.9, 0.75  # shares of the votes from which no other motion is looked for
_LEAST_DEPTH = 0.5  # of the homography's divisor at the picture's corners; 1 is no tilt
_STRIP = 0.1  # of the shorter side: the border that is asked
_LEAST_IN_STRIP = 8
_RIVAL = 0.6  # of the votes for the motion that was taken


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """Points followed from one frame to the next.

    Attributes
    ----------
    starts, ends : float32 arrays, (N, 2)
        Places (x, y) in pixels.
    good : bool array, (N,)
        Whether the track came back to where it began.
    size : (int, int)
        Height and width of the picture in pixels.
    """

    starts: Float32Array
    ends: Float32Array
    good: BoolArray
    size: tuple[int, int]

    def follow(self, transform: Float64Array, distance_px: float) -> BoolArray:
        """Tell which tracks a homography explains, (N,)."""
        ends = cv2.perspectiveTransform(self.starts[:, None].astype(np.float64), transform)[:, 0]
        return np.asarray(self.good & (np.linalg.norm(ends - self.ends, axis=1) < distance_px))

    def votes(self) -> Float64Array:
        """Return the vote of each track, (N,), 1 in all. Lost tracks follow no motion."""
        height, width = self.size
        rows, columns = _CELLS
        row = np.minimum(self.starts[:, 1] * rows / height, rows - 1).astype(int)
        column = np.minimum(self.starts[:, 0] * columns / width, columns - 1).astype(int)
        cell = row * columns + column
        border = (row == 0) | (row == rows - 1) | (column == 0) | (column == columns - 1)
        votes = np.where(border, _BORDER_VOTES, 1.0) / np.bincount(cell)[cell]
        return np.asarray(votes / votes.sum(), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Background:
    """Motion taken for the background's.

    Attributes
    ----------
    transform : float64 array, (3, 3)
        Homography of pixels (x, y, 1).
    followers : bool array, (N,)
        The tracks that it explains.
    share : float
        Its share of the votes, 0 to 1.
    contested : bool
        Whether another motion, or the border of the picture, speaks against it, or the border
        cannot be asked: then a large thing may have been taken for the background.
    """

    transform: Float64Array
    followers: BoolArray
    share: float
    contested: bool


def background(tracks: Tracks, distance_px: float, loose_px: float) -> Background | None:
    """Return the motion with the most votes, or None where no motion has enough tracks.

    Parameters
    ----------
    tracks : Tracks
    distance_px : float
        How far from where a motion leads a track may end.
    loose_px : float
        The same, where a track shall not count for another motion any more.
    """
    votes = tracks.votes()
    found = list(_motions(tracks, votes, distance_px, loose_px))
    if not found:
        return None
    _, transform, followers = max(found, key=lambda one: one[0])
    near = tracks.follow(transform, loose_px)
    share = float(votes[followers].sum())
    rival = max(votes[others & ~near].sum() for _, _, others in found)
    contested = rival > _RIVAL * share or not _border_follows(tracks, near)
    return Background(transform, followers, share, bool(contested))


def _motions(
    tracks: Tracks, votes: Float64Array, distance_px: float, loose_px: float
) -> Iterator[tuple[float, Float64Array, BoolArray]]:
    """Yield motions with their votes and followers."""
    left = tracks.good
    for _ in range(_ROUNDS):
        best = 0.0
        for fit, bonus in ((_similarity, _SIMPLE_BONUS), (_homography, 1.0)):
            transform = fit(tracks.starts[left], tracks.ends[left], distance_px)
            if transform is None or _folds(transform, tracks.size):
                continue
            followers = tracks.follow(transform, distance_px)
            if followers.sum() < LEAST_FOLLOWERS:
                continue
            share = float(votes[followers].sum())
            yield share * bonus, transform, followers
            if share > _CLEAR:
                return
            if share > best:
                best, near = share, tracks.follow(transform, loose_px)
        if best == 0 or best > _ENOUGH:
            return
        left = left & ~near


def _similarity(starts: Float32Array, ends: Float32Array, limit_px: float) -> Float64Array | None:
    """Fit a shift with turn and zoom, (3, 3)."""
    if len(starts) < LEAST_FOLLOWERS:
        return None
    upper, _ = cv2.estimateAffinePartial2D(
        starts, ends, method=cv2.RANSAC, ransacReprojThreshold=limit_px, maxIters=_FIT_STEPS,
        confidence=0.999,
    )  # fmt: skip
    return None if upper is None else np.vstack([upper, [0.0, 0.0, 1.0]])


def _homography(starts: Float32Array, ends: Float32Array, limit_px: float) -> Float64Array | None:
    if len(starts) < LEAST_FOLLOWERS:
        return None
    found, _ = cv2.findHomography(
        starts, ends, cv2.RANSAC, limit_px, maxIters=_FIT_STEPS, confidence=0.999
    )
    return None if found is None or not np.isfinite(found).all() else np.asarray(found, np.float64)


def _folds(transform: Float64Array, size: tuple[int, int]) -> bool:
    height, width = size
    edges = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]])
    return bool((edges @ transform[2]).min() < _LEAST_DEPTH)


def _border_follows(tracks: Tracks, near: BoolArray) -> bool:
    """Tell whether at least half of the tracks along the border follow, False without tracks."""
    (height, width), (x, y) = tracks.size, tracks.starts.T
    strip = _STRIP * min(height, width)
    inside = (x > strip) & (x < width - strip) & (y > strip) & (y < height - strip)
    asked = tracks.good & ~inside
    return bool(asked.sum() >= _LEAST_IN_STRIP and near[asked].mean() >= 0.5)

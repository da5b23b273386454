"""The camera's motion between two frames: a homography that most of the background follows.

Corners spread over the picture (Shi and Tomasi 1994), found where contrast has been evened so
that a dull background has its share of them, are tracked there and back (Lucas and
Kanade 1981; Kalal et al. 2010, forward-backward check), starting from the dense flow so that
fast pans are not lost, and homographies are fitted with RANSAC (Fischler and Bolles 1981). The
one that most of the picture and of its border follow is taken (`engine.motion.background`).

Chosen by measuring on rendered scenes, 640 x 360 pixels, an object over 35 % of the picture:

- A homography where shift, turn and zoom do not do: on a turn of the camera to the side by 1
  degree (55 degrees field of view) these follow the object instead. Where they do, they are
  better, for a homography is wild beyond the tracks that it was fitted to.
- Plain RANSAC: USAC_MAGSAC is off by 0.1 to 1 pixel where plain RANSAC is off by 0.05.
- Corners, not samples of the dense flow: 0.01 pixel against 0.05 on clean pictures.

There, the model was off by 0.01 to 0.04 pixel (median), and the flow left on the background came
to 0.05 pixel, 0.2 on a dull and noisy one. What it cannot tell apart: an object that moves a
pixel or less against a dull and noisy background; the model is then off by up to that motion.
Where a pan is so fast that the dense flow itself is lost (7 % of the width a frame behind a large
object), the model is refused.

A model is refused unless it holds over a good part of the picture: where the background is
plain, all corners lie on the one thing that moves, and its motion must not pass for the camera's.
Where the border does not agree with the model, or another motion holds over nearly as much, the
model is contested: a thing that fills most of the picture looks just like the background.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.motion.background import LEAST_FOLLOWERS, Background, Tracks, background
from engine.motion.pixels import box_mean
from engine.types import BoolArray, Float32Array, Float64Array, UInt8Array

_CORNERS = 1000
_CORNER_QUALITY = 0.005  # of the strongest corner: low, so that dull parts take part too
_CORNER_SPACING = 1 / 30  # of the shorter side: corners count by area, not by texture
_LEAST_SPACING_PX = 3.0
_TRACK_WINDOW_PX = 21
_TRACK_LEVELS = 1  # above full resolution; the dense flow has covered the way already
_TRACK_STOP = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 20, 0.01)
_RETURN_PX = 1.0  # a track that comes back further off than this is lost
_TIGHT_PX, _LOOSE_PX = 0.3, 1.0  # how far an inlier may be from the model
_NOISE_FACTOR = 30.0  # inlier distance over the tracks' return error, where noise decides
_USUAL_WIDTH_PX = 640  # in larger pictures the loose distance grows in proportion
_LEAST_SHARE = 0.35  # of the votes
_LEAST_AREA = 0.4  # of the picture, inside the hull of the inliers
_LEAST_JUMP_PX = 1.5  # of a corner: no texture repeats within less that tracks could hold on to
_AS_GOOD = 1.1  # difference at rest, over that under a motion, which rest still explains as well
_EVENED_CONTRAST, _SOFT_CONTRAST = 40.0, 8.0  # levels: aimed at, and that noise may reach


@dataclass(frozen=True, slots=True, eq=False)
class CameraMotion:
    """Motion of the background from one frame to the next.

    Attributes
    ----------
    transform : float64 array, (3, 3)
        Homography from pixels (x, y, 1) of the first frame to those of the second, last
        element 1. The identity where nothing could be estimated.
    inlier_share : float
        Share of the background tracks that follow it, 0 to 1; lost tracks do not follow.
        nan where nothing could be estimated.
    contested : bool
        Whether it may as well be the motion of a large thing: another motion, or the border of
        the picture, speaks against it.
    """

    transform: Float64Array
    inlier_share: float
    contested: bool = False

    def __post_init__(self) -> None:
        self.transform.setflags(write=False)


def no_camera_motion() -> CameraMotion:
    """Return the identity, for a camera that was not or could not be estimated."""
    return CameraMotion(np.eye(3), float("nan"))


def camera_motion(first: UInt8Array, second: UInt8Array, flow: Float32Array) -> CameraMotion:
    """Estimate the motion of the background between two frames.

    The same pictures always give the same answer.

    Parameters
    ----------
    first, second : uint8 array, (H, W)
        Two frames in grey, 0 to 255.
    flow : float32 array, (H, W, 2)
        Dense flow (x, y) from first to second, in pixels: where the tracks start.

    Returns
    -------
    CameraMotion
        The identity and an inlier share of nan where there are too few tracks, where too
        few of them agree, or where those that agree cover too little of the picture.
    """
    corners = _corners(first)
    if corners is None:
        return no_camera_motion()
    ends, returns = _tracks(first, second, corners, flow)
    good = returns < _RETURN_PX
    if good.sum() < LEAST_FOLLOWERS:
        return no_camera_motion()
    tracks = Tracks(corners, ends, good, (first.shape[0], first.shape[1]))
    loose = _LOOSE_PX * max(1.0, max(first.shape) / _USUAL_WIDTH_PX)
    tight = float(np.clip(_NOISE_FACTOR * np.median(returns[good]), _TIGHT_PX, loose))
    # tight first: a loose fit would take in an object that moves a pixel against the background
    for distance in (tight, loose):
        found = background(tracks, distance, loose)
        if found is not None and _holds(found, corners, first.shape):
            if _rests(first, second, corners, found):
                return CameraMotion(np.eye(3), float(found.followers.mean()), found.contested)
            return CameraMotion(found.transform, float(found.followers.mean()), found.contested)
    return no_camera_motion()


def camera_field(transform: Float64Array, size: tuple[int, int]) -> Float32Array:
    """Displacement of every pixel under a camera transform.

    Parameters
    ----------
    transform : float64 array, (3, 3)
        Homography of pixels (x, y, 1).
    size : (int, int)
        Height and width of the picture in pixels.

    Returns
    -------
    float32 array, (H, W, 2)
        Displacement (x, y) in pixels.
    """
    columns, rows = np.arange(size[1], dtype=np.float64), np.arange(size[0], dtype=np.float64)
    along, down, depth = (a * columns + (b * rows + c)[:, None] for a, b, c in transform)
    field = np.empty((*size, 2), np.float32)
    field[..., 0] = along / depth - columns
    field[..., 1] = down / depth - rows[:, None]
    return field


def _corners(grey: UInt8Array) -> Float32Array | None:
    """Find corners spread over the picture, (N, 2), x and y in pixels, or None in a plain one."""
    spacing = max(_LEAST_SPACING_PX, min(grey.shape) * _CORNER_SPACING)
    found = cv2.goodFeaturesToTrack(_even_contrast(grey), _CORNERS, _CORNER_QUALITY, spacing)
    return None if found is None else np.asarray(found, np.float32).reshape(-1, 2)


def _even_contrast(grey: UInt8Array) -> UInt8Array:
    """Return the picture with about the same contrast everywhere, but for what noise has."""
    levels, radius = grey.astype(np.float32), max(6, min(grey.shape) // 9)
    mean = box_mean(levels, radius)
    spread = np.sqrt(np.maximum(box_mean(np.square(levels), radius) - np.square(mean), 0))
    even = 127 + _EVENED_CONTRAST * (levels - mean) / (spread + _SOFT_CONTRAST)
    return np.asarray(np.clip(even, 0, 255), np.uint8)


def _tracks(
    first: UInt8Array, second: UInt8Array, corners: Float32Array, flow: Float32Array
) -> tuple[Float32Array, Float32Array]:
    """Track corners forth, (N, 2), and back, with the distance from their start, (N,), in pixels.

    A track that was lost comes back infinitely far off.
    """
    columns, rows = np.rint(corners).astype(int).T
    step = flow[rows, columns]
    ends, there = _track(first, second, corners, corners + step)
    back, again = _track(second, first, ends, ends - step)
    returns = np.linalg.norm(back - corners, axis=1).astype(np.float32)
    returns[~(there & again)] = np.inf
    return ends, returns


def _track(
    first: UInt8Array, second: UInt8Array, points: Float32Array, guess: Float32Array
) -> tuple[Float32Array, BoolArray]:
    """Track points into the second picture near a guess, and tell which were found.

    OpenCV writes the answer into the guess.
    """
    ends, found, _ = cv2.calcOpticalFlowPyrLK(
        first,
        second,
        points,
        guess,
        winSize=(_TRACK_WINDOW_PX, _TRACK_WINDOW_PX),
        maxLevel=_TRACK_LEVELS,
        criteria=_TRACK_STOP,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )
    return ends, found.ravel() > 0


def _holds(found: Background, corners: Float32Array, size: tuple[int, ...]) -> bool:
    """Tell whether enough of the picture follows a motion."""
    area = cv2.contourArea(cv2.convexHull(corners[found.followers]))
    return found.share >= _LEAST_SHARE and bool(area >= _LEAST_AREA * size[0] * size[1])


def _rests(first: UInt8Array, second: UInt8Array, corners: Float32Array, found: Background) -> bool:
    """Tell whether a camera at rest explains the pictures as well as a motion by some pixels.

    Before a texture that repeats itself, a fence or bricks, tracks may jump from one of its parts
    to the next, all alike.
    """
    ends = cv2.perspectiveTransform(corners[:, None].astype(np.float64), found.transform)[:, 0]
    if np.median(np.linalg.norm(ends - corners, axis=1)) < _LEAST_JUMP_PX:
        return False
    size = (first.shape[1], first.shape[0])
    moved = cv2.warpPerspective(first, found.transform, size, borderMode=cv2.BORDER_REPLICATE)
    columns, rows = np.rint(corners[found.followers]).astype(int).T
    at_rest, under_motion = (
        box_mean(cv2.absdiff(one, second).astype(np.float32), _TRACK_WINDOW_PX // 2)[rows, columns]
        for one in (first, moved)
    )
    return bool(np.median(at_rest) <= _AS_GOOD * np.median(under_motion))

"""Things beside the figure: a sign that stands still, and a distractor that moves.

What the sign shows may tell the activity, as often as a benchmark wants; what the distractor
is and does never tells anything.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.motion_figures.body import FloatArray
from benchmarks.motion_figures.render import PARTS, Colour, UInt8Array

IntArray = npt.NDArray[np.int32]

CUE_LABEL = len(PARTS)
"""Value of the sign in a label map."""

DISTRACTOR_LABEL = len(PARTS) + 1
"""Value of the distractor in a label map."""

_SUBPIXEL_BITS = 4

SIGN_COLOURS: tuple[Colour, ...] = (
    (222, 44, 40), (240, 140, 24), (238, 220, 44), (64, 172, 62),
    (44, 186, 196), (44, 84, 206), (150, 62, 196), (236, 110, 178),
)  # fmt: skip
"""Colour (RGB) of the symbol for each activity, in the order of the labels."""


@dataclass(frozen=True, slots=True, eq=False)
class Sign:
    """A panel with a coloured symbol, fixed to the scenery.

    Attributes
    ----------
    centre : float64 array, (2,)
        Place (x, y) in the scenery, in picture pixels, where its slide is 0.
    radius : float
        Half its width, in picture pixels.
    shows : int
        Index of the activity whose symbol it shows.
    """

    centre: FloatArray
    radius: float
    shows: int


@dataclass(frozen=True, slots=True, eq=False)
class Distractor:
    """A thing that moves before or behind the figure.

    Attributes
    ----------
    corners : float64 array, (T, K, 2)
        Its outline (x, y) in every frame, in picture pixels before the camera's shake.
    colour : tuple of three floats
        RGB, 0 to 255.
    before : bool
        Whether it covers the figure, or the figure covers it.
    """

    corners: FloatArray
    colour: Colour
    before: bool


def place_sign(
    rng: np.random.Generator, slide: FloatArray, figure_x: float, size: int, shows: int
) -> Sign:
    """Put a sign beside the figure, where the camera sees it.

    It is seen all the time unless the scenery slides too far for that.

    Parameters
    ----------
    rng : numpy Generator
        Decides place and size.
    slide : float64 array, (T,)
        How far the scenery has moved to the right, in picture pixels.
    figure_x : float
        Where the figure's middle is in the picture, in pixels.
    size : int
        Height and width of the picture, in pixels.
    shows : int
        Index of an activity.
    """
    radius = rng.uniform(0.075, 0.105) * size
    low, high = 1.2 * radius - slide.min(), size - 1.2 * radius - slide.max()
    middle = 0.5 * size - float(slide[len(slide) // 2])
    span = (low, high) if low < high else (middle - 0.3 * size, middle + 0.3 * size)
    far = rng.uniform(0.0, 0.25)
    share = far if figure_x > 0.5 * size else 1.0 - far
    x = span[0] + share * (span[1] - span[0])
    y = rng.uniform(1.3 * radius, 0.36 * size)
    return Sign(np.array([x, y]), radius, shows)


def draw_sign(
    picture: UInt8Array, labels: UInt8Array, sign: Sign, slide: float, affine: FloatArray
) -> None:
    """Draw a sign over the scenery, in place.

    Parameters
    ----------
    picture : uint8 array, (H, W, 3)
        RGB, at drawing size.
    labels : uint8 array, (H, W)
        Receives `CUE_LABEL`.
    sign : Sign
        What to draw.
    slide : float
        How far the scenery has moved in this frame, in picture pixels.
    affine : float64 array, (2, 3)
        Map of picture pixels to drawing pixels.
    """
    centre = sign.centre + np.array([slide, 0.0])

    def polygon(shape: FloatArray) -> IntArray:
        return _fixed(_mapped(centre + sign.radius * shape, affine))

    panel = polygon(_SQUARE)
    cv2.fillConvexPoly(picture, panel, (236, 236, 232), cv2.LINE_AA, _SUBPIXEL_BITS)
    cv2.fillConvexPoly(labels, panel, CUE_LABEL, cv2.LINE_8, _SUBPIXEL_BITS)
    symbol = [polygon(0.86 * part) for part in _SYMBOLS[sign.shows]]
    cv2.fillPoly(picture, symbol, SIGN_COLOURS[sign.shows], cv2.LINE_AA, _SUBPIXEL_BITS)


def random_distractor(rng: np.random.Generator, frames: int, size: int) -> Distractor:
    """Draw a thing and its path: across, bouncing, swinging or circling.

    Parameters
    ----------
    rng : numpy Generator
        Decides everything.
    frames : int
        Number of frames, T.
    size : int
        Height and width of the picture, in pixels.
    """
    sides = int(rng.choice([3, 4, 5, 24]))
    turn = rng.uniform(0, 2 * np.pi) + rng.uniform(-0.35, 0.35) * np.arange(frames)
    stretch = np.array([1.0, rng.uniform(0.6, 1.0)])
    angles = turn[:, None] + 2 * np.pi * np.arange(sides) / sides
    outline = np.stack([np.cos(angles), np.sin(angles)], axis=2) * stretch
    path = _path(rng, np.arange(frames) / frames)
    grey = rng.uniform(20, 235)
    colour = np.clip(grey + rng.uniform(30, 90) * rng.standard_normal(3), 8, 247)
    return Distractor(
        corners=size * (path[:, None] + rng.uniform(0.035, 0.075) * outline),
        colour=(float(colour[0]), float(colour[1]), float(colour[2])),
        before=bool(rng.random() < 0.4),
    )


def _path(rng: np.random.Generator, times: FloatArray) -> FloatArray:
    """Return places (x, y) in picture heights for times from 0 to 1, (T, 2)."""
    kind = int(rng.integers(4))
    start, phase = rng.uniform(0.1, 0.9, 2), rng.random()
    if kind == 0:  # across
        end = 1.0 - start + rng.uniform(-0.2, 0.2, 2)
        return start + times[:, None] * (end - start)
    if kind == 1:  # bouncing on its way
        x = start[0] + times * rng.uniform(0.2, 0.5) * (1.0 if start[0] < 0.5 else -1.0)
        high = rng.uniform(0.15, 0.5)
        arc = ((rng.uniform(1.0, 2.5) * times + phase) % 1.0) * 2 - 1
        return np.stack([x, 0.9 - high * (1 - arc * arc)], axis=1)
    rate = rng.uniform(0.8, 2.2)
    wave = 2 * np.pi * (rate * times + phase)
    reach = rng.uniform(0.08, 0.22)
    if kind == 2:  # swinging
        angle = rng.uniform(0, np.pi)
        swing = np.sin(wave)[:, None] * np.array([np.cos(angle), np.sin(angle)])
    else:
        swing = np.stack([np.cos(wave), np.sin(wave)], axis=1)
    return np.asarray(start + reach * swing)


def draw_distractor(
    picture: UInt8Array, labels: UInt8Array, thing: Distractor, frame: int, affine: FloatArray
) -> None:
    """Draw a distractor in one frame, in place, with the parameters of `draw_sign`."""
    outline = _fixed(_mapped(thing.corners[frame], affine))
    cv2.fillConvexPoly(picture, outline, thing.colour, cv2.LINE_AA, _SUBPIXEL_BITS)
    cv2.fillConvexPoly(labels, outline, DISTRACTOR_LABEL, cv2.LINE_8, _SUBPIXEL_BITS)


def _mapped(points: FloatArray, affine: FloatArray) -> FloatArray:
    return np.asarray(points @ affine[:, :2].T + affine[:, 2])


def _fixed(points: FloatArray) -> IntArray:
    return np.round(points * (1 << _SUBPIXEL_BITS)).astype(np.int32)


def _regular(corners: int, turn: float, radius: float = 1.0) -> FloatArray:
    angles = turn + 2 * np.pi * np.arange(corners) / corners
    return radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)


def _box(left: float, top: float, right: float, bottom: float) -> FloatArray:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def _star() -> FloatArray:
    points = np.empty((10, 2))
    points[::2], points[1::2] = _regular(5, -np.pi / 2), _regular(5, -0.3 * np.pi, 0.42)
    return points


_SQUARE = _box(-1.0, -1.0, 1.0, 1.0)

# Each looks the same in a mirror: training flips clips.
_SYMBOLS: tuple[tuple[FloatArray, ...], ...] = (
    (_regular(24, 0.0),),
    (_box(-0.85, -0.85, 0.85, 0.85),),
    (_regular(3, -np.pi / 2),),
    (_regular(3, np.pi / 2),),
    (_regular(4, 0.0),),
    (_box(-0.9, -0.9, 0.9, -0.3), _box(-0.9, 0.3, 0.9, 0.9)),
    (_box(-0.9, -0.9, -0.3, 0.9), _box(0.3, -0.9, 0.9, 0.9)),
    (_star(),),
)

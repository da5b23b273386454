"""Masks of painted regions on a frame and on a network's input. No torch."""

from __future__ import annotations

import math

import cv2
import numpy as np

from engine.annotations.regions import Box, Region, Stroke, Track
from engine.types import BoolArray, Float64Array, Int64Array, Rect, UInt8Array

_SHIFT = 4  # cv2 takes places in sixteenths of a pixel


def mask(region: Region, frame: int, size: tuple[int, int]) -> BoolArray:
    """Return the mask of a region on a frame.

    Parameters
    ----------
    region : Region
    frame : int
        Counted in the video.
    size : (int, int)
        Width and height of the picture in pixels.

    Returns
    -------
    bool array, (height, width)
        Pixels whose middle lies in a box, or which the brush covers.
    """
    painted = np.zeros((size[1], size[0]), np.uint8)
    for shape in region.shapes:
        if isinstance(shape, Stroke):
            if shape.first <= frame < shape.stop:
                _draw_stroke(painted, shape)
            continue
        box = shape.at(frame) if isinstance(shape, Track) else shape
        if box is not None and box.first <= frame < box.stop:
            _draw_box(painted, box)
    return painted.astype(np.bool_)


def seen_mask(
    region: Region, frame: int, size: tuple[int, int], seen: Rect, grid: tuple[int, int]
) -> BoolArray:
    """Return the mask of a region on a network's input.

    Parameters
    ----------
    region, frame, size
        As for `mask`; the size of the video.
    seen : Rect
        Part of the picture that the input covers.
    grid : (int, int)
        Height and width of the input in pixels.

    Returns
    -------
    bool array, (height, width)
        False also where the input is padding, outside the picture.
    """
    rows = _sampled(seen.top, seen.bottom, grid[0], size[1])
    columns = _sampled(seen.left, seen.right, grid[1], size[0])
    inside = inside_picture(seen, grid)
    whole = mask(region, frame, size)
    part: BoolArray = whole[np.ix_(rows, columns)] & inside
    return part


def inside_picture(seen: Rect, grid: tuple[int, int]) -> BoolArray:
    """Return the mask of the picture, without padding, on a network's input, bool (h, w)."""
    rows, columns = (
        _middles(low, high, count)
        for low, high, count in ((seen.top, seen.bottom, grid[0]), (seen.left, seen.right, grid[1]))
    )
    across, down = (columns >= 0) & (columns < 1), (rows >= 0) & (rows < 1)
    inside: BoolArray = down[:, None] & across[None]
    return inside


def _draw_box(painted: UInt8Array, box: Box) -> None:
    height, width = painted.shape
    rows = slice(_first_inside(box.top, height), _first_inside(box.bottom, height))
    columns = slice(_first_inside(box.left, width), _first_inside(box.right, width))
    painted[rows, columns] = 1


def _first_inside(edge: float, length: int) -> int:
    """First pixel whose middle is not before an edge."""
    return min(max(math.ceil(edge * length - 0.5), 0), length)


def _draw_stroke(painted: UInt8Array, stroke: Stroke) -> None:
    height, width = painted.shape
    radius = max(stroke.radius * width, 0.5)
    fixed = 1 << _SHIFT
    places = np.array(stroke.points) * (width, height) - 0.5  # cv2 counts from pixel middles
    points = np.rint(places * fixed).astype(np.int32)
    colour = 0 if stroke.erases else 1
    start = (int(points[0, 0]), int(points[0, 1]))  # of a single point no line is drawn
    cv2.circle(painted, start, round(radius * fixed), colour, -1, cv2.LINE_8, _SHIFT)
    thickness = max(round(2 * radius), 1)
    cv2.polylines(painted, [points[:, None]], False, colour, thickness, cv2.LINE_8, _SHIFT)


def _middles(low: float, high: float, count: int) -> Float64Array:
    """Middles of pixels that cover a span of the picture, in fractions of it."""
    return low + (np.arange(count) + 0.5) / count * (high - low)


def _sampled(low: float, high: float, count: int, length: int) -> Int64Array:
    """Pixel of the picture under the middle of each pixel of the input."""
    places = np.floor(_middles(low, high, count) * length).astype(np.int64)
    return np.clip(places, 0, length - 1)

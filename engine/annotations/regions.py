"""Regions painted over frames of a video: boxes, boxes that follow, brush strokes. No torch.

Places are fractions of the picture as it is shown, so that a region fits a video at any size.
Pixels are made of it in `engine.annotations.region_masks`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from engine.errors import EngineError
from engine.types import MOST_FRAMES
from engine.utils.schema import SchemaError, convert, to_plain

MOST_SHAPES = 10_000
MOST_POINTS = 100_000
_REACH = (-1.0, 2.0)  # a stroke may leave the picture and come back


@dataclass(frozen=True, slots=True)
class Box:
    """A box on some frames.

    Attributes
    ----------
    first, stop : int
        The first frame, and the one after the last.
    left, top, right, bottom : float
        In fractions of the picture's width and height.

    Raises
    ------
    EngineError
        If the frames or the sides cannot be those of a box.
    """

    first: int
    stop: int
    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        _check_frames(self.first, self.stop)
        _check_places((self.left, self.top, self.right, self.bottom))
        if not (self.left < self.right and self.top < self.bottom):
            raise EngineError("A box has no area.", "Its left is before its right, top above.")


@dataclass(frozen=True, slots=True)
class Track:
    """A box that follows something: drawn on some frames, moved evenly between them.

    Attributes
    ----------
    boxes : tuple of Box
        In order of their frames, none of which they share.
    """

    boxes: tuple[Box, ...]

    def __post_init__(self) -> None:
        in_order = all(one.stop <= other.first for one, other in pairwise(self.boxes))
        if not self.boxes or not in_order:
            raise EngineError(
                "The boxes of a track are not in order.", "Each begins after the one before ends."
            )

    @property
    def first(self) -> int:
        """The first frame."""
        return self.boxes[0].first

    @property
    def stop(self) -> int:
        """The frame after the last."""
        return self.boxes[-1].stop

    def at(self, frame: int) -> Box | None:
        """Return the box on a frame, None before the first and after the last."""
        for box in self.boxes:
            if box.first <= frame < box.stop:
                return box
        for before, after in pairwise(self.boxes):
            if before.stop <= frame < after.first:
                return _between(before, after, frame)
        return None


@dataclass(frozen=True, slots=True)
class Stroke:
    """A stroke of a round brush on some frames.

    Attributes
    ----------
    first, stop : int
        The first frame, and the one after the last.
    points : tuple of (float, float)
        Where it went: x and y in fractions of the picture's width and height.
    radius : float
        Of the brush, in fractions of the picture's width, above 0 and at most 1.
    erases : bool
        Whether it takes away from what was painted before it.
    """

    first: int
    stop: int
    points: tuple[tuple[float, float], ...]
    radius: float
    erases: bool = False

    def __post_init__(self) -> None:
        _check_frames(self.first, self.stop)
        _check_places((self.radius, *(place for point in self.points for place in point)))
        if not 1 <= len(self.points) <= MOST_POINTS or not 0 < self.radius <= 1:
            raise EngineError(
                f"A stroke of {len(self.points)} points and radius {self.radius} cannot be drawn.",
                f"It takes 1 to {MOST_POINTS} points and a radius above 0 and at most 1.",
            )


Shape = Box | Track | Stroke


@dataclass(frozen=True, slots=True)
class Region:
    """The shapes painted over a video, in the order of painting.

    Attributes
    ----------
    shapes : tuple of Box, Track or Stroke
    """

    shapes: tuple[Shape, ...] = ()

    @property
    def frames(self) -> tuple[int, int] | None:
        """First painted frame and the one after the last, None for an empty region."""
        painted = [shape for shape in self.shapes if not is_eraser(shape)]
        if not painted:
            return None
        return min(shape.first for shape in painted), max(shape.stop for shape in painted)


def is_eraser(shape: Shape) -> bool:
    """Return whether a shape takes away."""
    return isinstance(shape, Stroke) and shape.erases


def to_json(region: Region) -> list[dict[str, Any]]:
    """Return a region as what `json.dump` takes."""
    return [_shape_to_json(shape) for shape in region.shapes]


def from_json(document: object) -> Region:
    """Return a region from what `json.load` gave.

    Raises
    ------
    EngineError
        If it is not what `to_json` writes; the message names the shape.
    """
    if not isinstance(document, list) or len(document) > MOST_SHAPES:
        raise EngineError(
            f"The painted region is not a list of at most {MOST_SHAPES} shapes.",
            "Remove it from the file.",
        )
    return Region(tuple(_shape_from_json(entry, i) for i, entry in enumerate(document, 1)))


def _shape_to_json(shape: Shape) -> dict[str, Any]:
    if isinstance(shape, Track):
        return {"track": [to_plain(box) for box in shape.boxes]}
    plain: dict[str, Any] = to_plain(shape)
    if isinstance(shape, Stroke):
        plain["points"] = [list(point) for point in shape.points]
    return plain


def _shape_from_json(entry: object, number: int) -> Shape:
    keys = entry if isinstance(entry, dict) else {}
    try:
        if set(keys) == {"track"}:
            boxes = convert(keys["track"], list[dict[str, Any]], "track")
            return Track(tuple(convert(box, Box, "track", closed=True) for box in boxes))
        if "points" in keys:
            return convert(entry, Stroke, closed=True)
        return convert(entry, Box, closed=True)
    except SchemaError as error:
        raise _shape_error(number, f"{error}.") from error
    except EngineError as error:
        raise _shape_error(number, str(error)) from error


def _shape_error(number: int, reason: str) -> EngineError:
    return EngineError(
        f"Shape {number} of the painted region cannot be read: {reason}",
        "Mend or remove it in the file.",
    )


def _check_frames(first: int, stop: int) -> None:
    whole = type(first) is int and type(stop) is int  # a bool is an int to isinstance
    if not (whole and 0 <= first < stop <= MOST_FRAMES):
        raise EngineError(
            f"A shape cannot lie on the frames {first} to {stop}.",
            "Its first frame is 0 or later, and its last is not before that.",
        )


def _check_places(places: Iterable[float]) -> None:
    low, high = _REACH
    for place in places:
        number = type(place) in (int, float)
        if not (number and math.isfinite(place) and low <= place <= high):
            raise EngineError(
                f"{place!r} is not a place in a picture.", "Places are fractions, from 0 to 1."
            )


def _between(before: Box, after: Box, frame: int) -> Box:
    part = (frame - before.stop + 1) / (after.first - before.stop + 1)
    sides = (
        getattr(before, side) * (1 - part) + getattr(after, side) * part
        for side in ("left", "top", "right", "bottom")
    )
    return Box(frame, frame + 1, *sides)

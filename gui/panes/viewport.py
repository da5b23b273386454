"""Zoom and pan of the panes. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.render.panes import WHOLE
from engine.types import Rect, UInt8Array

MOST_ZOOM = 16.0


@dataclass(frozen=True, slots=True)
class Viewport:
    """The part of the picture that all panes show.

    Attributes
    ----------
    left, top : float
        Its corner, in fractions of the picture.
    zoom : float
        1 for all of it, up to `MOST_ZOOM`.
    """

    left: float = 0.0
    top: float = 0.0
    zoom: float = 1.0

    @property
    def visible(self) -> Rect:
        """The part shown, in fractions of the picture."""
        side = 1 / self.zoom
        return Rect(self.left, self.top, self.left + side, self.top + side)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Convert a place in the visible part to one in the whole picture, both in fractions."""
        return self.left + x / self.zoom, self.top + y / self.zoom


def zoomed(view: Viewport, factor: float, x: float, y: float) -> Viewport:
    """Zoom a view about a fixed place, in fractions of the visible part."""
    zoom = min(max(view.zoom * factor, 1.0), MOST_ZOOM)
    fixed_x, fixed_y = view.at(x, y)
    return _inside(fixed_x - x / zoom, fixed_y - y / zoom, zoom)


def panned(view: Viewport, across: float, down: float) -> Viewport:
    """Move a view by fractions of the visible part, as far as the picture goes."""
    return _inside(view.left + across / view.zoom, view.top + down / view.zoom, view.zoom)


def cropped(picture: UInt8Array, visible: Rect, size: tuple[int, int]) -> UInt8Array:
    """Cut the visible part out of a picture, uint8 (H, W, 3), and resize it to (width, height)."""
    if visible == WHOLE and (picture.shape[1], picture.shape[0]) == size:
        return picture
    rows = _span(visible.top, visible.bottom, picture.shape[0])
    columns = _span(visible.left, visible.right, picture.shape[1])
    part = np.ascontiguousarray(picture[rows, columns])
    method = cv2.INTER_LINEAR if part.shape[1] >= size[0] else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(part, size, interpolation=method), np.uint8)


def best_columns(count: int, room: tuple[int, int], aspect: float, extra: tuple[int, int]) -> int:
    """Return the number of columns with the largest pictures.

    Parameters
    ----------
    count : int
        How many panes.
    room : (int, int)
        Width and height for all of them, in pixels.
    aspect : float
        Width over height of the picture.
    extra : (int, int)
        Width and height that each pane needs beside its picture, in pixels.
    """

    def width(columns: int) -> float:
        rows = count // columns
        across = room[0] / columns - extra[0]
        return min(across, (room[1] / rows - extra[1]) * aspect)

    return max((c for c in range(1, count + 1) if count % c == 0), key=width)


def _inside(left: float, top: float, zoom: float) -> Viewport:
    most = 1 - 1 / zoom
    return Viewport(min(max(left, 0.0), most), min(max(top, 0.0), most), zoom)


def _span(low: float, high: float, length: int) -> slice:
    first = min(int(low * length), length - 1)
    return slice(first, max(round(high * length), first + 1))

"""Painting a region over the panes: what the mouse draws, as steps that can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import cv2
import numpy as np
from PySide6.QtCore import QObject, QRect, QRectF, QSizeF, Qt, Signal, Slot
from PySide6.QtGui import QColor, QImage, QPainter, QUndoCommand, QUndoStack

from engine.annotations.region_masks import mask
from engine.annotations.regions import MOST_POINTS, Box, Region, Shape, Stroke, Track
from engine.types import MOST_FRAMES, BoolArray
from gui.panes.viewport import Viewport
from gui.theme import theme

Tool = Literal["off", "box", "follow", "brush", "eraser"]
TOOLS: tuple[Tool, ...] = get_args(Tool)
"""What the mouse draws: nothing, a box, the box of this frame that follows something, strokes."""
Frames = Literal["all", "range", "frame"]
FRAMES: tuple[Frames, ...] = get_args(Frames)
"""On which frames it is painted: all, those of the chosen range, the one at the playhead."""

_LEAST_SIDE = 0.004  # a smaller box is a click
_MOST_OVERLAY_PX = 1024
_EDGE_PX = 2
_TINT_ALPHA = 70
_LIGHT_EDGE, _DARK_EDGE = QColor(255, 255, 255), QColor(0, 0, 0, 160)  # whatever the theme


class PaintLayer(QObject):
    """The painted region, drawn over the pictures of the panes.

    Parameters
    ----------
    stack : QUndoStack
        Every edit goes there.
    view : callable
        The part of the picture that the panes show, asked for when painting.

    Signals
    -------
    region_changed(region) : Region
    repaint_wanted()
        Something to be seen has changed: the region, what is being drawn, or the frame.
    """

    region_changed = Signal(object)
    repaint_wanted = Signal()

    def __init__(
        self,
        stack: QUndoStack,
        view: Callable[[], Viewport] = Viewport,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._stack, self._view = stack, view
        self._region = Region()
        self._frame = 0
        self._range: tuple[int, int] | None = None
        self._frames: Frames = "all"
        self._radius = 0.04
        self._points: list[tuple[float, float]] = []
        self._version = 0  # of what is to be seen
        self._overlay_key: tuple[int, tuple[int, int], object] = (-1, (0, 0), None)
        self._where = np.zeros((0, 0), np.bool_)
        self._overlay: QImage | None = None
        self.tool: Tool = "off"

    @property
    def region(self) -> Region:
        """The painted region."""
        return self._region

    def show_region(self, region: Region) -> None:
        """Set the region of a session or video, without an undo step."""
        if region != self._region:
            self._region = region
            self.region_changed.emit(region)
            self._touch()

    def show_range(self, chosen: tuple[int, int] | None) -> None:
        """Take over the range that is chosen: its first frame, and the one after its last."""
        self._range = chosen

    def show_frame(self, frame: int) -> None:
        """Paint on this frame from now on: the one whose picture is shown."""
        if frame != self._frame:
            self._points.clear()  # what was begun belongs to another frame
            self._frame = frame
            self._touch()

    @Slot(str)
    def set_tool(self, tool: Tool) -> None:
        """Draw with another tool, or with none."""
        self.tool = tool
        self._points.clear()
        self._touch()

    @Slot(float)
    def set_radius(self, radius: float) -> None:
        """Give the brush a radius, in fractions of the picture's width."""
        self._radius = radius

    @Slot(str)
    def set_frames(self, frames: Frames) -> None:
        """Paint on other frames from now on, see `FRAMES`."""
        self._frames = frames

    @Slot()
    def clear(self) -> None:
        """Remove all that is painted."""
        self._points.clear()
        self._push("Clear the region", ())

    @Slot(object)
    def add_box(self, sides: tuple[float, float, float, float]) -> None:
        """Add a box by its left, top, right and bottom, in fractions of the picture."""
        self._push("Draw a box", (*self._region.shapes, Box(*self._span(), *sides)))

    @Slot(float, float)
    def press(self, x: float, y: float) -> None:
        """Begin to draw at a place, in fractions of the whole picture."""
        if self.tool != "off":
            self._points = [_inside(x, y)]
            self._touch()

    @Slot(float, float)
    def move(self, x: float, y: float) -> None:
        """Go on to a place."""
        point = _inside(x, y)
        if self._points and point != self._points[-1] and len(self._points) < MOST_POINTS:
            self._points.append(point)
            self._touch()

    @Slot()
    def release(self) -> None:
        """End the shape. A click with a box tool draws nothing."""
        shapes = self._with_drawn()
        self._points.clear()
        self._push(self._step_name(), shapes)
        self._touch()

    def paint(self, painter: QPainter, picture: QRect) -> None:
        """Paint over a picture: the region tinted, and outlined so that it shows on anything."""
        whole = self._whole(picture)
        overlay = self._overlay_of(_limited(whole.size()))
        if overlay is None:
            return
        painter.save()
        painter.setClipRect(picture, Qt.ClipOperation.IntersectClip)
        painter.drawImage(whole, overlay)
        painter.restore()

    def _touch(self) -> None:
        self._version += 1
        self.repaint_wanted.emit()

    def _whole(self, picture: QRect) -> QRectF:
        """Return the rectangle of the whole picture, of which the pane shows a part."""
        view = self._view()
        width, height = picture.width() * view.zoom, picture.height() * view.zoom
        left, top = picture.left() - view.left * width, picture.top() - view.top * height
        return QRectF(left, top, width, height)

    def _overlay_of(self, size: tuple[int, int]) -> QImage | None:
        """Return the region on the frame as an overlay, shared by all panes."""
        key = self._version, size, theme.colours()
        if key != self._overlay_key:
            where = mask(Region(self._with_drawn()), self._frame, size)
            if key[2] != self._overlay_key[2] or not np.array_equal(where, self._where):
                self._overlay, self._where = _overlay(where), where
            self._overlay_key = key
        return self._overlay

    def _span(self) -> tuple[int, int]:
        if self._frames == "frame":
            return self._frame, self._frame + 1
        if self._frames == "range" and self._range is not None:
            return self._range
        return 0, MOST_FRAMES

    def _with_drawn(self) -> tuple[Shape, ...]:
        shapes = self._region.shapes
        if not self._points:
            return shapes
        if self.tool in ("brush", "eraser"):
            points, erases = tuple(self._points), self.tool == "eraser"
            return (*shapes, Stroke(*self._span(), points, self._radius, erases))
        box = self._drawn_box()
        if box is None:
            return shapes
        return (*shapes, box) if self.tool == "box" else _followed(shapes, box)

    def _drawn_box(self) -> Box | None:
        (x0, y0), (x1, y1) = self._points[0], self._points[-1]
        if min(abs(x1 - x0), abs(y1 - y0)) < _LEAST_SIDE:
            return None
        span = self._span() if self.tool == "box" else (self._frame, self._frame + 1)
        return Box(*span, min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))

    def _step_name(self) -> str:
        names = {
            "box": "Draw a box",
            "follow": "Place the box that follows",
            "brush": "Paint",
            "eraser": "Erase",
        }
        return names.get(self.tool, "")

    def _push(self, text: str, shapes: tuple[Shape, ...]) -> None:
        if shapes != self._region.shapes:
            self._stack.push(_Edit(self, text, Region(shapes)))


class _Edit(QUndoCommand):
    """From one region to another: both are kept whole, since they share their shapes."""

    def __init__(self, layer: PaintLayer, text: str, after: Region) -> None:
        super().__init__(text)
        self._layer = layer
        self._before, self._after = layer.region, after

    def redo(self) -> None:
        """Make the change."""
        self._layer.show_region(self._after)

    def undo(self) -> None:
        """Take it back."""
        self._layer.show_region(self._before)


def _followed(shapes: tuple[Shape, ...], box: Box) -> tuple[Shape, ...]:
    """Return the shapes with a box added to the newest track, or to a new one."""
    places = [i for i, shape in enumerate(shapes) if isinstance(shape, Track)]
    if not places:
        return (*shapes, Track((box,)))
    track = shapes[places[-1]]
    assert isinstance(track, Track)
    others = [each for each in track.boxes if each.first != box.first]
    joined = Track(tuple(sorted((*others, box), key=lambda each: each.first)))
    return (*shapes[: places[-1]], joined, *shapes[places[-1] + 1 :])


def _inside(x: float, y: float) -> tuple[float, float]:
    return float(min(max(x, 0.0), 1.0)), float(min(max(y, 0.0), 1.0))


def _limited(size: QSizeF) -> tuple[int, int]:
    """Width and height of the overlay: a picture that is zoomed in far need not be drawn whole."""
    factor = min(1.0, _MOST_OVERLAY_PX / max(size.width(), size.height(), 1))
    return max(round(size.width() * factor), 1), max(round(size.height() * factor), 1)


def _overlay(where: BoolArray) -> QImage | None:
    """Return a tint with a light edge inside a dark one, or None if empty."""
    if not where.any():
        return None
    inner, square = where.astype(np.uint8), np.ones((3, 3), np.uint8)
    outer = cv2.dilate(inner, square, iterations=_EDGE_PX)
    core = cv2.erode(inner, square, iterations=_EDGE_PX, borderValue=1)
    tint = QColor(theme.colours().score)
    tint.setAlpha(_TINT_ALPHA)
    colours = 0, _pixel(_DARK_EDGE), _pixel(_LIGHT_EDGE), _pixel(tint)
    pixels = np.array(colours, np.uint32)[outer + inner + core]
    height, width = where.shape
    kind = QImage.Format.Format_ARGB32_Premultiplied
    return QImage(pixels.tobytes(), width, height, 4 * width, kind).copy()


def _pixel(colour: QColor) -> int:
    """Return a colour as Qt stores it: 0xAARRGGBB, premultiplied by alpha."""
    alpha = colour.alpha()
    parts = (part * alpha // 255 for part in (colour.red(), colour.green(), colour.blue()))
    red, green, blue = parts
    return alpha << 24 | red << 16 | green << 8 | blue

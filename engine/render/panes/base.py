"""A pane kind: its texts, and how it draws a frame. No torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from engine.render.heat_colours import Ground, HeatLook
from engine.render.heat_overlay import heat_ground
from engine.types import Float32Array, Rect, UInt8Array

if TYPE_CHECKING:
    from engine.selective import FrameMaps

WHOLE = Rect(0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class PaneKind:
    """One kind of pane, the same in the window and in exported clips.

    Attributes
    ----------
    name : str
        Its name in session files and settings.
    title, placeholder : str
        The text above the picture, and the one in its place while there is none.
    draw : callable
        (kind, frame) -> RenderedPane.
    analyses : str
        The analysis that it shows: the first, the pinned one of a comparison, or both. Clips
        have the first alone.
    map_name : str
        The map that the pointer reads: "relevance", "motion" or "static".
    needs : frozenset of str
        The parts of `PaneFrame` to be made for it: "flow", "model_view".
    has_scale : bool
        Whether relevance gives the colour: it has a colour bar then, and may have its own range.
    own_scale : float or None
        Value that gets the full colour; None takes the scale of the analysis.
    fits_frame : bool
        Whether the picture covers the frame pixel by pixel. Any other picture is enlarged to the
        pane, and nothing is drawn on it or read from it.
    legend : callable or None
        Side in pixels -> legend in place of a colour bar, uint8 RGB (side, side, 3).
    """

    name: str
    title: str
    placeholder: str
    draw: Callable[[PaneKind, PaneFrame], RenderedPane]
    analyses: Literal["first", "pinned", "both"] = "first"
    map_name: str = "relevance"
    needs: frozenset[str] = frozenset()
    has_scale: bool = False
    own_scale: float | None = None
    fits_frame: bool = True
    legend: Callable[[int], UInt8Array] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class RenderedPane:
    """A drawn pane: a picture or a message.

    Attributes
    ----------
    picture : uint8 array, (H, W, 3), or None
    text : str
        Mark beside the title, or the message where there is no picture.
    scale : float
        Of the colour bar; 0 for none.
    look : HeatLook or None
        Of the colour bar, where it is not the user's.
    """

    picture: UInt8Array | None
    text: str = ""
    scale: float = 0.0
    look: HeatLook | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FrameHeat:
    """The maps of one frame.

    Attributes
    ----------
    maps : FrameMaps or None
        None where the frame is not explained; ``reason`` says why.
    reason : str
    marks : tuple of str
        Remarks on the maps, for the title.
    seen : Rect
        The part of the frame that the maps cover.
    clip_scale : float
        Absolute relevance that gets the full colour throughout the clip.
    """

    maps: FrameMaps | None
    reason: str = ""
    marks: tuple[str, ...] = ()
    seen: Rect = WHOLE
    clip_scale: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class PaneFrame:
    """One frame of the video, with all that pane kinds draw from.

    Attributes
    ----------
    canvas : Canvas
        The visible part of the frame, as large as the pane.
    visible : Rect
        That part, in fractions of the whole frame.
    look : HeatLook
        How relevance is coloured.
    heat : callable
        Maps of the first analysis (False) or the pinned one (True); None without that analysis.
    scale : callable
        Kind -> absolute relevance that gets the full colour.
    flow : float32 array, (h, w, 2), or None
        Motion of the whole frame, in its own pixels per frame.
    model_view : uint8 array, (h, w, 3), or None
        The input of the model, in RGB.
    sampled : bool
        Whether the model was given this frame.
    """

    canvas: Canvas
    visible: Rect
    look: HeatLook
    heat: Callable[[bool], FrameHeat | None]
    scale: Callable[[PaneKind], float]
    flow: Float32Array | None = None
    model_view: UInt8Array | None = None
    sampled: bool = True


class Canvas:
    """A picture, uint8 RGB (H, W, 3), and the ground of its heat, made once for all panes."""

    def __init__(self, picture: UInt8Array) -> None:
        self.picture = picture
        self._grounds: dict[tuple[Rect, Ground], UInt8Array] = {}

    def ground(self, seen: Rect, kind: Ground) -> UInt8Array:
        """Return the `heat_ground` of the picture."""
        key = seen, kind
        if key not in self._grounds:
            self._grounds[key] = heat_ground(self.picture, seen, kind)
        return self._grounds[key]


def within(part: Rect, visible: Rect) -> Rect:
    """Convert a part of the frame to fractions of its visible part, also outside 0 to 1."""
    width, height = visible.right - visible.left, visible.bottom - visible.top
    return Rect(
        (part.left - visible.left) / width,
        (part.top - visible.top) / height,
        (part.right - visible.left) / width,
        (part.bottom - visible.top) / height,
    )


def enlarged(picture: UInt8Array, room: tuple[int, int]) -> UInt8Array:
    """Enlarge a small picture to fit (width, height), with its pixels left visible."""
    factor = min(room[0] / picture.shape[1], room[1] / picture.shape[0])
    size = max(round(picture.shape[1] * factor), 1), max(round(picture.shape[0] * factor), 1)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST), np.uint8)

"""Draws what each kind of pane shows of a frame: decides, but knows no widget."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from engine import render
from engine.render.model_view import FLOW_FULL_SHARE, flow_picture
from engine.types import Float32Array, Rect, UInt8Array
from gui.panes.map_source import FrameHeat, MapSource
from gui.panes.viewport import WHOLE, Viewport, cropped, within
from gui.state.video_info import FrameSet
from gui.state.view_state import PaneKind, ViewState

TITLES: dict[PaneKind, str] = {
    "video": "Video",
    "relevance": "Relevance",
    "motion": "Motion",
    "static": "Static",
    "flow": "Optical flow",
    "model": "Model's view",
    "other relevance": "Relevance of the other",
    "other motion": "Motion of the other",
    "other static": "Static of the other",
    "difference": "Difference",
}
PLACEHOLDERS: dict[PaneKind, str] = {
    "video": "",
    "relevance": "What the model looked at",
    "motion": "The part that is due to movement",
    "static": "The part that stays in place",
    "flow": "How the picture moves to the next frame",
    "model": "Choose a model and explain, to see the frame as the model is given it",
    "other relevance": "Keep an analysis for comparison: Compare menu",
    "other motion": "Keep an analysis for comparison: Compare menu",
    "other static": "Keep an analysis for comparison: Compare menu",
    "difference": "Relevance of this analysis less that of the other, each by its own scale",
}


@dataclass(frozen=True, slots=True, eq=False)
class RenderedPane:
    """What a pane is to show: a picture or a message.

    Attributes
    ----------
    picture : uint8 array, (H, W, 3), or None
    text : str
        Mark beside the title, or the message where there is no picture.
    scale : float
        Of the colour bar; 0 for none.
    is_flow : bool
        Whether the legend of directions belongs beside it.
    """

    picture: UInt8Array | None
    text: str = ""
    scale: float = 0.0
    is_flow: bool = False


class PaneRenderer:
    """Draws the panes of one frame in lock-step.

    Attributes
    ----------
    source, other : MapSource or None
        The analysis, and the one it is compared with.
    ranges : dict
        Fixed scale of its own of a kind of pane.
    one_scale : bool
        Whether both analyses are coloured by the larger of their scales.
    names : (str, str)
        What tells the analysis and the other apart; empty without a comparison.
    """

    def __init__(self) -> None:
        self.source: MapSource | None = None
        self.other: MapSource | None = None
        self.ranges: dict[PaneKind, float] = {}
        self.one_scale = False
        self.names = "", ""
        self._ground = _Ground()

    def draw(
        self,
        kind: PaneKind,
        shown: FrameSet,
        size: tuple[int, int],
        view: Viewport,
        state: ViewState,
    ) -> RenderedPane:
        """Draw one pane (width, height) pixels large."""
        if kind == "model":
            return self._model(shown)
        self._ground.take(shown.picture, view.visible, size)
        if kind == "video":
            return RenderedPane(self._ground.picture)
        if kind == "flow":
            return self._flow(shown, view.visible)
        if kind == "difference":
            return self._difference(shown.frame, view.visible, state)
        return self._heat(kind, shown.frame, view.visible, state)

    def scale_of(self, kind: PaneKind, state: ViewState) -> float:
        """Absolute relevance that gets the full colour in a pane of this kind."""
        if kind in self.ranges:
            return self.ranges[kind]
        if kind == "difference":
            return 1.0
        if state.heat.scale is not None:
            return state.heat.scale
        sources = (self.source, self.other) if self.one_scale else (self._source_of(kind),)
        return max((s.analysis.scale for s in sources if s is not None), default=0.0)

    def heat_of(self, kind: PaneKind, frame: int, state: ViewState) -> FrameHeat | None:
        """Maps behind a pane of this kind; None without an analysis."""
        source = self._source_of(kind)
        return None if source is None else source.at(frame, state)

    def _source_of(self, kind: PaneKind) -> MapSource | None:
        return self.other if kind.startswith("other ") else self.source

    def _heat(self, kind: PaneKind, frame: int, visible: Rect, state: ViewState) -> RenderedPane:
        source = self._source_of(kind)
        heat = self.heat_of(kind, frame, state)
        if source is None or heat is None or heat.maps is None:
            return RenderedPane(None, heat.reason if heat else PLACEHOLDERS[kind])
        seen, scale = source.analysis.header.seen, self.scale_of(kind, state)
        values = getattr(heat.maps, kind.removeprefix("other "))
        part = within(seen, visible)
        below = self._ground.for_heat(part)
        picture = render.overlay_on(below, values, part, scale, state.heat)
        name = self.names[source is self.other]
        marks = (*([name] if name else []), *heat.marks, *_unseen(seen))
        return RenderedPane(picture, ", ".join(marks), scale)

    def _difference(self, frame: int, visible: Rect, state: ViewState) -> RenderedPane:
        ground = self._ground.picture
        if self.source is None or self.other is None:
            return RenderedPane(None, PLACEHOLDERS["difference" if self.source else "other motion"])
        sides = [(source, source.at(frame, state)) for source in (self.source, self.other)]
        size = ground.shape[1], ground.shape[0]
        parts = []
        for source, heat in sides:
            if heat.maps is None:
                return RenderedPane(None, heat.reason)
            scale = source.analysis.scale or 1.0
            seen = within(source.analysis.header.seen, visible)
            parts.append(_spread(heat.maps.relevance, seen, size) / np.float32(scale))
        scale = self.scale_of("difference", state)
        look = replace(state.heat, polarity="both")
        picture = render.overlay(ground, parts[0] - parts[1], WHOLE, scale, look)
        return RenderedPane(picture, "in shares of each scale", scale)

    def _flow(self, shown: FrameSet, visible: Rect) -> RenderedPane:
        if shown.flow is None:
            return RenderedPane(None, PLACEHOLDERS["flow"])
        height, width = shown.flow.shape[:2]
        full_px = FLOW_FULL_SHARE * max(width, height)
        part = shown.flow[
            int(visible.top * height) : max(round(visible.bottom * height), 1),
            int(visible.left * width) : max(round(visible.right * width), 1),
        ]
        text = f"full colour: {FLOW_FULL_SHARE:.0%} of the picture a frame"
        return RenderedPane(flow_picture(self._ground.picture, part, full_px), text, is_flow=True)

    def _model(self, shown: FrameSet) -> RenderedPane:
        if shown.model_view is None or self.source is None:
            return RenderedPane(None, PLACEHOLDERS["model"])
        header = self.source.analysis.header
        index = shown.frame - header.start
        inside = 0 <= index < header.stop - header.start
        given = inside and bool(self.source.analysis.sampled[index])
        height, width = shown.model_view.shape[:2]
        text = f"{width}x{height}" + ("" if given else ", this frame is not given to the model")
        return RenderedPane(shown.model_view, text)


class _Ground:
    """The visible part of a frame, and what heat is laid on, made once for all panes."""

    def __init__(self) -> None:
        self.picture: UInt8Array = np.zeros((1, 1, 3), np.uint8)
        self._whole = self.picture
        self._part: tuple[Rect, tuple[int, int]] = WHOLE, (0, 0)
        self._for_heat: dict[Rect, UInt8Array] = {}

    def take(self, whole: UInt8Array, visible: Rect, size: tuple[int, int]) -> None:
        """Be of a part of a frame, (width, height) pixels large."""
        if whole is not self._whole or (visible, size) != self._part:
            self._whole, self._part = whole, (visible, size)
            self.picture = cropped(whole, visible, size)
            self._for_heat.clear()

    def for_heat(self, seen: Rect) -> UInt8Array:
        """`render.heat_ground` of the part."""
        if seen not in self._for_heat:
            self._for_heat[seen] = render.heat_ground(self.picture, seen)
        return self._for_heat[seen]


def _unseen(seen: Rect) -> tuple[str, ...]:
    return () if seen == WHOLE else ("hatched: not seen by the model",)


def _spread(heat: Float32Array, seen: Rect, size: tuple[int, int]) -> Float32Array:
    """Relevance on every pixel of a picture (width, height); zero where it was not seen."""
    spread = np.zeros((size[1], size[0]), np.float32)
    top, bottom, left, right = render.pixel_box(seen, size)
    if bottom > top and right > left:
        spread[top:bottom, left:right] = render.heat_on(heat, seen, size)
    return spread


def enlarged(picture: UInt8Array, room: tuple[int, int]) -> UInt8Array:
    """A small picture as large as fits (width, height), its pixels left visible."""
    factor = min(room[0] / picture.shape[1], room[1] / picture.shape[0])
    size = max(round(picture.shape[1] * factor), 1), max(round(picture.shape[0] * factor), 1)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_NEAREST), np.uint8)

"""Draws the panes of one frame from its analyses, without any widget."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.render.panes import PANES, WHOLE, Canvas, FrameHeat, PaneFrame, RenderedPane
from engine.store import Analysis
from engine.types import Rect, UInt8Array, separation_text
from gui.panes.map_source import MapSource
from gui.panes.viewport import Viewport, cropped
from gui.state.video_info import FrameSet
from gui.state.view_state import ViewState

_SEPARATED = "motion", "static"


class PaneRenderer:
    """Draws panes in lock-step.

    Attributes
    ----------
    source, other : MapSource or None
        The analysis, and the one it is compared with.
    ranges : dict
        Fixed scales of single kinds of panes, by name.
    one_scale : bool
        Whether both analyses are coloured by the larger of their scales.
    names : (str, str)
        Labels that tell the two analyses apart; empty without a comparison.
    subjects : (str, str)
        What each of the two analyses is of.
    """

    def __init__(self) -> None:
        self.source: MapSource | None = None
        self.other: MapSource | None = None
        self.ranges: dict[str, float] = {}
        self.one_scale = False
        self.names = "", ""
        self.subjects = "", ""
        self._whole: UInt8Array | None = None
        self._part: tuple[Rect, tuple[int, int]] = WHOLE, (0, 0)
        self._canvas = Canvas(np.zeros((1, 1, 3), np.uint8))

    def draw(
        self, name: str, shown: FrameSet, size: tuple[int, int], view: Viewport, state: ViewState
    ) -> RenderedPane:
        """Draw a pane of the kind of this name, (width, height) pixels large."""
        kind = PANES[name]
        return kind.draw(
            kind,
            PaneFrame(
                canvas=self._canvas_of(shown.picture, view.visible, size),
                visible=view.visible,
                look=state.heat,
                heat=lambda pinned: self._heat(pinned, shown.frame, state, kind.map_name),
                scale=lambda kind: self.scale_of(kind.name, state),
                flow=shown.flow,
                model_view=None if self.source is None else shown.model_view,
                sampled=self._is_sampled(shown.frame),
            ),
        )

    def scale_of(self, name: str, state: ViewState) -> float:
        """Return the absolute relevance that gets the full colour in a pane of this kind."""
        if name in self.ranges:
            return self.ranges[name]
        kind = PANES[name]
        if kind.own_scale is not None:
            return kind.own_scale
        if state.heat.scale is not None:
            return state.heat.scale
        source = self.other if kind.analyses == "pinned" else self.source
        sources = (self.source, self.other) if self.one_scale else (source,)
        return max((_full_colour(s.analysis, state) for s in sources if s is not None), default=0.0)

    def scale_text(self, name: str, state: ViewState) -> str:
        """Return what gets the full colour in a pane of this kind, "" for the usual scale."""
        own = name in self.ranges or PANES[name].own_scale is not None
        return "" if own else state.heat.scale_text

    def heat_of(self, name: str, frame: int, state: ViewState) -> FrameHeat | None:
        """Return the maps behind a pane of this kind, or None without an analysis."""
        return self._heat(PANES[name].analyses == "pinned", frame, state)

    def _heat(
        self, pinned: bool, frame: int, state: ViewState, map_name: str = ""
    ) -> FrameHeat | None:
        source = self.other if pinned else self.source
        if source is None:
            return None
        heat, analysis = source.at(frame, state), source.analysis
        separation = separation_text(analysis.shown_preset(state.preset), state.sigma)
        of = *self._of(pinned), separation if map_name in _SEPARATED else ""
        marks = *filter(None, of), *heat.marks
        seen = analysis.header.seen
        full = _full_colour(analysis, state)
        return replace(heat, marks=marks, seen=seen, clip_scale=full)

    def _of(self, pinned: bool) -> tuple[str, str]:
        """Return what an analysis is of, after its label where that is not in it."""
        label, subject = self.names[pinned], self.subjects[pinned]
        return "" if label in subject else label, subject

    def _is_sampled(self, frame: int) -> bool:
        if self.source is None:
            return False
        header = self.source.analysis.header
        inside = header.start <= frame < header.stop
        return inside and bool(self.source.analysis.sampled[frame - header.start])

    def _canvas_of(self, whole: UInt8Array, visible: Rect, size: tuple[int, int]) -> Canvas:
        """Return the canvas of the visible part, new for another frame, part or size."""
        if whole is not self._whole or (visible, size) != self._part:
            self._whole, self._part = whole, (visible, size)
            self._canvas = Canvas(cropped(whole, visible, size))
        return self._canvas


def _full_colour(analysis: Analysis, state: ViewState) -> float:
    return analysis.full_colour(analysis.shown_preset(state.preset), state.heat.percentile)

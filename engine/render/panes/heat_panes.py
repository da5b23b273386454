"""Panes of relevance: the maps of one analysis, and the difference of two."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.render.heat_overlay import heat_on, overlay_on, pixel_box
from engine.render.panes.base import WHOLE, FrameHeat, PaneFrame, PaneKind, RenderedPane, within
from engine.types import Float32Array

_NO_PINNED = "Pin an analysis for comparison: Compare menu"


def _draw_map(kind: PaneKind, frame: PaneFrame) -> RenderedPane:
    heat = frame.heat(kind.analyses == "pinned")
    if heat is None or heat.maps is None:
        return RenderedPane(None, heat.reason if heat else kind.placeholder)
    part, scale = within(heat.seen, frame.visible), frame.scale(kind)
    values = getattr(heat.maps, kind.map_name)
    picture = overlay_on(
        frame.canvas.ground(part, frame.look.ground), values, part, scale, frame.look
    )
    unseen = () if heat.seen == WHOLE else ("hatched: not seen by the model",)
    return RenderedPane(picture, ", ".join((*heat.marks, *unseen)), scale)


def _draw_difference(kind: PaneKind, frame: PaneFrame) -> RenderedPane:
    first, pinned = frame.heat(False), frame.heat(True)
    if first is None or pinned is None:
        return RenderedPane(None, kind.placeholder if first else _NO_PINNED)
    for heat in (first, pinned):
        if heat.maps is None:
            return RenderedPane(None, heat.reason)
    scale, look = frame.scale(kind), replace(frame.look, polarity="both", percentile=None)
    values = _shares(first, frame) - _shares(pinned, frame)
    picture = overlay_on(frame.canvas.ground(WHOLE, look.ground), values, WHOLE, scale, look)
    return RenderedPane(picture, "in shares of each scale", scale, look)


def _shares(heat: FrameHeat, frame: PaneFrame) -> Float32Array:
    """Return relevance at every pixel in shares of the clip's scale, zero where it was not seen."""
    height, width = frame.canvas.picture.shape[:2]
    seen = within(heat.seen, frame.visible)
    shares = np.zeros((height, width), np.float32)
    top, bottom, left, right = pixel_box(seen, (width, height))
    if heat.maps is not None and bottom > top and right > left:
        shares[top:bottom, left:right] = heat_on(heat.maps.relevance, seen, (width, height))
    return shares / np.float32(heat.clip_scale or 1.0)


RELEVANCE, MOTION, STATIC = (
    PaneKind(name, name.capitalize(), placeholder, _draw_map, map_name=name, has_scale=True)
    for name, placeholder in (
        ("relevance", "What the model looked at"),
        ("motion", "The part that is due to movement"),
        ("static", "The part that stays in place"),
    )
)
PINNED_RELEVANCE, PINNED_MOTION, PINNED_STATIC = (
    replace(
        kind,
        name=f"other {kind.name}",  # as session files have it
        title=f"{kind.title} (pinned)",
        placeholder=_NO_PINNED,
        analyses="pinned",
    )
    for kind in (RELEVANCE, MOTION, STATIC)
)
DIFFERENCE = PaneKind(
    "difference",
    "Difference",
    "Relevance of this analysis less that of the pinned one, each by its own scale",
    _draw_difference,
    analyses="both",
    has_scale=True,
    own_scale=1.0,
)

"""`PANES`: the one list of pane kinds, for the window, its menus and exported clips."""

from collections.abc import Iterable

from engine.render.panes import heat_panes, video_panes
from engine.render.panes.base import (
    WHOLE,
    Canvas,
    FrameHeat,
    PaneFrame,
    PaneKind,
    RenderedPane,
    enlarged,
    within,
)

__all__ = [
    "PANES",
    "WHOLE",
    "Canvas",
    "FrameHeat",
    "PaneFrame",
    "PaneKind",
    "RenderedPane",
    "clip_panes",
    "enlarged",
    "needs_of",
    "within",
]

PANES: dict[str, PaneKind] = {
    kind.name: kind
    for kind in (
        video_panes.VIDEO,
        heat_panes.RELEVANCE,
        heat_panes.MOTION,
        heat_panes.STATIC,
        video_panes.FLOW,
        video_panes.MODEL_VIEW,
        heat_panes.PINNED_RELEVANCE,
        heat_panes.PINNED_MOTION,
        heat_panes.PINNED_STATIC,
        heat_panes.DIFFERENCE,
    )
}
"""Kinds by name, in the order of the menu."""


def clip_panes() -> tuple[str, ...]:
    """Return the names of the kinds that need no second analysis, as in exported clips."""
    return tuple(name for name, kind in PANES.items() if kind.analyses == "first")


def needs_of(names: Iterable[str]) -> frozenset[str]:
    """Return the parts of `PaneFrame` that kinds of these names need together."""
    return frozenset(need for name in names for need in PANES[name].needs)

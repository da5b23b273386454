"""`PANES`: the one list of pane kinds, for the window, its menus and exported clips."""

from collections.abc import Iterable

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
from engine.render.panes.heat_panes import (
    DIFFERENCE,
    MOTION,
    PINNED_MOTION,
    PINNED_RELEVANCE,
    PINNED_STATIC,
    RELEVANCE,
    STATIC,
)
from engine.render.panes.video_panes import FLOW, MODEL_VIEW, VIDEO

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
        VIDEO,
        RELEVANCE,
        MOTION,
        STATIC,
        FLOW,
        MODEL_VIEW,
        PINNED_RELEVANCE,
        PINNED_MOTION,
        PINNED_STATIC,
        DIFFERENCE,
    )
}
"""Kinds by name, in the order of the menu."""


def clip_panes() -> tuple[str, ...]:
    """Return the names of the kinds that need no second analysis, as in exported clips."""
    return tuple(name for name, kind in PANES.items() if kind.analyses == "first")


def needs_of(names: Iterable[str]) -> frozenset[str]:
    """Return the parts of `PaneFrame` that kinds of these names need together."""
    return frozenset(need for name in names for need in PANES[name].needs)

"""Content and layout of an annotated clip. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from engine.annotations.notes import Note
from engine.errors import ExportError
from engine.render import DEFAULT_LOOK, HeatLook
from engine.types import Preset

USUAL_PANES = ("video", "relevance", "motion", "static")
Layout = Literal["row", "column", "grid"]
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
LEAST_PANE_PX, MOST_PANE_PX = 64, 1080


@dataclass(frozen=True, slots=True)
class ClipSettings:
    """Settings of an annotated clip.

    Attributes
    ----------
    preset, sigma
        How relevance is separated.
    panes : tuple of str
        One to six of `engine.render.panes.clip_panes`, each once, in the order of reading.
    heat : HeatLook
        How relevance is coloured.
    layout : str
        One of `LAYOUTS`; a grid has two columns, three from five panes on.
    pane_height_px : int or None
        Height of the picture in each pane, `LEAST_PANE_PX` to `MOST_PANE_PX`; None takes that of
        the video, within 240 to 360.
    numbers : bool
        Whether there is a line with frame, time, class score and changing share.
    timeline : bool
        Whether the curves are drawn below the panes.
    captions : tuple of Note
        Texts that are shown on their frames.

    Raises
    ------
    ExportError
        If there is no pane, one twice, or a height out of range.
    """

    preset: Preset
    sigma: float
    panes: tuple[str, ...] = USUAL_PANES
    heat: HeatLook = DEFAULT_LOOK
    layout: Layout = "row"
    pane_height_px: int | None = None
    numbers: bool = True
    timeline: bool = True
    captions: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        if not self.panes or len(set(self.panes)) < len(self.panes):
            raise ExportError(
                "A clip has one pane or more, and none of them twice.", "Choose other panes."
            )
        height = self.pane_height_px
        if height is not None and not LEAST_PANE_PX <= height <= MOST_PANE_PX:
            raise ExportError(
                f"A pane cannot be {height} pixels high.",
                f"Choose {LEAST_PANE_PX} to {MOST_PANE_PX}.",
            )

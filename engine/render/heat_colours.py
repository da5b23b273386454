"""Colours of relevance: colour maps, polarity, the colour bar, and colours over a frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

import cv2
import numpy as np
from msgspec import Meta

from engine.render.colour_maps import COLOURS, colours_of, is_colour_map
from engine.types import UInt8Array

DEFAULT_OPACITY = 0.85
DEFAULT_GAMMA = 0.9
DEFAULT_COLOURS = "fire and ice"
Polarity = Literal["both", "positive", "negative"]
POLARITIES: tuple[Polarity, ...] = ("both", "positive", "negative")
Ground = Literal["grey", "colour"]
GROUNDS: tuple[Ground, ...] = ("grey", "colour")
PERCENTILES = (100.0, 99.9, 99.0, 98.0, 95.0, 90.0)
"""What is offered beside the usual scale."""
ZERO = 128
"""Index of no relevance."""


@dataclass(frozen=True, slots=True)
class HeatLook:
    """Colours of relevance.

    Attributes
    ----------
    colours : str
        A name that `is_colour_map` knows.
    opacity : float
        Opacity of the full colour, 0 to 1.
    gamma : float
        Exponent of the cover, > 0: below 1 faint relevance shows more.
    polarity : str
        Which sign is shown, one of `POLARITIES`.
    scale : float or None
        Absolute relevance that gets the full colour; None takes one for the whole clip.
    ground : str
        The frame below, in dim grey or in its own colours; one of `GROUNDS`.
    percentile : float or None
        Percent of the clip's absolute relevance that lies at or below the full colour, 50 to
        100, where ``scale`` is None; None takes the usual scale of the clip.

    Raises
    ------
    ValueError
        If there are no such colours.
    """

    colours: str = DEFAULT_COLOURS
    opacity: Annotated[float, Meta(ge=0, le=1)] = DEFAULT_OPACITY
    gamma: Annotated[float, Meta(gt=0)] = DEFAULT_GAMMA
    polarity: Polarity = "both"
    scale: Annotated[float, Meta(gt=0)] | None = None
    ground: Ground = "grey"
    percentile: Annotated[float, Meta(ge=50, le=100)] | None = None

    def __post_init__(self) -> None:
        if not is_colour_map(self.colours):
            known = ", ".join(COLOURS)
            raise ValueError(f"colours must be {known}, or a map of cmap, as colorcet:cet_d1")

    @property
    def scale_text(self) -> str:
        """What gets the full colour, for legends: "99 %", or "" for the usual scale."""
        return "" if self.scale or not self.percentile else f"{self.percentile:g} %"


DEFAULT_LOOK = HeatLook()


def colour_bar(size: tuple[int, int], look: HeatLook = DEFAULT_LOOK) -> UInt8Array:
    """Draw a vertical colour bar over grey, +scale on top, uint8 (height, width, 3) RGB."""
    width, height = size
    index = np.linspace(255, 1, height).round().astype(np.uint8)
    grey = np.full((height, width, 3), 60, np.uint8)
    return blend(grey, np.repeat(index[:, None], width, axis=1), look)


def blend(frame: UInt8Array, index: UInt8Array, look: HeatLook) -> UInt8Array:
    """Lay the colours of an index, 128 for zero, over a picture, uint8 (H, W, 3) RGB."""
    opacity = round(float(np.clip(look.opacity, 0, 1)), 3)
    ink, keep = _tables(look.colours, opacity, round(look.gamma, 3), look.polarity)
    channels = cv2.merge([index, index, index])
    below = cv2.multiply(frame, cv2.LUT(channels, keep), scale=1 / 255)
    return np.asarray(cv2.add(below, cv2.LUT(channels, ink)), dtype=np.uint8)


@lru_cache(maxsize=64)
def _tables(
    colours: str, opacity: float, gamma: float, polarity: Polarity
) -> tuple[UInt8Array, UInt8Array]:
    """Return colour times cover, and the share kept of the frame, per index: uint8 (1, 256, 3)."""
    values = (np.arange(256) - ZERO) / 127.0
    shown = np.clip(values, -1.0 if polarity != "positive" else 0.0, 1.0)
    shown = np.minimum(shown, 0.0) if polarity == "negative" else shown
    cover = (np.abs(shown) ** gamma * opacity)[:, None]
    ink = colours_of(colours, values) * cover * 255
    keep = np.repeat((1 - cover) * 255, 3, axis=1)
    return ink.round().astype(np.uint8)[None], keep.round().astype(np.uint8)[None]

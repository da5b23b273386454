"""Colours of relevance: colour maps, polarity, the colour bar, and colours over a frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

import cv2
import numpy as np
from cmap import Colormap
from msgspec import Meta

from engine.types import Float64Array, UInt8Array
from engine.utils.schema import one_of

DEFAULT_OPACITY = 0.85
DEFAULT_GAMMA = 0.9
COLOURS = {
    "fire and ice": ("colorcet:cet_l3", "colorcet:cet_l6"),
    "red and blue": ("colorcet:cet_l13", "colorcet:cet_l15"),
    "inferno and viridis": ("bids:inferno", "bids:viridis"),
    "white and blue": ("colorcet:cet_l1", "colorcet:cet_l6"),
}
"""Colour maps for positive and negative relevance, by name; fire and ice stay apart for every
kind of colour vision."""
Polarity = Literal["both", "positive", "negative"]
POLARITIES: tuple[Polarity, ...] = ("both", "positive", "negative")
_COLOUR_SPAN = (0.45, 0.97)  # below, a colour is too dark to be seen on a dark frame
ZERO = 128
"""Index of no relevance."""


@dataclass(frozen=True, slots=True)
class HeatLook:
    """Colours of relevance.

    Attributes
    ----------
    colours : str
        A key of `COLOURS`.
    opacity : float
        Opacity of the full colour, 0 to 1.
    gamma : float
        Exponent of the cover, > 0: below 1 faint relevance shows more.
    polarity : str
        Which sign is shown, one of `POLARITIES`.
    scale : float or None
        Absolute relevance that gets the full colour; None takes one for the whole clip.
    """

    colours: Annotated[str, one_of(COLOURS)] = "fire and ice"
    opacity: Annotated[float, Meta(ge=0, le=1)] = DEFAULT_OPACITY
    gamma: Annotated[float, Meta(gt=0)] = DEFAULT_GAMMA
    polarity: Polarity = "both"
    scale: Annotated[float, Meta(gt=0)] | None = None


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
    ink = _colours(colours, values) * cover * 255
    keep = np.repeat((1 - cover) * 255, 3, axis=1)
    return ink.round().astype(np.uint8)[None], keep.round().astype(np.uint8)[None]


def _colours(name: str, values: Float64Array) -> Float64Array:
    low, high = _COLOUR_SPAN
    position = low + (high - low) * np.clip(np.abs(values), 0, 1)
    hot, cold = (Colormap(half)(position)[:, :3] for half in COLOURS[name])
    colours: Float64Array = np.where(values[:, None] > 0, hot, cold)
    return colours

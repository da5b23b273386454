"""Frame + relevance -> RGB picture: the one function behind panes and export.

Relevance is resized as values, then coloured, then laid over the frame: resizing colours would
mix hues that no value has. The frame below is greyed and dimmed, so that
colour belongs to relevance alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

import cv2
import numpy as np
from cmap import Colormap
from msgspec import Meta

from engine.types import Float32Array, Float64Array, Rect, UInt8Array
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
_FRAME_DIM = 0.6
_UNSEEN_DIM = 0.35
_HATCH_PX = 7
_HATCH_GREY = 92  # brighter than dimmed white, so that the lines are seen on anything
_ZERO = 128


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


def overlay(
    frame: UInt8Array, heat: Float32Array, seen: Rect, scale: float, look: HeatLook = DEFAULT_LOOK
) -> UInt8Array:
    """Lay relevance over a frame.

    Parameters
    ----------
    frame : uint8 array, (H, W, 3)
        RGB, at the size at which it will be shown.
    heat : float32 array, (h, w)
        Signed relevance of the region ``seen``, any size.
    seen : Rect
        The part of the frame that the model saw; the rest is dimmed and hatched.
    scale : float
        Absolute relevance that gets the full colour, > 0; larger values look the same.
        ``look.scale`` is not read here: who calls has chosen between it and the clip's.
    look : HeatLook
        Colours, opacity, gamma and polarity.

    Returns
    -------
    uint8 array, (H, W, 3)
        RGB.
    """
    return overlay_on(heat_ground(frame, seen), heat, seen, scale, look)


def heat_ground(frame: UInt8Array, seen: Rect) -> UInt8Array:
    """Make the ground of `overlay`: the frame in dim grey, hatched where it was not seen.

    Several maps of one frame share it.
    """
    grey = cv2.convertScaleAbs(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), alpha=_FRAME_DIM)
    picture = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    _mark_unseen(picture, pixel_box(seen, (frame.shape[1], frame.shape[0])))
    return picture


def overlay_on(
    ground: UInt8Array, heat: Float32Array, seen: Rect, scale: float, look: HeatLook = DEFAULT_LOOK
) -> UInt8Array:
    """Lay relevance over a ground from `heat_ground`, which stays as it is."""
    picture = ground.copy()
    size = ground.shape[1], ground.shape[0]
    top, bottom, left, right = pixel_box(seen, size)
    if bottom > top and right > left:
        index = _as_index(heat_on(heat, seen, size), scale)
        region = picture[top:bottom, left:right]
        region[...] = _blend(np.ascontiguousarray(region), index, look)
    return picture


def with_unseen(frame: UInt8Array, seen: Rect) -> UInt8Array:
    """Return the frame with what the model did not see dimmed and hatched."""
    picture = frame.copy()
    _mark_unseen(picture, pixel_box(seen, (frame.shape[1], frame.shape[0])))
    return picture


def pixel_box(seen: Rect, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of a Rect in a picture of (width, height), in pixels."""
    width, height = size
    top, bottom, left, right = _whole_box(seen, size)
    return max(top, 0), min(bottom, height), max(left, 0), min(right, width)


def _whole_box(seen: Rect, size: tuple[int, int]) -> tuple[int, int, int, int]:
    width, height = size
    rows = round(seen.top * height), round(seen.bottom * height)
    return *rows, round(seen.left * width), round(seen.right * width)


def heat_on(heat: Float32Array, seen: Rect, size: tuple[int, int]) -> Float32Array:
    """Resize relevance to the pixels of a picture that lie inside the seen region.

    Parameters
    ----------
    heat : float32 array, (h, w)
        Relevance of the region ``seen``.
    seen : Rect
        In fractions of the picture; it may reach far outside, where the picture is a part of a
        larger one or the model's input was padded.
    size : (int, int)
        Width and height of the picture in pixels.

    Returns
    -------
    float32 array, (n, m)
        Values at the pixels of `pixel_box`.
    """
    top, bottom, left, right = _whole_box(seen, size)
    whole = (right - left, bottom - top)
    inside = pixel_box(seen, size)
    shown = (inside[3] - inside[2], inside[1] - inside[0])
    if whole[0] * whole[1] <= 2 * shown[0] * shown[1]:
        resized = cv2.resize(heat, whole, interpolation=cv2.INTER_LINEAR)
        part = resized[inside[0] - top : inside[1] - top, inside[2] - left : inside[3] - left]
        return np.asarray(part, dtype=np.float32)
    return _magnified(heat, whole, (inside[2] - left, inside[0] - top), shown)


def _magnified(
    heat: Float32Array, whole: tuple[int, int], corner: tuple[int, int], shown: tuple[int, int]
) -> Float32Array:
    """Resize a part of the heat to ``whole``, without making the rest."""
    across, down = heat.shape[1] / whole[0], heat.shape[0] / whole[1]
    back = np.array(
        [[across, 0, (corner[0] + 0.5) * across - 0.5], [0, down, (corner[1] + 0.5) * down - 0.5]]
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    part = cv2.warpAffine(heat, back, shown, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(part, dtype=np.float32)


def heat_index(heat: Float32Array, size: tuple[int, int], scale: float) -> UInt8Array:
    """Resize relevance to (width, height) and map -scale..scale to 1..255, with zero at 128."""
    resized = cv2.resize(heat, size, interpolation=cv2.INTER_LINEAR)
    return _as_index(np.asarray(resized, dtype=np.float32), scale)


def _as_index(values: Float32Array, scale: float) -> UInt8Array:
    index = cv2.convertScaleAbs(
        np.clip(values, -scale, scale) if scale > 0 else np.zeros_like(values),
        alpha=127.0 / scale if scale > 0 else 0.0,
        beta=_ZERO,
    )
    return np.asarray(index, dtype=np.uint8)


def colour_bar(size: tuple[int, int], look: HeatLook = DEFAULT_LOOK) -> UInt8Array:
    """Draw a vertical colour bar over grey, +scale on top, uint8 (height, width, 3) RGB."""
    width, height = size
    index = np.linspace(255, 1, height).round().astype(np.uint8)
    grey = np.full((height, width, 3), 60, np.uint8)
    return _blend(grey, np.repeat(index[:, None], width, axis=1), look)


def _blend(frame: UInt8Array, index: UInt8Array, look: HeatLook) -> UInt8Array:
    opacity = round(float(np.clip(look.opacity, 0, 1)), 3)
    ink, keep = _tables(look.colours, opacity, round(look.gamma, 3), look.polarity)
    channels = cv2.merge([index, index, index])
    below = cv2.multiply(frame, cv2.LUT(channels, keep), scale=1 / 255)
    return np.asarray(cv2.add(below, cv2.LUT(channels, ink)), dtype=np.uint8)


def _mark_unseen(picture: UInt8Array, box: tuple[int, int, int, int]) -> None:
    height, width = picture.shape[:2]
    top, bottom, left, right = box
    for rows, columns in (
        (slice(0, top), slice(0, width)),
        (slice(bottom, height), slice(0, width)),
        (slice(top, bottom), slice(0, left)),
        (slice(top, bottom), slice(right, width)),
    ):
        region = picture[rows, columns]
        if region.size:
            dimmed = cv2.convertScaleAbs(np.ascontiguousarray(region), alpha=_UNSEEN_DIM)
            region[...] = cv2.max(dimmed, _hatch(height, width)[rows, columns])


@lru_cache(maxsize=4)  # one a pane size; a window being resized goes through hundreds
def _hatch(height: int, width: int) -> UInt8Array:
    rows, columns = np.ogrid[:height, :width]
    lines = ((rows + columns) % _HATCH_PX == 0).astype(np.uint8) * _HATCH_GREY
    return np.repeat(lines[:, :, None], 3, axis=2)


@lru_cache(maxsize=64)
def _tables(
    colours: str, opacity: float, gamma: float, polarity: Polarity
) -> tuple[UInt8Array, UInt8Array]:
    """Return colour times cover, and the share kept of the frame, per index: uint8 (1, 256, 3)."""
    values = (np.arange(256) - _ZERO) / 127.0
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

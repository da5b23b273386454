"""Frame + relevance -> RGB picture: the one function behind panes and export.

Relevance is resized as values, then coloured, then laid over the frame: resizing colours would
mix hues that no value has. The frame below is greyed and dimmed, so that
colour belongs to relevance alone, unless its own colours are asked for.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from engine.render.heat_colours import DEFAULT_LOOK, ZERO, Ground, HeatLook, blend
from engine.types import Float32Array, Rect, UInt8Array

_FRAME_DIM = 0.6
_UNSEEN_DIM = 0.35
_HATCH_PX = 7
_HATCH_GREY = 92  # brighter than dimmed white, so that the lines are seen on anything


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
        Colours, opacity, gamma, polarity and ground.

    Returns
    -------
    uint8 array, (H, W, 3)
        RGB.
    """
    return overlay_on(heat_ground(frame, seen, look.ground), heat, seen, scale, look)


def heat_ground(frame: UInt8Array, seen: Rect, ground: Ground = "grey") -> UInt8Array:
    """Make the ground of `overlay`: the frame, hatched where it was not seen.

    It is in dim grey, or as it is. Several maps of one frame share it.
    """
    if ground == "colour":
        return with_unseen(frame, seen)
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
        region[...] = blend(np.ascontiguousarray(region), index, look)
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
        beta=ZERO,
    )
    return np.asarray(index, dtype=np.uint8)


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

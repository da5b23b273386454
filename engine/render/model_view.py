"""Views of a frame: the input of the model, and the optical flow. No torch."""

from __future__ import annotations

import cv2
import numpy as np

from engine.models.preprocess.geometry import crop_corner, resized_size
from engine.motion.flow import LEAST_SIDE_PX, significant_flow
from engine.types import Float32Array, ModelSpec, UInt8Array
from engine.video import Video

FLOW_FULL_SHARE = 0.02
"""Speed that gets the full colour, as a share of the picture's longer side a frame."""
_FLOW_SIDE_PX = 320
_HALF_TURN = 180.0 / (2 * np.pi)  # OpenCV's hues are 0 to 180
_LEAST_SPEED_PX = 0.5


def model_view(picture: UInt8Array, spec: ModelSpec) -> UInt8Array:
    """Return the frame as the network is given it, before mean and deviation are taken off.

    Parameters
    ----------
    picture : uint8 array, (H, W, 3)
        The whole frame in RGB, at the video's own size.
    spec : ModelSpec
        Resize and crop.

    Returns
    -------
    uint8 array, (h, w, 3)
        RGB, of the size of the network's input; padding is black.
    """
    size = picture.shape[1], picture.shape[0]
    method = cv2.INTER_AREA if spec.antialias else cv2.INTER_LINEAR
    resized = cv2.resize(picture, resized_size(spec, size), interpolation=method)
    left, top = crop_corner(spec, size)
    height, width = spec.crop
    view = np.zeros((height, width, 3), np.uint8)
    part = resized[max(top, 0) : top + height, max(left, 0) : left + width]
    row, column = max(-top, 0), max(-left, 0)
    view[row : row + part.shape[0], column : column + part.shape[1]] = part
    return view


def flow_at(video: Video, frame: int) -> Float32Array | None:
    """Measure the motion from a frame to the next, and at the last from the one before it.

    Returns
    -------
    float32 array, (h, w, 2), or None
        Displacement (x, y) in its own pixels per frame, at most 320 pixels a side, 0 where it
        may be noise; None where the video has but one frame, or is too small.
    """
    width, height = video.display_size
    factor = min(_FLOW_SIDE_PX / max(width, height), 1.0)
    size = max(round(width * factor), 1), max(round(height * factor), 1)
    first = min(frame, len(video) - 2)
    if first < 0 or min(size) < LEAST_SIDE_PX:
        return None
    return significant_flow(video.picture(first, *size), video.picture(first + 1, *size))


def flow_picture(picture: UInt8Array, flow: Float32Array, most_px: float) -> UInt8Array:
    """Draw motion over a dimmed frame: the hue is the direction, the strength the speed.

    Parameters
    ----------
    picture : uint8 array, (H, W, 3)
        The frame in RGB.
    flow : float32 array, (h, w, 2)
        Displacement (x, y), in its own pixels per frame; resized to the picture.
    most_px : float
        Speed that gets the full colour, in pixels of the flow per frame; at least half a pixel.

    Returns
    -------
    uint8 array, (H, W, 3)
        RGB.
    """
    colour, strength = _flow_colours(flow, most_px)
    size = picture.shape[1], picture.shape[0]
    colour = cv2.resize(colour, size, interpolation=cv2.INTER_LINEAR)
    cover = cv2.resize(strength, size, interpolation=cv2.INTER_LINEAR)
    grey = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    cover = cv2.merge([cover, cover, cover])
    below = cv2.multiply(grey, 255 - cover, scale=0.6 / 255)
    return np.asarray(cv2.add(below, cv2.multiply(colour, cover, scale=1 / 255)), np.uint8)


def flow_wheel(side_px: int) -> UInt8Array:
    """Draw the legend of `flow_picture`: a disc of directions, uint8 RGB (side_px, side_px, 3)."""
    span = np.linspace(-1, 1, side_px, dtype=np.float32)
    across, down = np.meshgrid(span, span)
    flow = np.dstack([across, down])
    colour, _ = _flow_colours(flow, 1.0)
    inside = (np.hypot(across, down) <= 1)[..., None]
    cover = np.minimum(np.hypot(across, down), 1)[..., None]
    return np.where(inside, colour * cover + 40 * (1 - cover), 0).astype(np.uint8)


def _flow_colours(flow: Float32Array, most_px: float) -> tuple[UInt8Array, UInt8Array]:
    speed, angle = cv2.cartToPolar(flow[..., 0], flow[..., 1])
    hue = (angle * _HALF_TURN).astype(np.uint8)
    full = np.full_like(hue, 255)
    colour = cv2.cvtColor(cv2.merge([hue, full, full]), cv2.COLOR_HSV2RGB)
    strength = cv2.convertScaleAbs(speed, alpha=255 / max(most_px, _LEAST_SPEED_PX))
    return np.asarray(colour, np.uint8), np.asarray(strength, np.uint8)

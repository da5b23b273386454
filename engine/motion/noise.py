"""The least motion that a pair of frames can show at each pixel, above its own noise.

Optical flow always finds some motion: in a still picture with the noise of a sensor it follows
the grain. So its motion has to explain the pictures better than the camera's motion does. Two
differences between the frames are compared over a neighbourhood: along the camera's motion,
E0, and along the flow, E1. Where nothing moves both are noise and about equal, whatever the
noise is like at that place: weak or strong, of a sensor or of the coder. Where a textured thing
moves, E0 has the texture in it too. It is an F test of two variances, with limits that allow for
flow that is fitted to the noise. They were chosen on rendered clips (``benchmarks/flow.py``).
"""

from __future__ import annotations

import numpy as np

from engine.motion.pixels import box_mean, fetched, smoothed
from engine.types import BoolArray, Float32Array, UInt8Array

_LIGHT_RADIUS_PX = 14  # differences wider than this are light, not texture
_NEAR_PX = 3.0  # deviation of the neighbourhood that is compared
_WIDE_RADIUS_PX = 20  # neighbourhood of the usual noise
_LEAST_NOISE = 0.3  # squared levels: rounding, and interpolation between pixels
_NEAR_FACTOR = 1.6  # E0 over E1 that noise does not reach
_WIDE_FACTOR = 3.5  # E0 over the noise usual around it, which flow has been fitted to as well
_FINE_PX, _FINE_FACTOR = 1.0, 1.0  # E1 over E0 at a pixel to which flow only spread
_SKIP = 3  # pixels are taken for a median
_OUTLIER = 4.0  # times the median: what covers and uncovers is not noise


def noise_floor(
    before: UInt8Array, after: UInt8Array, flow: Float32Array, residual: Float32Array
) -> Float32Array:
    """Return the least motion that can be told from noise, pixel by pixel.

    Parameters
    ----------
    before, after : uint8 array, (H, W)
        Two frames in grey, 0 to 255, in the same light, and smoothed a little, so that
        interpolation between pixels takes no noise off.
    flow : float32 array, (H, W, 2)
        Displacement (x, y) from the first to the second, in pixels.
    residual : float32 array, (H, W, 2)
        The flow less the camera's motion, in pixels.

    Returns
    -------
    float32 array, (H, W)
        Pixels per frame, >= 0: noise, over the change of brightness that a pixel of the measured
        motion makes. Residual motion of this length or less says nothing. Large, not infinite,
        where there is no texture.
    """
    first, second = (grey.astype(np.float32) for grey in (before, after))
    unmoved = _difference(first, fetched(second, flow - residual))
    moved = _difference(first, fetched(second, flow))
    explained, noise = (smoothed(values, _NEAR_PX) for values in (unmoved, moved))
    most = _OUTLIER * float(np.median(noise[::_SKIP, ::_SKIP]))
    usual = box_mean(np.minimum(noise, most), _WIDE_RADIUS_PX) + _LEAST_NOISE
    limit = np.maximum(_NEAR_FACTOR * (noise + _LEAST_NOISE), _WIDE_FACTOR * usual)
    length = np.sqrt(np.square(residual).sum(axis=-1))
    floor = length * np.sqrt(limit / np.maximum(explained, np.finfo(np.float32).eps))
    beside = _beside(unmoved, moved, usual)
    return np.asarray(np.where(beside, np.maximum(floor, length), floor), np.float32)


def _difference(first: Float32Array, second: Float32Array) -> Float32Array:
    """Return the squared difference at each pixel, its wide part taken off."""
    difference = second - first
    difference -= box_mean(difference, _LIGHT_RADIUS_PX)
    return np.asarray(np.square(difference), np.float32)


def _beside(unmoved: Float32Array, moved: Float32Array, usual: Float32Array) -> BoolArray:
    """Tell where the camera explains a pixel better than flow that spread from a thing beside."""
    camera, flow = (smoothed(values, _FINE_PX) for values in (unmoved, moved))
    return np.asarray(flow > _FINE_FACTOR * camera + usual)

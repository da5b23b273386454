"""Tone mapping: PQ and HLG pictures for a screen of standard dynamic range.

FFmpeg's swscale cuts off all above 203 nits, so this is done here: to linear light, the
highlights compressed, to BT.709 primaries, to sRGB's curve.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from engine.types import Float32Array, Float64Array, UInt8Array

WHITE_NITS = 203.0
"""Luminance of diffuse white, shown as full white (ITU-R BT.2408)."""

PEAK_NITS = 1000.0
"""Luminance taken as the brightest: where most films are mastered, and HLG's nominal peak."""

_PQ, _HLG = 16, 18
_BT2020 = 9
_HLG_GAMMA = 1.2
_KNEE = 0.75
_STEPS = 65_536
_LAST = _STEPS - 1

_TO_BT709 = np.array(
    [
        [1.6604910, -0.5876411, -0.0728499],
        [-0.1245505, 1.1328999, -0.0083494],
        [-0.0181508, -0.1005789, 1.1187297],
    ],
    np.float32,
)
"""Linear BT.2020 to linear BT.709 (ITU-R BT.2087)."""

_LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)


def is_hdr(frame: VideoFrame) -> bool:
    """Return true if a frame's transfer is PQ or HLG."""
    return frame.color_trc in (_PQ, _HLG)


def tone_mapped(rgb16: npt.NDArray[np.generic], transfer: int, primaries: int) -> UInt8Array:
    """Return the standard-range picture of a high dynamic range one.

    Parameters
    ----------
    rgb16 : uint16 array, (H, W, 3)
        Non-linear RGB, full range.
    transfer, primaries : int
        FFmpeg's numbers; other primaries than BT.2020 are taken as BT.709.

    Returns
    -------
    uint8 array, (H, W, 3)
        sRGB. Diffuse white (203 nits) and above share the top quarter of the range; colours
        outside BT.709 are clipped.
    """
    light = np.take(_nits_table(transfer), np.asarray(rgb16, np.uint16))
    if transfer == _HLG:
        light = _scaled(light, _system_gain_table(), cv2.transform(light, _LUMINANCE[None]), 1.0)
    # the brightest channel is compressed and the others with it, which keeps the hue
    red, green, blue = cv2.split(light)
    light = _scaled(light, _gain_table(), cv2.max(cv2.max(red, green), blue), PEAK_NITS)
    if primaries == _BT2020:
        light = cv2.transform(light, _TO_BT709)
    return np.asarray(np.take(_srgb_table(), _places(light, 1.0)), np.uint8)


def _scaled(
    light: Float32Array, gains: Float32Array, by: npt.NDArray[np.generic], top: float
) -> Float32Array:
    """Multiply light by a gain from a table over another value, 0 to ``top``, of the pixel."""
    gain = np.take(gains, _places(by, top))
    return np.asarray(cv2.multiply(light, cv2.merge([gain, gain, gain])), np.float32)


def _places(values: npt.NDArray[np.generic], top: float) -> npt.NDArray[np.uint16]:
    """Return positions of values in a table that spans 0 to ``top``, clipped to it."""
    # rounds, and limits to 0 and 65535
    scaled = cv2.multiply(np.asarray(values, np.float32), _LAST / top, dtype=cv2.CV_16U)
    return np.asarray(scaled, np.uint16)


@cache
def _nits_table(transfer: int) -> Float32Array:
    codes = np.linspace(0, 1, _STEPS)
    linear = pq_nits(codes) if transfer == _PQ else hlg_scene_light(codes)
    return np.minimum(linear, PEAK_NITS if transfer == _PQ else 1.0).astype(np.float32)


def pq_nits(codes: Float64Array) -> Float64Array:
    """Return the luminance in nits of PQ code values 0 to 1 (SMPTE ST 2084)."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    root = codes ** (1 / m2)
    result: Float64Array = 10_000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)
    return result


def hlg_scene_light(codes: Float64Array) -> Float64Array:
    """Return the relative scene light, 0 to 1, of HLG code values 0 to 1 (ITU-R BT.2100)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    result: Float64Array = np.where(codes <= 0.5, codes**2 / 3, (np.exp((codes - c) / a) + b) / 12)
    return result


@cache
def _system_gain_table() -> Float32Array:
    """Return the factors of HLG's scene light on a screen of the peak (BT.2100's OOTF)."""
    luminance = np.linspace(0, 1, _STEPS)
    return (PEAK_NITS * luminance ** (_HLG_GAMMA - 1)).astype(np.float32)


def compressed(nits: Float64Array) -> Float64Array:
    """Return the brightness on the screen, 0 to 1, of a luminance in nits.

    Proportional up to three quarters of diffuse white; above that logarithmic, without a kink,
    so that the peak is full white and all below it can be told apart.
    """
    peak = PEAK_NITS / WHITE_NITS
    relative = np.minimum(nits / WHITE_NITS, peak)
    above = np.clip((relative - _KNEE) / (peak - _KNEE), 0, 1)
    shoulder = np.log1p(_BEND * above) / np.log1p(_BEND)
    result: Float64Array = np.where(relative <= _KNEE, relative, _KNEE + (1 - _KNEE) * shoulder)
    return result


def _bend(steepness: float) -> float:
    """Return k with ``k / log(1 + k)`` as asked: the slope at which the logarithm begins."""
    k = steepness
    for _ in range(60):
        k = steepness * float(np.log1p(k))
    return k


_BEND = _bend((PEAK_NITS / WHITE_NITS - _KNEE) / (1 - _KNEE))


@cache
def _gain_table() -> Float32Array:
    nits = np.linspace(0, PEAK_NITS, _STEPS)
    nits[0] = nits[1] / 2
    return (compressed(nits) / nits).astype(np.float32)


@cache
def _srgb_table() -> UInt8Array:
    light = np.linspace(0, 1, _STEPS)
    codes = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(255 * codes), np.uint8)

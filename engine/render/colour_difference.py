"""How different two colours look: CIE L*a*b* and CIEDE2000."""

from __future__ import annotations

import cv2
import numpy as np

from engine.types import Float64Array

_FAR = 25.0**7


def lab(rgb: Float64Array) -> Float64Array:
    """Return L*a*b* (D65) of sRGB colours, 0 to 1, (..., 3); L* is 0 to 100."""
    row = np.asarray(rgb, np.float32).reshape(1, -1, 3)
    return np.asarray(cv2.cvtColor(row, cv2.COLOR_RGB2LAB), np.float64).reshape(np.shape(rgb))


def ciede2000(one: Float64Array, other: Float64Array) -> Float64Array:
    """Return the CIEDE2000 difference of colours in L*a*b*, (..., 3) each.

    About 1 is just seen, 10 is seen at a glance, 100 is black beside white. Formulas and names of
    Sharma, Wu and Dalal, "The CIEDE2000 color-difference formula", 2005.
    """
    chroma_ab = [np.hypot(colour[..., 1], colour[..., 2]) for colour in (one, other)]
    mean = (chroma_ab[0] + chroma_ab[1]) / 2
    g = 0.5 * (1 - np.sqrt(mean**7 / (mean**7 + _FAR)))
    a = [(1 + g) * colour[..., 1] for colour in (one, other)]
    c = [np.hypot(red, colour[..., 2]) for red, colour in zip(a, (one, other), strict=True)]
    h = [
        np.degrees(np.arctan2(colour[..., 2], red)) % 360
        for red, colour in zip(a, (one, other), strict=True)
    ]
    grey = c[0] * c[1] == 0
    turn = np.where(grey, 0.0, (h[1] - h[0] + 180) % 360 - 180)
    lightness = (one[..., 0] + other[..., 0]) / 2
    chroma = (c[0] + c[1]) / 2
    hue = np.where(grey, h[0] + h[1], h[0] + turn / 2)
    return _weighed(
        other[..., 0] - one[..., 0],
        c[1] - c[0],
        2 * np.sqrt(c[0] * c[1]) * np.sin(np.radians(turn / 2)),
        (lightness, chroma, hue),
    )


def _weighed(
    d_l: Float64Array,
    d_c: Float64Array,
    d_h: Float64Array,
    means: tuple[Float64Array, Float64Array, Float64Array],
) -> Float64Array:
    """Return the length of differences in lightness, chroma and hue, weighed by their means."""
    lightness, chroma, hue = means
    t = (
        1
        - 0.17 * _cos(hue - 30)
        + 0.24 * _cos(2 * hue)
        + 0.32 * _cos(3 * hue + 6)
        - 0.20 * _cos(4 * hue - 63)
    )
    off = (lightness - 50) ** 2
    s_l = 1 + 0.015 * off / np.sqrt(20 + off)
    s_c, s_h = 1 + 0.045 * chroma, 1 + 0.015 * chroma * t
    blue = np.radians(60 * np.exp(-((((hue % 360) - 275) / 25) ** 2)))
    turned = -np.sin(blue) * 2 * np.sqrt(chroma**7 / (chroma**7 + _FAR))
    light, strong, hued = d_l / s_l, d_c / s_c, d_h / s_h
    return np.asarray(np.sqrt(light**2 + strong**2 + hued**2 + turned * strong * hued))


def _cos(degrees: Float64Array) -> Float64Array:
    return np.asarray(np.cos(np.radians(degrees)))

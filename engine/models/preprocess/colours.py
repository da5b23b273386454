"""Grey of colours, as the usual readers of images make it."""

from __future__ import annotations

import torch

_SHARES = (19595, 38470, 7471)
"""Of red, green and blue, in 2**16: 0.299, 0.587 and 0.114 (ITU-R BT.601)."""


def luma(pixels: torch.Tensor) -> torch.Tensor:
    """Return the luma of RGB pixels, as Pillow's mode "L" bit for bit.

    OpenCV rounds a few pixels the other way; torchvision's ``rgb_to_grayscale`` drops the
    fraction instead, and is up to 1 of 255 darker.

    Parameters
    ----------
    pixels : uint8 tensor, (..., 3, h, w)

    Returns
    -------
    uint8 tensor, (..., 1, h, w)
    """
    red, green, blue = pixels.int().unbind(-3)
    weighted = _SHARES[0] * red + _SHARES[1] * green + _SHARES[2] * blue
    return ((weighted + 2**15) >> 16).to(torch.uint8).unsqueeze(-3)

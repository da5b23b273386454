"""Turning clips into the order of dimensions and colours that a network takes."""

from __future__ import annotations

from collections.abc import Callable

import torch


def packing(layout: str, channels: str) -> Callable[[torch.Tensor], torch.Tensor] | None:
    """From RGB clips (N, 3, T, h, w) to what a network takes; None where it is just that.

    Parameters
    ----------
    layout : str
        "NCTHW" or "NTCHW".
    channels : str
        "rgb" or "bgr".
    """
    if (layout, channels) == ("NCTHW", "rgb"):
        return None

    def pack(clips: torch.Tensor) -> torch.Tensor:
        ordered = clips.flip(1) if channels == "bgr" else clips
        return ordered.transpose(1, 2) if layout == "NTCHW" else ordered

    return pack

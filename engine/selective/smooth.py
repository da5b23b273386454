"""Means over neighbouring pixels, the same sums in the same order for arrays and tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    Volume = TypeVar("Volume", NDArray[np.floating], torch.Tensor)


def smoothed_in_space(volume: Volume) -> Volume:
    """Average each pixel of (T, H, W) with its neighbours, by ``[1, 2, 1]`` along y and x.

    Beyond the picture the nearest value counts.
    """
    padded: Any = _padded(volume, 1)
    along_x = padded[..., :-2] + padded[..., 2:] + 2 * padded[..., 1:-1]
    smooth = along_x[:, :-2] + along_x[:, 2:] + 2 * along_x[:, 1:-1]
    return cast("Volume", smooth / 16)


def box_mean(volume: Volume, radius: int) -> Volume:
    """Average a square of 2 * radius + 1 pixels around each pixel of (T, H, W).

    Beyond the picture the nearest value counts.
    """
    padded: Any = _padded(volume, radius)
    height, width = volume.shape[1:]
    side = 2 * radius + 1
    along_x = padded[..., :width]
    for shift in range(1, side):
        along_x = along_x + padded[..., shift : shift + width]
    total = along_x[:, :height]
    for shift in range(1, side):
        total = total + along_x[:, shift : shift + height]
    return cast("Volume", total * (1 / side**2))


def _padded(volume: Any, radius: int) -> Any:
    rows, columns = (
        np.arange(-radius, size + radius).clip(0, size - 1) for size in volume.shape[1:]
    )
    return volume[:, rows][:, :, columns]

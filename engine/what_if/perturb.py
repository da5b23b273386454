"""A clip with a part of it removed, or all but that part.

Clips are changed as the network is given them, after resize and crop, and not in the video's
pixels: no resize mixes a region with its surroundings, the fills are on the model's own scale,
the pictures shown are exactly what it saw, and what it never sees needs no care. A region painted
over the video is brought there by the geometry that the heat is drawn with.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from engine.annotations.region_masks import inside_picture, seen_mask
from engine.annotations.regions import Region
from engine.attribution.baselines import blurred, frozen
from engine.models.model import Clip
from engine.types import Int64Array
from engine.what_if.queries import Fill


def fill_region(
    clip: Clip, region: Region, frames: Int64Array, *, keep: bool, fill: Fill
) -> tuple[Tensor, float]:
    """Fill a region of a clip, or all but the region.

    Parameters
    ----------
    frames : int64 array, (T,)
        Which frame of the video each frame of the clip is.
    keep : bool
        Whether the region is kept and the rest filled.
    fill : str
        "blurred", every frame by a Gaussian of a tenth of the shorter side; "mean", the mean
        colour of the clip; "frozen", the middle frame repeated.

    Returns
    -------
    Tensor, (1, 3, T, h, w)
        The changed clip. Padding around the picture is never changed.
    float
        Share of the pixels that were changed.
    """
    grid = clip.tensor.shape[-2], clip.tensor.shape[-1]
    masks = {frame: seen_mask(region, frame, clip.size, clip.seen, grid) for frame in set(frames)}
    painted = np.stack([masks[frame] for frame in frames])
    fills = (~painted if keep else painted) & inside_picture(clip.seen, grid)
    where = torch.tensor(fills, device=clip.tensor.device)
    return torch.where(where, _filled(clip.tensor, fill), clip.tensor), float(fills.mean())


def _filled(values: Tensor, fill: Fill) -> Tensor:
    if fill == "mean":
        return values.mean((2, 3, 4), keepdim=True).expand_as(values)
    return frozen(values) if fill == "frozen" else blurred(values)

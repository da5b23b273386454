"""The ways to separate motion that are compared: what each keeps, and how it ranks voxels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.attribution import Attribution, frozen_frame_split
from engine.models import VideoModel
from engine.models.model import Clip
from engine.selective import Prepared
from engine.types import DEFAULT_SIGMA, SPLIT_PRESETS, BoolArray, Float32Array

FROZEN = "frozen frame"
SELECTORS = ("raw", *SPLIT_PRESETS, FROZEN)


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """Result of one selector on a relevance volume.

    Attributes
    ----------
    kept : float32 array, (T, H, W)
        Relevance that it calls motion, as it shows it.
    mask : bool array, (T, H, W)
        Where it keeps anything.
    score : float32 array, (T, H, W)
        What it compares with its threshold: the higher, the sooner a voxel is kept.
    share : float
        The changing share that it reports, 0 to 1; nan where there is no relevance.
    """

    kept: Float32Array
    mask: BoolArray
    score: Float32Array
    share: float


def select(heat: Attribution) -> dict[str, Selected]:
    """Apply all selectors that need relevance alone, at the default sigma.

    Parameters
    ----------
    heat : Attribution
        Of one clip.
    """
    relevance = heat.relevance
    everything = np.ones(relevance.shape, np.bool_)
    table = {"raw": Selected(relevance, everything, np.abs(relevance), 1.0)}
    for preset in SPLIT_PRESETS:
        prepared = Prepared(relevance, preset, heat.time_step)
        parts = prepared.at(DEFAULT_SIGMA)
        table[preset] = Selected(parts.motion, parts.mask, prepared.compared, parts.changing_share)
    return table


def select_by_stills(
    model: VideoModel, clip: Clip, target: int, method: str
) -> tuple[Attribution, Selected]:
    """Apply the frozen-frame split: relevance less that of each frame standing still.

    Parameters
    ----------
    model, clip, target, method
        As for `engine.attribution.attribute`; the clip is explained 17 times.
    """
    parts = frozen_frame_split(model, clip, target, method)
    left = parts.temporal
    return parts.attribution, Selected(left, left != 0, np.abs(left), parts.temporal_share)

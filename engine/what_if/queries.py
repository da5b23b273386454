"""What-if queries and results as plain values. No torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from engine.annotations.region_masks import seen_mask
from engine.annotations.regions import Region, is_eraser
from engine.cancel import Check, never
from engine.errors import EngineError
from engine.metrics import mass_accuracy, rank_accuracy
from engine.store import Analysis
from engine.types import BoolArray, Float64Array, Int64Array, Preset, UInt8Array

Fill = Literal["blurred", "mean", "frozen"]
FILLS: tuple[Fill, ...] = get_args(Fill)
"""What a changed pixel shows: its blurred surroundings, the mean colour of the clip, or what the
middle frame shows there."""
Scope = Literal["window", "clip"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""The window at the playhead, or the mean over all windows of the range."""

MOST_FRAMES_MEASURED = 256


@dataclass(frozen=True, slots=True)
class WhatIfQuery:
    """A change of the clip to try.

    Attributes
    ----------
    region : Region
        What was painted.
    keep : bool
        Whether the region is kept and all else changed, instead of the reverse.
    fill : str
        One of `FILLS`.
    scope : str
        One of `SCOPES`.
    """

    region: Region
    keep: bool = False
    fill: Fill = "blurred"
    scope: Scope = "window"


@dataclass(frozen=True, slots=True, eq=False)
class WhatIfResult:
    """The model's scores of the clip and of the changed clip.

    Attributes
    ----------
    query : WhatIfQuery
        What was asked.
    labels : tuple of str
        Names of the classes.
    logits, changed_logits : float64 array, (K,)
        Means over the windows.
    probabilities, changed_probabilities : float64 array, (K,)
        The same as probabilities in each window.
    pictures : uint8 array, (n, h, w, 3)
        What the model saw of the changed window at the playhead: some of its frames, RGB.
    picture_frames : int64 array, (n,)
        Which frames of the video these are.
    changed_share : float
        Share of all that the model saw that was changed, 0 to 1.
    windows : int
        How many windows were scored.
    unit : str or None
        As `ModelSpec.score_unit`: where it is a text, the "probabilities" are values.
    """

    query: WhatIfQuery
    labels: tuple[str, ...]
    logits: Float64Array
    changed_logits: Float64Array
    probabilities: Float64Array
    changed_probabilities: Float64Array
    pictures: UInt8Array
    picture_frames: Int64Array
    changed_share: float
    windows: int
    unit: str | None = None

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if isinstance(value, np.ndarray):
                value.setflags(write=False)


@dataclass(frozen=True, slots=True)
class MotionTests:
    """Scores of one class for the clip, and for the clip with its movement destroyed.

    Attributes
    ----------
    label : str
        The class.
    probabilities, logits : mapping of str to float
        Of "original", "frozen", "reversed" and "shuffled"; means over the windows.
    windows : int
        How many windows were scored.
    shuffles : int
        Random orders tried in each.
    unit : str or None
        As in `WhatIfResult`.
    """

    label: str
    probabilities: dict[str, float]
    logits: dict[str, float]
    windows: int
    shuffles: int
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class RegionAgreement:
    """Share of the relevance inside the region where the user expects it.

    Attributes
    ----------
    region : Region
        Where it is expected.
    relevance, motion : (float, float)
        Mass accuracy and rank accuracy of the relevance and of its motion part, 0 to 1; nan
        where there is none.
    area : float
        Share of what the model saw that the region covers: the chance level of both.
    frames : int
        How many frames were looked at.
    """

    region: Region
    relevance: tuple[float, float]
    motion: tuple[float, float]
    area: float
    frames: int


def region_agreement(
    analysis: Analysis, region: Region, preset: Preset, sigma: float, check: Check = never
) -> RegionAgreement:
    """Measure relevance against a region where it is expected, see `engine.metrics.masks`.

    Parameters
    ----------
    analysis : Analysis
        It may still grow.
    region : Region
        Only frames count on which some of it is painted, at most `MOST_FRAMES_MEASURED` of them,
        evenly taken.
    preset, sigma
        How the motion part is separated.
    check : callable
        Called once a frame.

    Raises
    ------
    EngineError
        If nothing is painted on what the model saw of the frames that are explained.
    """
    maps = list(_painted_maps(analysis, region, preset, sigma, check))
    if not maps:
        raise EngineError(
            "Nothing is painted on the explained frames where the model looks.",
            "Paint where you expect it to look, on frames that are explained.",
        )
    where, relevance, motion = (np.stack(part) for part in zip(*maps, strict=True))
    return RegionAgreement(
        region=region,
        relevance=(mass_accuracy(relevance, where), rank_accuracy(relevance, where)),
        motion=(mass_accuracy(motion, where), rank_accuracy(motion, where)),
        area=float(where.mean()),
        frames=len(where),
    )


def _painted_maps(
    analysis: Analysis, region: Region, preset: Preset, sigma: float, check: Check
) -> Iterator[tuple[BoolArray, np.ndarray, np.ndarray]]:
    """Yield the mask, the relevance and its motion part of each frame that is painted on."""
    header, separation = analysis.header, analysis.separation(preset)
    for frame in _painted_frames(analysis, region, separation.frames_ready):
        check()
        where = seen_mask(region, frame, header.size, header.seen, header.spec.crop)
        if where.any():
            maps = separation.frame(frame - header.start, sigma)
            yield where, maps.relevance, maps.motion


def _painted_frames(analysis: Analysis, region: Region, ready: int) -> list[int]:
    start = analysis.header.start
    painted = np.zeros(ready, np.bool_)
    for shape in region.shapes:
        if not is_eraser(shape):
            painted[max(shape.first - start, 0) : max(shape.stop - start, 0)] = True
    frames = np.flatnonzero(painted) + start
    count = min(len(frames), MOST_FRAMES_MEASURED)
    return [int(frames[i]) for i in np.linspace(0, len(frames) - 1, count).round().astype(int)]

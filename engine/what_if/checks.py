"""Checks of a separated map and their results as plain values. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.errors import EngineError
from engine.store import Analysis
from engine.types import Float32Array, Int64Array, Preset, UInt8Array

Cost = Literal["more", "as much", "less", "nothing"]
"""What freezing the voxels called motion costs, compared with others: nothing where freezing all of
the clip costs nothing."""

_FELT = 0.05  # of the probability: less could be chance


@dataclass(frozen=True, slots=True)
class SeparatedMap:
    """A map to check: an analysis, which may still grow, and how it is separated."""

    analysis: Analysis
    preset: Preset
    sigma: float

    def parts(self, indices: Sequence[int]) -> tuple[Float32Array, Float32Array]:
        """Return motion and static relevance of frames, float32 (n, h, w) each.

        Parameters
        ----------
        indices : sequence of int
            Increasing, counted from the start of the analysis.

        Raises
        ------
        EngineError
            If they are not explained yet.
        """
        separation = self.analysis.separation(self.preset)
        if indices[-1] >= separation.frames_ready:
            raise EngineError(
                "The frames at the playhead are not explained yet.",
                "Wait for them, or go to frames that are.",
            )
        maps = [separation.frame(index, self.sigma) for index in indices]
        return np.stack([m.motion for m in maps]), np.stack([m.static for m in maps])

    def target(self, first: int) -> int | None:
        """Return the class that was explained in the window that begins at a step, or None."""
        return {w.start_step: w.target for w in self.analysis.windows}.get(first)


@dataclass(frozen=True, slots=True)
class FreezeCheck:
    """Probability of a class when parts of the clip are frozen: what a map calls motion, others.

    Frozen voxels show what the middle frame of the window shows there.

    Attributes
    ----------
    label : str
        The class that was explained.
    preset, sigma
        How the map was separated.
    share : float
        Share of the clip's voxels that was frozen for the next three, 0 to 1.
    original, motion, others, static : float
        Mean probability over the windows: of the clip itself, with the voxels of the strongest
        motion frozen, as many others at random, and as many of the strongest static.
    shares : tuple of float
        Of the voxels frozen along the curves, from 0 to 1.
    motion_curve, others_curve : tuple of float
        Probability with as many voxels frozen, of the strongest motion first, or at random.
    windows, draws : int
        Windows scored, and random choices tried in each.
    """

    label: str
    preset: Preset
    sigma: float
    share: float
    original: float
    motion: float
    others: float
    static: float
    shares: tuple[float, ...]
    motion_curve: tuple[float, ...]
    others_curve: tuple[float, ...]
    windows: int
    draws: int

    @property
    def everything(self) -> float:
        """Mean probability with all of the clip frozen."""
        return self.motion_curve[-1]

    @property
    def gap(self) -> float:
        """Mean distance of the curves between their ends, -1 to 1.

        Above 0 the voxels called motion matter more than others (deletion: Petsiuk et al. 2018,
        arXiv 1806.07421).
        """
        inner = list(zip(self.motion_curve, self.others_curve, strict=True))[1:-1]
        return sum(others - motion for motion, others in inner) / len(inner)

    @property
    def cost(self) -> Cost:
        """What it costs to freeze motion."""
        if self.original - min(self.everything, self.motion, self.others) < _FELT:
            return "nothing"
        if self.gap >= _FELT:
            return "more"
        return "as much" if self.gap > -_FELT else "less"


@dataclass(frozen=True, slots=True, eq=False)
class StillSplit:
    """The frozen-frame split of one window (`engine.attribution.frozen_frame`).

    Attributes
    ----------
    label, method : str
        The class, and the method that explained it.
    temporal_share : float
        Share of the relevance that no still of the frame has, 0 to 1; nan without relevance.
    pictures : uint8 array, (n, h, w, 3)
        Some frames as the model saw them, under the temporal part, RGB.
    picture_frames : int64 array, (n,)
        Which frames of the video these are.
    first, stop : int
        First frame of the window in the video, and the one after its last.
    """

    label: str
    method: str
    temporal_share: float
    pictures: UInt8Array
    picture_frames: Int64Array
    first: int
    stop: int

    def __post_init__(self) -> None:
        self.pictures.setflags(write=False)
        self.picture_frames.setflags(write=False)

"""Checks whether the model needs what a map calls motion: voxels are frozen, and it is asked again.

A map is a claim about the model. Freezing the voxels that it calls motion must cost the class more
than freezing as many others, and freezing those that it calls static must cost less.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from torch import Tensor

from engine.attribution.base.batches import generator_for
from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.targets import Goal
from engine.attribution.baselines import frozen
from engine.cancel import Check, never
from engine.errors import EngineError
from engine.evidence.decision import score_clips
from engine.models.model import Clip, VideoModel
from engine.types import BoolArray, Float32Array, Float64Array, Int64Array

SHARES = (0.02, 0.05, 0.1, 0.2, 0.5)
"""Of the voxels frozen along the curves, between none and all."""

SHARE = 0.1
"""Of the voxels frozen for the comparison of motion, others and static."""

DRAWS = 2
_BLUR_SHARE = 0.03  # of the shorter side: so that voxels beside motion are taken before far ones


@dataclass(frozen=True, slots=True, eq=False)
class FrozenScores:
    """Probabilities of one class with parts of a clip frozen.

    Attributes
    ----------
    original, static : float
        Of the clip, and with the strongest static voxels frozen.
    motion, others : float64 array, (S,)
        With each of `SHARES` of the voxels frozen.
    everything : float
        With all of the clip frozen.
    """

    original: float
    static: float
    motion: Float64Array
    others: Float64Array
    everything: float


def frozen_scores(
    model: VideoModel,
    clip: Clip,
    motion: Float32Array,
    static: Float32Array,
    target: int,
    *,
    draws: int = DRAWS,
    seed: int = 0,
    check: Check = never,
) -> FrozenScores:
    """Score a clip with the voxels frozen that a map calls motion, with others, and with static.

    Parameters
    ----------
    model, clip, check
        As for `engine.attribution.attribute`.
    motion, static : float32 array, (T, h, w)
        The separated map of the clip.
    target : int
        Class whose probability is told.
    draws : int
        Random choices of other voxels, >= 1.
    seed : int
        Of these.

    Raises
    ------
    EngineError
        If the map calls nothing motion.
    """
    if not np.any(motion):
        raise EngineError(
            "The map calls nothing motion here, so there is nothing to freeze.",
            "Lower sigma, choose another preset, or go to another part of the video.",
        )
    masks = _Masks(motion, static, draws, seed)
    still = frozen(clip.tensor)
    where = [*masks.motion(), masks.static(), *masks.others()]
    variants = [torch.where(_as_tensor(mask, clip.tensor), still, clip.tensor) for mask in where]
    explained = ExplainedModel(model, Goal(), check=check)
    rows = score_clips(explained, [clip.tensor, still.contiguous(), *variants])
    scores = explained.probabilities(torch.from_numpy(rows))[:, target]
    return _sorted_out(scores.numpy(), draws)


def _sorted_out(scores: Float64Array, draws: int) -> FrozenScores:
    """Name the scores of a clip, of it all frozen, and of the masks in their order."""
    original, everything, *parts = scores.tolist()
    count = len(SHARES)
    others = np.array(parts[count + 1 :]).reshape(draws, count).mean(axis=0)
    return FrozenScores(original, parts[count], np.array(parts[:count]), others, everything)


def _as_tensor(mask: BoolArray, like: Tensor) -> Tensor:
    return torch.from_numpy(mask).to(like.device)[None, None]


class _Masks:
    """Voxels to freeze, bool (T, h, w) each: as many of one kind as of another."""

    def __init__(self, motion: Float32Array, static: Float32Array, draws: int, seed: int) -> None:
        self._motion, self._static = np.abs(motion), np.abs(static)
        self._draws, self._seed = draws, seed
        called = int(np.count_nonzero(motion))
        self._counts = [max(min(round(share * motion.size), called), 1) for share in SHARES]
        self._order = np.argsort(-self._motion, axis=None, kind="stable")

    def motion(self) -> Iterator[BoolArray]:
        """Yield the voxels of the strongest motion, for each share."""
        for count in self._counts:
            yield self._mask(self._order[:count])

    def static(self) -> BoolArray:
        """Return the voxels of the strongest static that are not those of motion, for `SHARE`."""
        return self._strongest(self._static, self._counts[SHARES.index(SHARE)])

    def others(self) -> Iterator[BoolArray]:
        """Yield as many voxels in like patches elsewhere, draw by draw, for each share."""
        for draw in range(self._draws):
            moved = self._moved(draw)
            for count in self._counts:
                yield self._strongest(moved, count)

    def _strongest(self, values: Float32Array, count: int) -> BoolArray:
        """Take the highest values outside the voxels of motion, while there are others."""
        left = values.ravel().astype(np.float64)
        left[self._order[:count]] -= np.inf
        return self._mask(np.argsort(-left, kind="stable")[:count])

    def _mask(self, taken: Int64Array) -> BoolArray:
        mask = np.zeros(self._motion.size, np.bool_)
        mask[taken] = True
        return mask.reshape(self._motion.shape)

    def _moved(self, draw: int) -> Float32Array:
        """Shift the motion to a random place, so that other voxels lie in patches as it does.

        Single voxels here and there would be noise, which upsets a network by itself.
        """
        height, width = self._motion.shape[1:]
        made = generator_for(self._seed, draw)
        parts = (torch.rand(2, generator=made) * 0.5 + 0.25).tolist()
        by = [round(part * side) for part, side in zip(parts, (height, width), strict=True)]
        moved = np.roll(self._motion, by, axis=(1, 2))
        sigma = max(_BLUR_SHARE * min(height, width), 0.5)
        return np.stack([cv2.GaussianBlur(frame, (0, 0), sigma) for frame in moved])

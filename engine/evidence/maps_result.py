"""Maps of evidence: the places of what movement changes, and of what the picture does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np

from engine.types import Float32Array

MapsMethod = Literal["difference", "path gradients"]


@dataclass(frozen=True, slots=True, eq=False)
class EvidenceMaps:
    """Relevance of what movement changes in a model's answer, and of what the picture does.

    Attributes
    ----------
    motion : float32 array, (T, h, w)
        Relevance of the change from the stills of the clip to the clip; exactly zero where
        nothing moves.
    appearance : float32 array, (T, h, w)
        Relevance of the change from nothing, a blurred still, to the stills.
    motion_sum, appearance_sum : float
        What the maps sum to: the changes themselves, means over the stills.
    goal : str
        What is summed, for people: bits for a class, or the change of all logits.
    target : int or None
        The class; None for all logits or a function of them.
    stills : tuple of int
        Frames that were shown as stills.
    method : str
        "difference" or "path gradients".
    notices : tuple of str
        What the user should know.
    """

    motion: Float32Array
    appearance: Float32Array
    motion_sum: float
    appearance_sum: float
    goal: str
    target: int | None
    stills: tuple[int, ...]
    method: MapsMethod
    notices: tuple[str, ...]

    def __post_init__(self) -> None:
        for array in (self.motion, self.appearance):
            array.setflags(write=False)

    @property
    def motion_strength(self) -> Float32Array:
        """Strength of the relevance of motion around each pixel: by it voxels are ranked.

        The root of |motion|, so that no single pixel rules its surroundings, averaged by a
        Gaussian over a 75th of the picture's shorter side and over three frames, as relevance
        comes and goes.
        """
        width = max(min(self.motion.shape[1:]) / 75, 0.5)
        roots = np.sqrt(np.abs(self.motion))
        smooth = np.stack([cv2.GaussianBlur(one, (0, 0), width) for one in roots])
        last = len(smooth) - 1
        around = [smooth[max(0, t - 1) : min(t, last - 1) + 2].mean(0) for t in range(last + 1)]
        return np.asarray(around, np.float32)

"""Evidence for a decision in bits, in three parts, and the verdict that follows from it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

from msgspec import Meta

from engine.types import Float64Array

Verdict = Literal["movement", "several pictures", "one picture", "mixed", "cannot tell"]
Bits = Annotated[float, Meta(ge=0, le=1e9)]


@dataclass(frozen=True, slots=True)
class ClassBits:
    """Evidence for one class, additive: its log-probability gained step by step, in bits.

    Attributes
    ----------
    still : float
        From the prior to one picture.
    frames : float
        From one picture to all of them in any order.
    order : float
        From these to the clip.
    """

    still: float
    frames: float
    order: float

    @property
    def total(self) -> float:
        """Bits from the prior to the clip."""
        return self.still + self.frames + self.order


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What a decision rests on.

    Attributes
    ----------
    share : float
        Share of movement, 0 to 1: `order_bits` over all bits; nan where there is no evidence.
    interval : (float, float)
        95 % interval of the share, calibrated on clips whose truth is known; nan where the share
        is.
    still_bits, frames_bits, order_bits : float
        Evidence of one picture, of several pictures beyond it, and of movement, in bits, >= 0.
    verdict : str
        "movement", "several pictures", "one picture", "mixed" or "cannot tell".
    reason : str
        A sentence: why this verdict.
    target : int
        Class that the model answers, or that was asked about.
    prior : str
        What the model is compared with when it sees nothing of the clip, in a few words.
    log2_steps : float64 array, (4, K)
        log2 of every class's probability under the prior, for one picture, for the pictures in
        any order, and for the clip.
    """

    share: float
    interval: tuple[float, float]
    still_bits: float
    frames_bits: float
    order_bits: float
    verdict: Verdict
    reason: str
    target: int
    prior: str
    log2_steps: Float64Array

    def __post_init__(self) -> None:
        self.log2_steps.setflags(write=False)

    @property
    def total_bits(self) -> float:
        """All evidence, in bits."""
        return self.still_bits + self.frames_bits + self.order_bits

    @property
    def is_told(self) -> bool:
        """False where the verdict is "cannot tell"."""
        return self.verdict != "cannot tell" and math.isfinite(self.share)

    def for_class(self, index: int) -> ClassBits:
        """Return the bits of one class, which may be negative and sum to its total exactly.

        Raises
        ------
        IndexError
            If the model has no such class.
        """
        prior, still, frames, clip = (float(step) for step in self.log2_steps[:, index])
        return ClassBits(still - prior, frames - still, clip - frames)

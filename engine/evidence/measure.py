"""The measure: from what a model says of a clip and its variants to evidence in bits. No torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.evidence.heads import divergence_bits, log2_probabilities, renormalised
from engine.types import Activation, Float64Array

GAIN = 16.0
"""Bits beyond one picture that each bit lost by another arrangement of frames accounts for.

Chosen on planted truth, where it hardly mattered from 8 to 64: docs/results.md."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a model says of a clip and its variants: log2 of probabilities.

    Each is float64 (n, K) or (n, K, 2), as of `log2_probabilities`.

    Attributes
    ----------
    clip : (1, ...)
        As it is.
    stills : (n, ...)
        Single frames, repeated.
    orders : (m, ...)
        The frames in other orders; none for a clip in which nothing changes.
    held, mixed : (1, ...) or (0, ...)
        A few of the frames, one after the other and taking turns: the same pictures, as often.
    prior : (1, ...)
        Nothing in particular.
    """

    clip: Float64Array
    stills: Float64Array
    orders: Float64Array
    held: Float64Array
    mixed: Float64Array
    prior: Float64Array

    @classmethod
    def from_logits(
        cls,
        clip: Float64Array,
        stills: Float64Array,
        orders: Float64Array,
        held: Float64Array,
        mixed: Float64Array,
        prior: Float64Array,
        activation: Activation,
    ) -> Answers:
        """Read logits, each (n, K), by the model's activation."""
        parts = (clip, stills, orders, held, mixed, prior)
        return cls(*(log2_probabilities(one, activation) for one in parts))

    def class_steps(self, part: float) -> Float64Array:
        """Return log2 of each class's probability, float64 (4, K), step by step.

        Rows are prior, one picture (the mean over stills), pictures in any order, and clip.

        Parameters
        ----------
        part : float
            Of what lies beyond one picture, the part that is movement, 0 to 1.
        """
        prior, still, clip = (
            mean[..., 0] if mean.ndim == 2 else mean
            for mean in (one.mean(axis=0) for one in (self.prior, self.stills, self.clip))
        )
        return np.stack([prior, still, clip - part * (clip - still), clip])

    def arranged_bits(self) -> float:
        """Return how much the model loses by another arrangement of the frames, in bits.

        Either the clip loses when its frames change places, or two pictures lose more of it one
        after the other than taking turns. Both are 0 where the order of frames makes no
        difference. One alone is not enough: what shakes still shakes in any order, and two
        pictures do not show every movement.
        """
        lost = divergence_bits(self.clip, self.orders).mean()
        if not len(self.held):
            return float(lost)
        held, mixed = (divergence_bits(self.clip, one)[0] for one in (self.held, self.mixed))
        return float(max(lost, held - mixed))

    def moved(self) -> Float64Array:
        """Return what the movement says without the picture, log2 of probabilities (n, ...).

        The change from each still to the clip, made to the prior.
        """
        return renormalised(self.prior + self.clip - self.stills)


@dataclass(frozen=True, slots=True)
class Parts:
    """Evidence in bits, >= 0, as in `Evidence`."""

    still: float
    frames: float
    order: float

    @property
    def total(self) -> float:
        """All evidence."""
        return self.still + self.frames + self.order

    @property
    def moving_part(self) -> float:
        """Part of what lies beyond one picture that is movement, 0 to 1."""
        beyond = self.frames + self.order
        return self.order / beyond if beyond > 0 else 0.0

    @property
    def share(self) -> float:
        """Share of movement, 0 to 1, nan without evidence."""
        return self.order / self.total if self.total > 0 else float("nan")


def weigh(answers: Answers) -> Parts:
    """Return the evidence of one picture, of several, and of movement.

    A picture and what lies beyond it often say the same, and what comes second then seems to add
    nothing. So each is worth the mean of what it adds first and second (Shapley 1953), as
    divergences: of the still from the prior and of the clip from the movement without the
    picture, and of that from the prior and of the clip from the still.

    What lies beyond is movement as far as the arrangement of pictures matters to the model,
    `GAIN` bits for each bit: no arrangement takes all movement away, so the loss falls short of
    what movement is worth. A model that cannot see order gets exactly none.
    """
    frozen = float(divergence_bits(answers.clip, answers.stills).mean())
    if frozen == 0:  # nothing lies beyond one picture
        return Parts(float(divergence_bits(answers.stills, answers.prior).mean()), 0.0, 0.0)
    moved = answers.moved()
    still = divergence_bits(answers.stills, answers.prior) + divergence_bits(answers.clip, moved)
    beyond = divergence_bits(answers.clip, answers.stills) + divergence_bits(moved, answers.prior)
    part = min(1.0, GAIN * answers.arranged_bits() / frozen)
    seen, more = float(still.mean()) / 2, float(beyond.mean()) / 2
    return Parts(seen, (1 - part) * more, part * more)

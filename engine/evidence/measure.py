"""The measure: from what a model says of a clip and its variants to evidence in bits. No torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.evidence.heads import divergence_bits, log2_probabilities
from engine.types import Activation, Float64Array


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What a model says of a clip and its variants: log2 of probabilities.

    Attributes
    ----------
    clip : float64 array, (1, K) or (1, K, 2)
        As of `log2_probabilities`.
    stills : float64 array, (n, K) or (n, K, 2)
        Of single frames, repeated.
    orders : float64 array, (m, K) or (m, K, 2)
        Of the frames in other orders.
    prior : float64 array, (1, K) or (1, K, 2)
        Of nothing in particular.
    """

    clip: Float64Array
    stills: Float64Array
    orders: Float64Array
    prior: Float64Array

    @classmethod
    def from_logits(
        cls,
        clip: Float64Array,
        stills: Float64Array,
        orders: Float64Array,
        prior: Float64Array,
        activation: Activation,
    ) -> Answers:
        """Read logits, each (N, K), by the model's activation."""
        parts = (log2_probabilities(one, activation) for one in (clip, stills, orders, prior))
        return cls(*parts)

    def class_steps(self) -> Float64Array:
        """Return log2 of each class's probability, float64 (4, K).

        Rows are prior, one picture, pictures in any order, and clip; variants are averaged.
        """
        parts = (self.prior, self.stills, self.orders, self.clip)
        means = [part.mean(axis=0) for part in parts]
        return np.stack([mean[..., 0] if mean.ndim == 2 else mean for mean in means])


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
    def share(self) -> float:
        """Share of movement, 0 to 1; nan without evidence."""
        return self.order / self.total if self.total > 0 else float("nan")


def weigh(answers: Answers) -> Parts:
    """Return the evidence of one picture, of several, and of movement.

    One picture is worth the divergence of what a still says from the prior, and everything
    beyond it the divergence of what the clip says from a still, both averaged over stills. Of
    the latter, movement is what is lost in that order of the frames which loses most, at most
    all of it: an order that a network notices shows that it sees movement, but how much it
    loses by it depends on how strange the order looks.
    """
    still = float(divergence_bits(answers.stills, answers.prior).mean())
    beyond = float(divergence_bits(answers.clip, answers.stills).mean())
    lost = float(divergence_bits(answers.clip, answers.orders).max())
    order = min(lost, beyond)
    return Parts(still, beyond - order, order)

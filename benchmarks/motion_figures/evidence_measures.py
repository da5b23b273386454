"""Evidence of every truth network for every clip, beside the true share by intervention."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.motion_figures.evidence_records import Record
from benchmarks.motion_figures.interventions import activity_share, truth_of
from benchmarks.motion_figures.truth_networks import BLIND_TO_ORDER
from engine.evidence.evidence import Evidence
from engine.evidence.judgement import judged
from engine.evidence.measure import Answers
from engine.evidence.prior import Prior, mean_prior
from engine.models.networks.figures import FIGURES_LABELS
from engine.types import Float64Array


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """One network on the clips of one split.

    Attributes
    ----------
    name : str
        "architecture-b-seed".
    truth : float64 array, (clips,)
        True share of the activity against the sign; 0 for networks that are blind to order.
    posed : float64 array, (clips,)
        True share of movement with the pose as a cause of its own.
    evidence : tuple of Evidence
        A clip each.
    """

    name: str
    truth: Float64Array
    posed: Float64Array
    evidence: tuple[Evidence, ...]

    @property
    def architecture(self) -> str:
        """First part of the name, such as "frame-mean"."""
        return self.name.rsplit("-", 2)[0]

    @property
    def is_blind(self) -> bool:
        """True for a network that cannot see the order of frames."""
        return self.architecture in BLIND_TO_ORDER

    @property
    def intervals(self) -> list[tuple[float, float]]:
        """Intervals of the shares."""
        return [one.interval for one in self.evidence]

    @property
    def share(self) -> Float64Array:
        """Shares by evidence, float64 (clips,)."""
        return np.array([one.share for one in self.evidence])


def stills_prior(record: Record) -> Prior:
    """Return the prior of a network from the stills of all clips."""
    stills = record.stills.reshape(-1, record.stills.shape[-1]).astype(np.float64)
    return mean_prior(stills, "softmax", f"{len(stills)} stills")


def measured(name: str, record: Record, prior: Prior | None = None) -> Measured:
    """Return evidence and truth of a network, clip by clip, from its record."""
    prior = prior or stills_prior(record)
    evidence = tuple(
        judged(answers_of(record, index, prior), own_class(index), prior.source, "")
        for index in range(len(record.clip))
    )
    payoffs = centred(record)
    blind = name.rsplit("-", 2)[0] in BLIND_TO_ORDER
    truth = np.array([0.0 if blind else activity_share(one) for one in payoffs])
    posed = np.array([0.0 if blind else truth_of(one).share for one in payoffs])
    return Measured(name, truth, posed, evidence)


def own_class(index: int) -> int:
    """Return the activity of a clip of a split."""
    return index % len(FIGURES_LABELS)


def centred(record: Record) -> Float64Array:
    """Return the payoffs of the renderings: the own class's logit less the mean, (clips, 18)."""
    logits = record.renderings.astype(np.float64)
    clips = np.arange(len(logits))
    payoffs: Float64Array = (logits - logits.mean(-1, keepdims=True))[
        clips, :, clips % len(FIGURES_LABELS)
    ]
    return payoffs


def answers_of(record: Record, index: int, prior: Prior) -> Answers:
    """Return what the network says of a clip and the variants that the measure asks for."""
    random, held, mixed = record.arranged[index].astype(np.float64)
    return Answers.from_logits(
        record.clip[index][None].astype(np.float64),
        record.stills[index].astype(np.float64)[[0, 2]],
        random[None], held[None], mixed[None], prior.row, "softmax",
    )  # fmt: skip

"""Does the model use motion at all? Its score when the clip is frozen, reversed, shuffled."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from engine.attribution.base.batches import generator_for, in_batches
from engine.attribution.base.evaluating import evaluating
from engine.attribution.base.explained_model import ExplainedModel, check_clip
from engine.attribution.base.precision import matmul_precision
from engine.attribution.base.targets import Target, resolve_goal
from engine.attribution.baselines import frozen
from engine.cancel import Check, never
from engine.errors import AttributionError
from engine.models.devices.faults import memory_told
from engine.models.model import Clip, VideoModel
from engine.types import Activation, Report, unreported

_BEFORE = 3  # scores before those of the random orders


@dataclass(frozen=True, slots=True)
class MotionUse:
    """Scores of one target for a clip and for the clip with its movement destroyed.

    Attributes
    ----------
    target : int or None
        The class that the clip itself has; None for a function of the logits.
    original, frozen, reversed, shuffled : float
        Explained score (a logit, or a difference of two): of the clip, of its middle frame
        repeated, of the clip backwards, and the mean over random orders of its frames.
    probabilities : tuple of four floats, or None
        The same as probabilities, in that order; None where the target is not one class, or the
        outputs are values.
    shuffles : int
        Random orders that were tried.
    shuffled_scores, shuffled_probabilities : tuple of float
        What they are the mean of, one a random order; no probabilities where there are none.
    activation : str
        What makes probabilities of the model's outputs.
    """

    target: int | None
    original: float
    frozen: float
    reversed: float
    shuffled: float
    probabilities: tuple[float, float, float, float] | None
    shuffles: int
    shuffled_scores: tuple[float, ...] = ()
    shuffled_probabilities: tuple[float, ...] = ()
    activation: Activation = "softmax"


def motion_use(
    model: VideoModel,
    clip: Clip,
    target: Target = None,
    *,
    shuffles: int = 8,
    seed: int = 0,
    report: Report = unreported,
    check: Check = never,
) -> MotionUse:
    """Score a clip frozen, reversed and shuffled.

    Parameters
    ----------
    model, clip, target, report, check
        As for `engine.attribution.attribute`.
    shuffles : int
        Random orders of the frames to average over, >= 1.
    seed : int
        Of the orders.

    Raises
    ------
    AttributionError
        As `engine.attribution.attribute`.
    """
    check_clip(model, clip)
    if shuffles < 1:
        raise AttributionError(
            f"{shuffles} random orders were asked for.", "Give at least one: shuffles=8."
        )
    explained = ExplainedModel(model, resolve_goal(model.spec, target), report, check)
    orders = _orders(clip.tensor.shape[2], shuffles, seed)
    exact = matmul_precision(model.device, rounded=False)
    with memory_told(model.device), evaluating(model.module), torch.no_grad(), exact:
        fixed, logits = explained.fixed_on(clip.tensor)
        index = fixed.goal.indices(logits)[0]
        variants = [clip.tensor, frozen(clip.tensor), *(clip.tensor[:, :, o] for o in orders)]

        def part(first: int, last: int) -> Tensor:
            return fixed.logits(torch.cat(variants[first:last])).detach()

        rows = torch.cat(list(in_batches(fixed, len(variants), part)))
    single = index is not None and fixed.goal.against is None and fixed.activation != "none"
    scores = _listed(fixed.scores(rows))
    chances = _listed(fixed.scores(fixed.probabilities(rows))) if single else []
    return MotionUse(
        index,
        *_four(scores),
        probabilities=_four(chances) if single else None,
        shuffles=shuffles,
        shuffled_scores=tuple(scores[_BEFORE:]),
        shuffled_probabilities=tuple(chances[_BEFORE:]),
        activation=fixed.activation,
    )


def _orders(frames: int, shuffles: int, seed: int) -> list[Tensor]:
    """Return the reversed order, and random ones."""
    draws = [generator_for(seed, index) for index in range(shuffles)]
    return [torch.arange(frames).flip(0), *(torch.randperm(frames, generator=g) for g in draws)]


def _listed(scores: Tensor) -> list[float]:
    return [float(score) for score in scores]


def _four(scores: list[float]) -> tuple[float, float, float, float]:
    original, still, backwards, *shuffled = scores
    return original, still, backwards, sum(shuffled) / len(shuffled)

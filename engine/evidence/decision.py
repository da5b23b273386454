"""Evidence for a model's decision on one clip, by a few forward passes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.attribution.base.batches import in_batches
from engine.attribution.base.explained_model import ExplainedModel, check_clip, evaluating
from engine.attribution.base.targets import Target, resolve_goal
from engine.attribution.baselines import frozen
from engine.cancel import Check, never
from engine.errors import AttributionError
from engine.evidence.evidence import Evidence
from engine.evidence.fallback import fallback_clips
from engine.evidence.judgement import judged, untold
from engine.evidence.measure import Answers
from engine.evidence.prior import Prior, mean_prior
from engine.evidence.variants import other_orders, still_frames
from engine.models.model import Clip, VideoModel
from engine.types import Float64Array, Report, unreported

STILLS = 2
ORDERS = 2


def decision_evidence(
    model: VideoModel,
    clip: Clip,
    target: Target = None,
    *,
    prior: Prior | None = None,
    stills: int = STILLS,
    orders: int = ORDERS,
    seed: int = 0,
    report: Report = unreported,
    check: Check = never,
) -> Evidence:
    """Measure what a decision rests on: one picture, several pictures, movement.

    Parameters
    ----------
    model, clip, report, check
        As for `engine.attribution.attribute`; any model, closed ones too.
    target : int, str or None
        Class whose bits are told besides; the evidence is that for the whole answer. None takes
        the model's answer.
    prior : Prior or None
        What the model says of nothing in particular. None takes `clip_prior`.
    stills : int
        Frames shown by themselves, >= 1. One is enough for a quick look.
    orders : int
        Other orders of the frames, >= 1: the calmest, then random ones.
    seed : int
        Of the random orders.

    Returns
    -------
    Evidence
        Where nothing changes in the clip, everything beyond one picture is exactly 0.

    Raises
    ------
    AttributionError
        As `engine.attribution.attribute`.
    """
    check_clip(model, clip)
    if stills < 1 or orders < 1:
        raise AttributionError(
            f"{stills} stills and {orders} orders were asked for.", "Give at least one of each."
        )
    explained = ExplainedModel(model, resolve_goal(model.spec, target), report, check)
    prior = prior or clip_prior(model, clip, check=check)
    asked = _ask(explained, clip.tensor, stills, orders, seed)
    index = explained.goal.indices(torch.from_numpy(asked.clip))[0]
    answers = Answers.from_logits(
        asked.clip, asked.stills, asked.orders, prior.row, explained.activation
    )
    reason = untold(clip.tensor)
    return judged(answers, 0 if index is None else index, prior.source, reason)


@dataclass(frozen=True, slots=True, eq=False)
class _Logits:
    """Logits of a clip and its variants, each float64 (N, K)."""

    clip: Float64Array
    stills: Float64Array
    orders: Float64Array


def _ask(explained: ExplainedModel, values: Tensor, stills: int, orders: int, seed: int) -> _Logits:
    """Score a clip and its variants; a clip in which nothing changes is its own variants."""
    if bool((values == values[:, :, :1]).all()):
        row = score_clips(explained, [values])
        return _Logits(row, row, row)
    frames = still_frames(values.shape[2], stills)
    others = other_orders(values, orders, seed)
    variants = [values, *(frozen(values, frame) for frame in frames)]
    rows = score_clips(explained, [*variants, *(values[:, :, order] for order in others)])
    return _Logits(rows[:1], rows[1 : 1 + len(frames)], rows[1 + len(frames) :])


def score_clips(explained: ExplainedModel, clips: list[Tensor]) -> Float64Array:
    """Return the logits of clips (1, C, T, h, w), float64 (N, K), in batches that fit."""

    def part(first: int, last: int) -> Tensor:
        return explained.logits(torch.cat(clips[first:last])).detach()

    with evaluating(explained.model.module), torch.no_grad():
        rows = torch.cat(list(in_batches(explained, len(clips), part)))
    return rows.double().cpu().numpy()


def clip_prior(model: VideoModel, clip: Clip, *, check: Check = never) -> Prior:
    """Return a prior from a clip alone, for a single video of a model without a prior's file.

    Parameters are those of `decision_evidence`.
    """
    explained = ExplainedModel(model, resolve_goal(model.spec, None), check=check)
    rows = score_clips(explained, fallback_clips(clip))
    return mean_prior(np.asarray(rows), "scrambled stills of this video")

"""Evidence for a model's decision on one clip, by a few forward passes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from engine.attribution.base.batches import in_batches
from engine.attribution.base.evaluating import evaluating
from engine.attribution.base.explained_model import ExplainedModel, check_clip
from engine.attribution.base.precision import matmul_precision
from engine.attribution.base.targets import Target, resolve_goal
from engine.attribution.baselines import frozen
from engine.cancel import Check, never
from engine.errors import AttributionError
from engine.evidence.effort import EFFORTS, Effort
from engine.evidence.evidence import Evidence
from engine.evidence.fallback import fallback_clips
from engine.evidence.heads import check_probabilities
from engine.evidence.judgement import judged
from engine.evidence.measure import Answers
from engine.evidence.prior import Prior, mean_prior
from engine.evidence.untold import reason_untold
from engine.evidence.variants import farthest_pair, held, random_orders, still_frames, taking_turns
from engine.models.model import Clip, VideoModel
from engine.types import Float32Array, Float64Array, Report, unreported

FULL = EFFORTS["full"]


def decision_evidence(
    model: VideoModel,
    clip: Clip,
    target: Target = None,
    *,
    prior: Prior | None = None,
    stills: int = FULL.stills,
    orders: int = FULL.orders,
    pair: bool = FULL.pair,
    seed: int = 0,
    logits: Float32Array | None = None,
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
        Random orders of the frames, >= 1.
    pair : bool
        Whether two of the frames are shown one after the other and taking turns as well. Without
        it, movement that looks the same in any order is taken for several pictures.
    seed : int
        Of the random orders.
    logits : float array, (K,), or None
        What the model says of the clip, where that is known; None asks it.

    Returns
    -------
    Evidence
        Where nothing changes in the clip, everything beyond one picture is exactly 0.

    Raises
    ------
    AttributionError
        As `engine.attribution.attribute`, and of a model whose outputs are values.
    """
    if stills < 1 or orders < 1:
        raise AttributionError(
            f"{stills} stills and {orders} orders were asked for.", "Give at least one of each."
        )
    explained = ExplainedModel(model, resolve_goal(model.spec, target), report, check)
    effort = Effort(stills, orders, pair)
    _, evidence = answer_and_evidence(explained, clip, effort, prior, seed=seed, logits=logits)
    return evidence


def answer_and_evidence(
    explained: ExplainedModel,
    clip: Clip,
    effort: Effort,
    prior: Prior | None = None,
    *,
    seed: int = 0,
    logits: Float32Array | None = None,
) -> tuple[Float32Array, Evidence]:
    """Ask a model for its answer and what that rests on, in the same batches.

    A pass of a single clip takes more than twice as long as a share of a batch on one thread.

    Parameters
    ----------
    explained : ExplainedModel
        Its goal is the class whose bits are told besides.
    effort : Effort
        At least one still and one order.
    clip, prior, seed, logits
        As for `decision_evidence`.

    Returns
    -------
    float array, (K,)
        What the model says of the clip.
    Evidence
        As of `decision_evidence`.

    Raises
    ------
    AttributionError
        As `decision_evidence`.
    """
    check_clip(explained.model, clip)
    check_probabilities(explained.model.spec)
    prior = prior or clip_prior(explained.model, clip, check=explained.check)
    own = None if logits is None else np.asarray(logits, np.float64)[None]
    row, shown, ordered, apart, mixed = _ask(explained, clip.tensor, effort, seed, own)
    index = explained.goal.indices(torch.from_numpy(row))[0]
    answers = Answers.from_logits(
        row, shown, ordered, apart, mixed, prior.row, explained.activation
    )
    untold = reason_untold(clip.tensor)
    evidence = judged(answers, 0 if index is None else index, prior.source, untold)
    return row[0].astype(np.float32), evidence


def _ask(
    explained: ExplainedModel, values: Tensor, effort: Effort, seed: int, own: Float64Array | None
) -> list[Float64Array]:
    """Score a clip and its variants. A clip in which nothing changes is its own variants.

    Logits (n, K) of the clip, its stills, other orders, and two pictures held and taking turns; n
    may be 0 for the last two.
    """
    if bool((values == values[:, :, :1]).all()):
        row = score_clips(explained, [values])
        return [row, row, row, row[:0], row[:0]]
    frames = values.shape[2]
    arranged = random_orders(frames, effort.orders, seed)
    if effort.pair:
        pair = farthest_pair(values)
        arranged += [held(pair, frames), taking_turns(pair, frames)]
    asked = [values] if own is None else []
    chosen = still_frames(frames, effort.stills)
    asked += [*(frozen(values, one) for one in chosen), *(values[:, :, one] for one in arranged)]
    rows = score_clips(explained, asked)
    rows = rows if own is None else np.concatenate([own, rows])
    ends = np.cumsum([1, len(chosen), effort.orders, effort.pair])
    return np.split(rows, ends)


def score_clips(explained: ExplainedModel, clips: list[Tensor]) -> Float64Array:
    """Return the logits of clips (1, C, T, h, w), float64 (N, K), in batches that fit."""

    def part(first: int, last: int) -> Tensor:
        return explained.logits(torch.cat(clips[first:last])).detach()

    exact = matmul_precision(explained.model.device, rounded=False)
    with evaluating(explained.model.module), torch.no_grad(), exact:
        rows = torch.cat(list(in_batches(explained, len(clips), part)))
    return rows.double().cpu().numpy()


def clip_prior(model: VideoModel, clip: Clip, *, check: Check = never) -> Prior:
    """Return a prior from a clip alone, for a single video of a model without a prior's file.

    Parameters are those of `decision_evidence`.
    """
    check_probabilities(model.spec)
    explained = ExplainedModel(model, resolve_goal(model.spec, None), check=check)
    rows = score_clips(explained, fallback_clips(clip))
    return mean_prior(np.asarray(rows), explained.activation, "scrambled stills of this video")

"""Maps that add up: relevance of the change from nothing to a still, and from there to the clip.

Not the clip is explained but what movement changes: the network sees the clip and some of its
frames held still, and relevance of the difference of its answers goes back along the differences
of the activations (`maps_rules`), which are zero where nothing moves. Where the network does
what has no rule, gradients are integrated on the way from the still to the clip instead.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.attribution.base.evaluating import evaluating
from engine.attribution.base.explained_model import ExplainedModel, check_clip
from engine.attribution.base.precision import matmul_precision
from engine.attribution.base.targets import Goal, Target
from engine.attribution.base.tensor_tags import newest, tag
from engine.attribution.baselines import blurred, frozen
from engine.cancel import Check, never
from engine.errors import AttributionError
from engine.evidence.maps_goal import MapsGoal, Score, maps_goal, start_relevance
from engine.evidence.maps_paths import completed, path_relevance
from engine.evidence.maps_result import EvidenceMaps, MapsMethod
from engine.evidence.maps_runs import TapedRun, TracedRun
from engine.evidence.maps_stills import camera_views, held_stills
from engine.evidence.maps_tape import NoRuleError, Tape, added, check_alike, divided
from engine.evidence.variants import still_frames
from engine.models.model import Clip, VideoModel
from engine.types import Float32Array, Progress, Report, unreported

STILLS = 2
"""Frames shown as stills, unless told otherwise."""

_LOST = 0.01
"""Relevance that the rules may lose, as a share of what they start with."""


def evidence_maps(
    model: VideoModel,
    clip: Clip,
    target: Target = None,
    *,
    method: str = "lrp",
    stills: int | Sequence[int] = STILLS,
    camera: bool = True,
    seed: int = 0,
    report: Report = unreported,
    check: Check = never,
) -> EvidenceMaps:
    """Map what movement and what the picture change in a model's answer.

    Parameters
    ----------
    model : VideoModel
        Left bit for bit as it was, also after an error or a cancel.
    clip : Clip
        One clip, from ``model.preprocess``.
    target : int, str, Contrast, callable or None
        A class, whose log2 probability is explained, in bits; other targets as for
        `engine.attribution.attribute`; None explains the change of all logits.
    method : str
        "lrp" for relevance of the difference, with path gradients where a layer has no rule; or
        "path gradients".
    stills : int or sequence of int
        Frames shown as stills, or how many.
    camera : bool
        Whether stills are carried along by a moving camera, so that only what moves against the
        scenery is motion; what the camera itself changes belongs to appearance then.
    seed : int
        Nothing is drawn at random yet; the same seed always gives the same maps.
    report, check : callable
        Told the progress; raises `Cancelled` to stop.

    Returns
    -------
    EvidenceMaps
        Whose sums are exact up to the rounding of float32.

    Raises
    ------
    AttributionError
        If the method, a still or the target is unknown, or the model cannot be explained.
    Cancelled
        If ``check`` says so.
    """
    check_clip(model, clip)
    if method not in ("lrp", "path gradients") or len(clip.tensor) != 1:
        raise AttributionError(
            f"There are no maps of evidence by {method!r} for {len(clip.tensor)} clips.",
            "Give one clip, and the method 'lrp' or 'path gradients'.",
        )
    frames = _still_frames(clip.tensor.shape[2], stills)
    explained = ExplainedModel(model, Goal(), report, check)
    goal = maps_goal(explained, target)
    views = _Views.of(explained, clip, frames, camera=camera)
    with evaluating(model.module), matmul_precision(model.device, rounded=False):
        legs, made = explained.traced(
            lambda: _legs(explained, goal, views, by_rules=method == "lrp")
        )
    (motion, motion_sum), (appearance, appearance_sum) = legs
    return EvidenceMaps(
        motion=motion,
        appearance=appearance,
        motion_sum=motion_sum,
        appearance_sum=appearance_sum,
        goal=goal.text,
        target=goal.target,
        stills=frames,
        method=made,
        notices=tuple(explained.notices),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Views:
    """What the network is shown: planes of the clip, its stills and nothing, (1, C, T, h, w)."""

    clip: Tensor
    stills: list[Tensor]
    nothing: Tensor

    @classmethod
    def of(
        cls, explained: ExplainedModel, clip: Clip, frames: Sequence[int], camera: bool
    ) -> _Views:
        values = clip.tensor.to(explained.model.device)
        low, high = clip.low.to(values), clip.high.to(values)
        seen = camera_views(values, low, high, explained.check) if camera else []
        if seen:
            explained.note("The camera moves: stills follow it, and its motion is no motion here.")
        stills = held_stills(values, frames, seen)
        mean = torch.stack([frozen(values, frame)[:, :, :1] for frame in frames]).mean(0)
        nothing = blurred(mean).expand_as(values).contiguous()
        planes = explained.model.planes
        return cls(planes(values), [planes(still) for still in stills], planes(nothing))


_Leg = tuple[Float32Array, float]


def _legs(
    explained: ExplainedModel, goal: MapsGoal, views: _Views, *, by_rules: bool
) -> tuple[list[_Leg], MapsMethod]:
    """Return both maps with their sums, motion first, and the method that made them."""
    if by_rules and explained.model.closed:
        explained.note(
            f"{explained.model.spec.name} is {explained.model.closed}, which is closed: gradients "
            "were integrated from the stills to the clip."
        )
    elif by_rules:
        try:
            return _by_rules(explained, goal, views), "difference"
        except NoRuleError as error:
            explained.note(f"{error} Gradients were integrated instead.")
    return _by_paths(explained, goal, views), "path gradients"


def _by_rules(explained: ExplainedModel, goal: MapsGoal, views: _Views) -> list[_Leg]:
    total = len(views.stills) + 4
    tape, logits = _taped(explained, views.clip)
    explained.report(Progress("Mapping evidence", 1, total))
    stills, still_logits = _taped_mean(explained, views.stills)
    explained.report(Progress("Mapping evidence", total - 3, total))
    moves = any(not torch.equal(still, views.clip) for still in views.stills)
    motion = _leg(explained, goal, (tape, logits), (stills, still_logits), views, moves)
    del tape
    explained.report(Progress("Mapping evidence", total - 2, total))
    nothing, nothing_logits = _taped(explained, views.nothing)
    shown = any(not torch.equal(still, views.nothing) for still in views.stills)
    ends = (stills, still_logits), (nothing, nothing_logits)
    appearance = _leg(explained, goal, *ends, views, shown)
    explained.report(Progress("Mapping evidence", total, total))
    return [motion, appearance]


def _taped(explained: ExplainedModel, values: Tensor) -> tuple[Tape, Tensor]:
    """Run the network on a clip, and return the tape and the logits, (1, K)."""
    run = TapedRun(explained.check)
    entered = _entered(values)[1]
    with run:
        logits = newest(explained.logits_of(entered))
    return run.tape, logits.detach()


def _taped_mean(explained: ExplainedModel, clips: list[Tensor]) -> tuple[Tape, Tensor]:
    """Return the tape of means over several clips, and the logits of each, (N, K)."""
    total, logits = _taped(explained, clips[0])
    rows = [logits]
    for values in clips[1:]:
        tape, logits = _taped(explained, values)
        check_alike(total, tape)
        total = added(total, tape)
        rows.append(logits)
    return divided(total, len(clips)), torch.cat(rows)


def _leg(
    explained: ExplainedModel,
    goal: MapsGoal,
    here: tuple[Tape, Tensor],
    there: tuple[Tape, Tensor],
    views: _Views,
    changes: bool,
) -> _Leg:
    """Return the map of the change from one run to another, and its sum."""
    check_alike(here[0], there[0])
    score = goal.between(here[1], there[1])
    start, whole = start_relevance(score, here[1], there[1])
    if not changes:
        return _on_host(torch.zeros_like(views.clip)), 0.0
    in_full = copy.copy(explained)
    in_full.dtype = torch.float64 if explained.dtype == torch.float64 else torch.float32
    leaf, entered = _entered(views.clip.to(in_full.dtype))
    with TracedRun(here[0], there[0], explained.check):
        logits = newest(in_full.logits_of(entered))
    relevance = explained.gradient(logits, leaf, start.to(logits.dtype))
    missing = abs(float(relevance.double().sum()) - whole)
    if missing > _LOST * float(start.abs().sum()):
        raise NoRuleError("The relevance of the difference does not sum to it in this network.")
    return _on_host(completed(relevance, whole)), whole


def _entered(values: Tensor) -> tuple[Tensor, Tensor]:
    """Return a leaf, and a copy of it that the network may change."""
    leaf = values.detach().clone().requires_grad_()
    entered = leaf.clone()
    tag(entered, seen=True)
    return leaf, entered


def _by_paths(explained: ExplainedModel, goal: MapsGoal, views: _Views) -> list[_Leg]:
    with torch.no_grad():
        rows = [explained.logits_of(v.clone()) for v in (views.clip, *views.stills, views.nothing)]
    clip, stills, nothing = rows[0], torch.cat(rows[1:-1]), rows[-1]
    motion = [(views.clip, still) for still in views.stills]
    appearance = [(still, views.nothing) for still in views.stills]
    return [
        _along(explained, goal.between(clip, stills), clip, stills, motion),
        _along(explained, goal.between(stills, nothing), stills, nothing, appearance),
    ]


def _along(
    explained: ExplainedModel,
    score: Score,
    here: Tensor,
    there: Tensor,
    ways: list[tuple[Tensor, Tensor]],
) -> _Leg:
    whole = start_relevance(score, here, there)[1]
    relevance = path_relevance(explained, score, ways)
    missing = abs(float(relevance.double().sum()) - whole)
    if missing > _LOST * abs(whole):
        explained.note(
            f"Integrated gradients missed their sum by {_missed(missing / abs(whole))}; it was "
            "shared out."
        )
    if not any(bool((end != start).any()) for end, start in ways):
        whole = 0.0
    return _on_host(completed(relevance, whole)), whole


def _missed(share: float) -> str:
    """Return a share in words: few of them, so that many windows do not say it in many ways."""
    if share > 0.5:
        return "more than half"
    return "10 to 50%" if share > 0.1 else "up to 10%"


def _still_frames(frames: int, stills: int | Sequence[int]) -> tuple[int, ...]:
    chosen = still_frames(frames, stills) if isinstance(stills, int) else tuple(stills)
    if not chosen or not all(0 <= frame < frames for frame in chosen):
        raise AttributionError(
            f"{stills} are no stills of a clip of {frames} frames.",
            f"Give frames from 0 to {frames - 1}, or how many.",
        )
    return chosen


def _on_host(relevance: Tensor) -> Float32Array:
    summed: Float32Array = relevance.detach().double().sum(1)[0].float().cpu().numpy().copy()
    return summed

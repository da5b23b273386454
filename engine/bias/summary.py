"""From clips to classes: verdicts, means with their intervals, and whether maps agree."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.bias.measure import BiasClip
from engine.evidence import Verdict
from engine.evidence.summary import together
from engine.metrics import Interval, resampled, spearman
from engine.types import Float64Array

NOTHING = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True)
class ClassBias:
    """One class.

    Attributes
    ----------
    label : str
        Its name.
    clips, videos : int
        Numbers looked at.
    right : float
        Share of the clips for which the class is the model's answer, 0 to 1.
    told : int
        Clips whose decision can be told by itself.
    verdict : str
        On all clips together, as on the windows of one (`engine.evidence.summary`).
    motion_share : Interval
        Share of movement in the summed bits of all clips, 0 to 1; nan where nothing can be told.
    still_bits, frames_bits, order_bits : Interval
        Evidence of one picture, of several pictures and of movement, mean over clips.
    changing_share : Interval
        Of the maps, mean over clips, 0 to 1.
    spread : float
        Standard deviation of the changing share over clips (n - 1); nan for one clip.
    probability : float
        Mean probability of the class, 0 to 1.
    freeze_drop, reverse_drop, shuffle_drop : Interval
        Mean loss of that probability, -1 to 1.
    shuffle_sd : float
        Standard deviation of the shuffled probability over the orders of a clip, mean over clips.

    Intervals are over videos drawn anew, because clips of one video are alike; nan for one video.
    """

    label: str
    clips: int
    videos: int
    right: float
    told: int
    verdict: Verdict
    motion_share: Interval
    still_bits: Interval
    frames_bits: Interval
    order_bits: Interval
    changing_share: Interval
    spread: float
    probability: float
    freeze_drop: Interval
    reverse_drop: Interval
    shuffle_drop: Interval
    shuffle_sd: float


@dataclass(frozen=True, slots=True)
class BiasSummary:
    """A model on some clips.

    Attributes
    ----------
    classes : tuple of ClassBias
        Lowest motion share first: what owes most to scenery; those that cannot be told last.
    overall : ClassBias
        All clips together, labelled "all".
    clip_agreement, class_agreement : Interval
        Rank correlation of the map's changing share with the loss by freezing, over clips and over
        classes, -1 to 1. Intervals are over videos drawn anew.
    """

    classes: tuple[ClassBias, ...]
    overall: ClassBias
    clip_agreement: Interval
    class_agreement: Interval


def summarise(clips: Sequence[BiasClip]) -> BiasSummary:
    """Summarise clips, at least one of them."""
    labels = sorted({clip.label for clip in clips})
    classes = [_class_of(label, [c for c in clips if c.label == label]) for label in labels]
    classes.sort(key=_place)
    return BiasSummary(
        tuple(classes),
        _class_of("all", clips),
        _agreement(clips, _over_clips),
        _agreement(clips, _over_classes),
    )


def _place(one: ClassBias) -> tuple[bool, float, str]:
    share = one.motion_share.value
    return (not math.isfinite(share), share, one.label)


def _class_of(label: str, clips: Sequence[BiasClip]) -> ClassBias:
    shares = _column(clips, "changing_share")
    known = shares[np.isfinite(shares)]
    verdict = together([clip.evidence for clip in clips]).verdict
    order = _column(clips, "order_bits")
    total = order + _column(clips, "still_bits") + _column(clips, "frames_bits")
    spreads = _column(clips, "shuffled_sd")
    return ClassBias(
        label=label,
        clips=len(clips),
        videos=len({clip.video for clip in clips}),
        right=float(np.mean([clip.answer == clip.label for clip in clips])),
        told=sum(clip.evidence.is_told for clip in clips),
        verdict=verdict,
        motion_share=NOTHING if verdict == "cannot tell" else _ratio(clips, order, total),
        still_bits=_mean(clips, _column(clips, "still_bits")),
        frames_bits=_mean(clips, _column(clips, "frames_bits")),
        order_bits=_mean(clips, order),
        changing_share=_mean(clips, shares),
        spread=float(known.std(ddof=1)) if known.size > 1 else float("nan"),
        probability=float(_column(clips, "probability").mean()),
        freeze_drop=_mean(clips, _drop(clips, "frozen")),
        reverse_drop=_mean(clips, _drop(clips, "reversed")),
        shuffle_drop=_mean(clips, _drop(clips, "shuffled")),
        shuffle_sd=_known_mean(spreads),
    )


def _mean(clips: Sequence[BiasClip], values: Float64Array) -> Interval:
    """Return the mean over clips, without those that are nan, its interval over videos."""
    known = np.isfinite(values)
    return _ratio(clips, np.where(known, values, 0.0), known.astype(np.float64))


def _ratio(clips: Sequence[BiasClip], parts: Float64Array, wholes: Float64Array) -> Interval:
    """Return the sum of parts over that of wholes, its interval over videos drawn anew."""
    _, video = np.unique([clip.video for clip in clips], return_inverse=True)
    sums = np.stack([np.bincount(video, weights=values) for values in (parts, wholes)])

    def drawn(chosen: npt.NDArray[np.int64]) -> float:
        part, whole = sums[:, chosen].sum(axis=1)
        return float(part / whole) if whole > 0 else math.nan

    count = sums.shape[1]
    if count < 2:
        return Interval(drawn(np.arange(count)), math.nan, math.nan)
    return resampled(count, drawn)


def _column(clips: Sequence[BiasClip], name: str) -> Float64Array:
    return np.array([getattr(clip, name) for clip in clips], dtype=np.float64)


def _drop(clips: Sequence[BiasClip], name: str) -> Float64Array:
    return _column(clips, "probability") - _column(clips, name)


def _agreement(
    clips: Sequence[BiasClip], measure: Callable[[Sequence[BiasClip]], float]
) -> Interval:
    """Return a measure with its interval, drawing the similar clips of a video together."""
    videos = sorted({clip.video for clip in clips})
    members = {name: [clip for clip in clips if clip.video == name] for name in videos}

    def drawn(chosen: npt.NDArray[np.int64]) -> float:
        return measure([clip for index in chosen for clip in members[videos[index]]])

    return resampled(len(videos), drawn, resamples=500)


def _over_clips(clips: Sequence[BiasClip]) -> float:
    return spearman(_column(clips, "changing_share"), _drop(clips, "frozen"))


def _over_classes(clips: Sequence[BiasClip]) -> float:
    labels = sorted({clip.label for clip in clips})
    groups = [[clip for clip in clips if clip.label == label] for label in labels]
    shares = [_known_mean(_column(group, "changing_share")) for group in groups]
    return spearman(shares, [float(_drop(group, "frozen").mean()) for group in groups])


def _known_mean(values: Float64Array) -> float:
    """Return the mean of all numbers but nan, or nan without any."""
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")

"""From clips to classes: means with their spread, and whether the two measures agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.bias.measure import BiasClip
from engine.metrics import Interval, mean_interval, resampled, spearman
from engine.types import Float64Array


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
    changing_share : Interval
        Mean over clips, 0 to 1.
    spread : float
        Standard deviation of the changing share over clips (n - 1); nan for one clip.
    probability : float
        Mean probability of the class, 0 to 1.
    freeze_drop, reverse_drop, shuffle_drop : Interval
        Mean loss of that probability, -1 to 1.
    """

    label: str
    clips: int
    videos: int
    right: float
    changing_share: Interval
    spread: float
    probability: float
    freeze_drop: Interval
    reverse_drop: Interval
    shuffle_drop: Interval


@dataclass(frozen=True, slots=True)
class BiasSummary:
    """A model on some clips.

    Attributes
    ----------
    classes : tuple of ClassBias
        Lowest changing share first: what owes most to scenery.
    overall : ClassBias
        All clips together, labelled "all".
    clip_agreement, class_agreement : Interval
        Rank correlation of changing share with the loss by freezing, over clips and over classes,
        -1 to 1. Intervals are over videos drawn anew.
    """

    classes: tuple[ClassBias, ...]
    overall: ClassBias
    clip_agreement: Interval
    class_agreement: Interval


def summarise(clips: Sequence[BiasClip]) -> BiasSummary:
    """Summarise clips, at least one of them."""
    labels = sorted({clip.label for clip in clips})
    classes = [_class_of(label, [c for c in clips if c.label == label]) for label in labels]
    classes.sort(key=lambda one: (one.changing_share.value, one.label))
    return BiasSummary(
        tuple(classes),
        _class_of("all", clips),
        _agreement(clips, _over_clips),
        _agreement(clips, _over_classes),
    )


def _class_of(label: str, clips: Sequence[BiasClip]) -> ClassBias:
    shares = _column(clips, "changing_share")
    known = shares[np.isfinite(shares)]
    return ClassBias(
        label=label,
        clips=len(clips),
        videos=len({clip.video for clip in clips}),
        right=float(np.mean([clip.answer == clip.label for clip in clips])),
        changing_share=mean_interval(shares),
        spread=float(known.std(ddof=1)) if known.size > 1 else float("nan"),
        probability=float(_column(clips, "probability").mean()),
        freeze_drop=mean_interval(_drop(clips, "frozen")),
        reverse_drop=mean_interval(_drop(clips, "reversed")),
        shuffle_drop=mean_interval(_drop(clips, "shuffled")),
    )


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

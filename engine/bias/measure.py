"""The figures of single clips: evidence, changing share, and the answer without movement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.attribution import Attribution, MotionUse, motion_use
from engine.attribution.attribute_clip import Explainer
from engine.cancel import Check, never
from engine.evidence import Evidence, Prior, Verdict, decision_evidence
from engine.evidence.chance import is_at_chance
from engine.evidence.decision import clip_prior
from engine.evidence.heads import check_probabilities
from engine.models import VideoModel, sample_frames
from engine.selective import split
from engine.types import DEFAULT_SIGMA, ModelSpec, Preset
from engine.video import Video, open_video
from engine.video.folder import videos_below


@dataclass(frozen=True, slots=True)
class BiasSettings:
    """Settings of the measurement, besides model and video.

    Attributes
    ----------
    method : str
        Attribution method.
    preset : str
        How relevance is separated.
    sigma : float
        Threshold.
    clips_per_video : int
        Clips looked at in each video, spread evenly; fewer where it is short. >= 1.
    shuffles : int
        Random orders of the frames, >= 1.
    prior : Prior or None
        What evidence is counted from; None makes one of each video's first clip.
    options : tuple of (str, str)
        Options of the method by name.
    """

    method: str
    preset: Preset
    sigma: float = DEFAULT_SIGMA
    clips_per_video: int = 3
    shuffles: int = 8
    prior: Prior | None = None
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BiasClip:
    """One clip. Probabilities are those of the class explained, 0 to 1.

    Attributes
    ----------
    video : str
        Its path inside the folder.
    first_frame : int
        Of the video, counted from 0.
    label : str
        Class explained: that of the folder the video lies in, else the model's answer.
    answer : str
        The model's top class.
    verdict : str
        What the model's decision rests on (`engine.evidence.Evidence`).
    motion_share, motion_share_low, motion_share_high : float
        Share of movement in the evidence, 0 to 1, with the interval of this one clip; nan where
        there is no evidence.
    still_bits, frames_bits, order_bits : float
        Evidence of one picture, of several pictures, and of movement.
    changing_share : float
        Share of absolute relevance kept as motion, 0 to 1.
    probability, frozen, reversed, shuffled : float
        Of the clip, of its middle frame repeated, of it backwards, of its frames in random order.
    shuffled_sd : float
        Standard deviation of the last one over the random orders; nan for one order.
    highest_logit : float
        Low where the clip is unlike the training data (`engine.diagnostics.out_of_distribution`).
    guessed : bool
        Whether the class explained is as good as guessed: then it has nothing to lose.
    """

    video: str
    first_frame: int
    label: str
    answer: str
    verdict: Verdict
    motion_share: float
    motion_share_low: float
    motion_share_high: float
    still_bits: float
    frames_bits: float
    order_bits: float
    changing_share: float
    probability: float
    frozen: float
    reversed: float
    shuffled: float
    shuffled_sd: float
    highest_logit: float
    guessed: bool

    @property
    def evidence(self) -> Evidence:
        """The evidence without the steps of the classes."""
        return Evidence(
            share=self.motion_share,
            interval=(self.motion_share_low, self.motion_share_high),
            still_bits=self.still_bits,
            frames_bits=self.frames_bits,
            order_bits=self.order_bits,
            verdict=self.verdict,
            reason="",
            target=0,
            prior="",
            log2_steps=np.zeros((4, 0)),
        )


def clips_of_folder(folder: Path, labels: tuple[str, ...]) -> list[tuple[Path, str | None]]:
    """Return the videos below a folder, each with the class that its folder is named after.

    Parameters
    ----------
    folder : Path
        A folder, or one video.
    labels : tuple of str
        The model's classes; case, spaces, "-" and "_" make no difference.

    Raises
    ------
    VideoError
        If there is no video.
    """
    if folder.is_file():
        return [(folder, None)]
    names = {_plain(label): label for label in labels}
    return [(path, names.get(_plain(path.parent.name))) for path in videos_below(folder)]


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def measure_video(
    model: VideoModel,
    path: Path,
    name: str,
    label: str | None,
    settings: BiasSettings,
    check: Check = never,
) -> list[BiasClip]:
    """Return the figures of the clips of one video.

    Parameters
    ----------
    model : VideoModel
    path : Path
        The video.
    name : str
        What it is called in the report.
    label : str, optional
        Class to explain; by default the model's answer for each clip.
    settings : BiasSettings
    check : callable
        Raises `Cancelled` to stop; called between the passes of the network.

    Raises
    ------
    VideoError, AttributionError
        If the video cannot be read, the method not be used, or the model gives values.
    """
    check_probabilities(model.spec)
    options: dict[str, Any] = dict(settings.options)
    explainer = Explainer(model, label, settings.method, check=check, **options)
    found: list[BiasClip] = []
    prior = settings.prior
    with open_video(path) as video:
        for frames in _windows(model, video, settings.clips_per_video):
            clip = model.preprocess(np.stack([video[frame] for frame in frames]))
            heat = explainer.explain([clip])[0]
            prior = prior or clip_prior(model, clip, check=check)
            evidence = decision_evidence(
                model, clip, heat.target, prior=prior, logits=heat.logits, check=check
            )
            used = motion_use(model, clip, heat.target, shuffles=settings.shuffles, check=check)
            found.append(_figures(model.spec, name, frames[0], heat, evidence, used, settings))
    return found


def _figures(
    spec: ModelSpec,
    name: str,
    first_frame: int,
    heat: Attribution,
    evidence: Evidence,
    used: MotionUse,
    settings: BiasSettings,
) -> BiasClip:
    if used.probabilities is None or heat.target is None:
        raise ValueError("one class is explained, so it has a probability")
    parts = split(heat.relevance, settings.sigma, preset=settings.preset, time_step=heat.time_step)
    orders = used.shuffled_probabilities
    return BiasClip(
        name,
        first_frame,
        spec.label(heat.target),
        spec.label(int(heat.logits.argmax())),
        evidence.verdict,
        evidence.share,
        *evidence.interval,
        evidence.still_bits,
        evidence.frames_bits,
        evidence.order_bits,
        parts.changing_share,
        *used.probabilities,
        shuffled_sd=float(np.std(orders, ddof=1)) if len(orders) > 1 else float("nan"),
        highest_logit=float(heat.logits.max()),
        guessed=is_at_chance(used.probabilities[0], len(spec.labels), used.activation),
    )


def _windows(model: VideoModel, video: Video, most: int) -> Iterator[list[int]]:
    """Yield the frames of windows spread evenly over a video, repeating the last of a short one.

    Windows never overlap: what they share would count twice.
    """
    steps = sample_frames(model.spec, video.timestamps_s, 0, len(video)).tolist()
    length = model.spec.frames
    count = max(1, min(most, len(steps) // length))
    for start in np.linspace(0, max(len(steps) - length, 0), count).astype(int):
        wanted = steps[start : start + length]
        yield wanted + wanted[-1:] * (length - len(wanted))

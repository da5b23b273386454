"""The figures of single clips: changing share, and what the model's answer is without movement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.attribution import motion_use
from engine.attribution.attribute_clip import Explainer
from engine.cancel import Check, never
from engine.models import VideoModel, sample_frames
from engine.selective import split
from engine.types import DEFAULT_SIGMA, Preset
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
    """

    method: str
    preset: Preset
    sigma: float = DEFAULT_SIGMA
    clips_per_video: int = 3
    shuffles: int = 8


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
    changing_share : float
        Share of absolute relevance kept as motion, 0 to 1.
    probability, frozen, reversed, shuffled : float
        Of the clip, of its middle frame repeated, of it backwards, of its frames in random order.
    highest_logit : float
        Low where the clip is unlike the training data (`engine.diagnostics.out_of_distribution`).
    """

    video: str
    first_frame: int
    label: str
    answer: str
    changing_share: float
    probability: float
    frozen: float
    reversed: float
    shuffled: float
    highest_logit: float


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
        If the video cannot be read, or the method not be used.
    """
    explainer = Explainer(model, label, settings.method, check=check)
    found = []
    with open_video(path) as video:
        for frames in _windows(model, video, settings.clips_per_video):
            clip = model.preprocess(np.stack([video[frame] for frame in frames]))
            heat = explainer.explain([clip])[0]
            used = motion_use(model, clip, heat.target, shuffles=settings.shuffles, check=check)
            if used.probabilities is None or heat.target is None:
                raise ValueError("one class is explained, so it has a probability")
            parts = split(
                heat.relevance, settings.sigma, preset=settings.preset, time_step=heat.time_step
            )
            found.append(
                BiasClip(
                    name,
                    frames[0],
                    model.spec.label(heat.target),
                    model.spec.label(int(heat.logits.argmax())),
                    parts.changing_share,
                    *used.probabilities,
                    highest_logit=float(heat.logits.max()),
                )
            )
    return found


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

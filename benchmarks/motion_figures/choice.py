"""Choice of the selector `variation`: candidates on clips outside the results.

Each candidate is a score for every voxel, from relevance alone. What counts is how well it ranks
relevance: of what moves before all other, and before that of the sign.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import cv2
import numpy as np

from benchmarks.motion_figures.progress import Progress
from benchmarks.motion_figures.testset import CHOICE
from engine.attribution import attribute
from engine.metrics import kept_curve
from engine.models import VideoModel
from engine.selective.derivative import temporal_derivative
from engine.selective.smooth import smoothed_in_space
from engine.selective.variation import BORDER, temporal_variation
from engine.types import Float32Array

Score = Callable[[Float32Array], Float32Array]

CLIPS = 48
"""Of the split "choice"."""


def derivative(relevance: Float32Array) -> Float32Array:
    """Return the paper's |dR/dt|, edges repeated."""
    return cast("Float32Array", np.abs(temporal_derivative(relevance, padding="edge")))


def coarse_derivative(relevance: Float32Array) -> Float32Array:
    """Return the largest |dR/dt| over three scales in space, each over its own spread."""
    scales = [relevance, *(_blurred(relevance, width) for width in (2.0, 4.0))]
    slopes = [np.abs(temporal_derivative(one, padding="edge")) for one in scales]
    scaled = [one / max(float(one.std()), 1e-12) for one in slopes]
    return np.asarray(np.max(scaled, axis=0), np.float32)


def steady_derivative(relevance: Float32Array) -> Float32Array:
    """Return |dR/dt| with each step shifted by the whole picture's movement."""
    strength = _blurred(np.abs(relevance), 1.0)
    change = np.zeros_like(relevance)
    for step in range(1, len(relevance) - 1):
        before, after = (
            _shifted(relevance[other], strength[other], strength[step])
            for other in (step - 1, step + 1)
        )
        change[step] = np.abs(after - before)
    change[0], change[-1] = change[1], change[-2]
    return np.asarray(smoothed_in_space(change))


def deviation(relevance: Float32Array) -> Float32Array:
    """Return the standard deviation over the clip, at every step the same."""
    return _everywhere(smoothed_in_space(relevance).std(axis=0), relevance)


def inner_deviation(relevance: Float32Array) -> Float32Array:
    """Return the deviation without the steps at the ends of the window."""
    inner = smoothed_in_space(relevance)[BORDER:-BORDER]
    return _everywhere(inner.std(axis=0), relevance)


def absolute_deviation(relevance: Float32Array) -> Float32Array:
    """Return the median absolute deviation over the clip."""
    smooth = smoothed_in_space(relevance)
    spread = np.median(np.abs(smooth - np.median(smooth, axis=0)), axis=0)
    return _everywhere(spread, relevance)


def weighed(power: float, border: int = BORDER) -> Score:
    """Return deviation over mean absolute relevance plus the picture's mean, to a power.

    1 gives the coefficient of variation, 0.5 the root of the index of dispersion.
    """

    def score(relevance: Float32Array) -> Float32Array:
        steps = smoothed_in_space(relevance)[border : len(relevance) - border]
        weight = np.abs(steps).mean(axis=0)
        level = np.maximum(weight + weight.mean(), 1e-30)
        return _everywhere(steps.std(axis=0) / level**power, relevance)

    return score


CANDIDATES: dict[str, Score] = {
    "\\|dR/dt\\| (paper)": derivative,
    "\\|dR/dt\\| over three scales": coarse_derivative,
    "\\|dR/dt\\| less global shift": steady_derivative,
    "standard deviation": deviation,
    "standard deviation, inner steps": inner_deviation,
    "median absolute deviation": absolute_deviation,
    "coefficient of variation": weighed(1.0, 0),
    "coefficient of variation, inner steps": weighed(1.0),
    "index of dispersion, inner steps": weighed(0.5),
    "`variation`: departure from place and time": temporal_variation,
}


def compare(
    model: VideoModel, telling: bool, count: int = CLIPS, method: str = "lrp"
) -> dict[str, dict[str, list[float]]]:
    """Rank relevance by every candidate.

    Parameters
    ----------
    model : VideoModel
        Explained for the true activity.
    telling : bool
        Whether the signs tell the activity.
    count : int
        Clips of the split "choice".
    method : str
        Attribution method.

    Returns
    -------
    dict of dict of list of float
        By candidate: the areas "motion" and "cue" of `kept_curve`, clip by clip.
    """
    areas: dict[str, dict[str, list[float]]] = {
        name: {"motion": [], "cue": []} for name in CANDIDATES
    }
    progress = Progress(f"candidates on {model.spec.name}", count)
    for index in range(count):
        clip = CHOICE.clip(index, telling)
        relevance = attribute(model, model.preprocess(clip.frames), clip.label, method).relevance
        moving, cue = clip.moving & ~clip.cue, clip.cue & ~clip.moving
        for name, candidate in CANDIDATES.items():
            score = candidate(relevance)
            lists = areas[name]
            lists["motion"].append(kept_curve(score, relevance, clip.moving, ~clip.moving).area)
            lists["cue"].append(kept_curve(score, relevance, moving, cue).area)
        progress.add()
    return areas


def _blurred(steps: Float32Array, width: float) -> Float32Array:
    return np.stack([cv2.GaussianBlur(step, (0, 0), width) for step in steps])


def _shifted(step: Float32Array, strength: Float32Array, onto: Float32Array) -> Float32Array:
    (right, down), _ = cv2.phaseCorrelate(strength.astype(np.float64), onto.astype(np.float64))
    move = np.array([[1.0, 0.0, right], [0.0, 1.0, down]])
    size = (step.shape[1], step.shape[0])
    return np.asarray(cv2.warpAffine(step, move, size, borderMode=cv2.BORDER_REPLICATE), np.float32)


def _everywhere(picture: Float32Array, relevance: Float32Array) -> Float32Array:
    return np.broadcast_to(picture, relevance.shape)

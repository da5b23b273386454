"""Measures of one explanation of one clip against the truth about its pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.motion_figures.dataset import FigureClip
from benchmarks.motion_figures.selectors import Selected
from engine.metrics import KeptCurve, flow_precision, kept_curve, mass_accuracy, rank_accuracy
from engine.motion import flows
from engine.types import BoolArray, Float32Array

PAPERS = ("recommended", "paper-2020", "code-2021")
"""The paper's |dR/dt| in its three forms; what it lets through is what others are held against."""


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """True masks and flow of a clip.

    Attributes
    ----------
    moving : bool array, (T, H, W)
        Where something moves against the scenery.
    cue, distractor : bool array, (T, H, W)
        Where the sign, or the thing that moves and tells nothing, is seen.
    magnitude : float32 array, (T, H, W)
        Optical flow of the frames less the camera's motion, in pixels per frame.
    """

    moving: BoolArray
    cue: BoolArray
    distractor: BoolArray
    magnitude: Float32Array


def truth_of(clip: FigureClip) -> Truth:
    """Return the truth about a clip, with optical flow estimated from its frames."""
    magnitude = np.stack([flow.magnitude for flow in flows(clip.frames)])
    return Truth(clip.moving, clip.cue, clip.distractor, magnitude)


def figures_of(
    relevance: Float32Array, selected: dict[str, Selected], truth: Truth
) -> dict[str, dict[str, float]]:
    """Return all figures of one relevance volume, by selector and name.

    Parameters
    ----------
    relevance : float32 array, (T, H, W)
        As the method gave it.
    selected : dict of Selected
        By selector; what the forms of the paper keep is held against the others.
    truth : Truth
        Of the clip.

    Returns
    -------
    dict of dict of float
        nan where a figure is undefined, such as the mass on a distractor that is not there.
    """
    figures = {name: _placed(one, truth) for name, one in selected.items()}
    for name, one in selected.items():
        figures[name] |= _ranked(relevance, one, truth)
    passed = {
        name: _passed(relevance, selected[name], truth) for name in PAPERS if name in selected
    }
    for name, one in selected.items():
        curve = _against_cue(relevance, one, truth)
        for paper, (motion, cue) in passed.items():
            figures[name][f"cue at {paper}"] = curve.other_at(motion)
            figures[name][f"cue of {paper}"] = cue
    return figures


def _placed(one: Selected, truth: Truth) -> dict[str, float]:
    """Measure the location of the relevance that a selector keeps."""
    flow = flow_precision(one.kept, truth.magnitude)
    return {
        "share": one.share,
        "mass": mass_accuracy(one.kept, truth.moving),
        "rank": rank_accuracy(one.kept, truth.moving),
        "cue": _mass_on(one.kept, truth.cue),
        "distractor": _mass_on(one.kept, truth.distractor),
        "precision": flow.precision,
        "chance": flow.chance,
    }


def _mass_on(relevance: Float32Array, mask: BoolArray) -> float:
    return mass_accuracy(relevance, mask) if mask.any() else float("nan")


def _ranked(relevance: Float32Array, one: Selected, truth: Truth) -> dict[str, float]:
    """Measure the ranking of the voxels by a selector's score, without a threshold."""
    area = kept_curve(one.score, relevance, truth.moving, ~truth.moving).area
    return {"area": area, "area cue": _against_cue(relevance, one, truth).area}


def _against_cue(relevance: Float32Array, one: Selected, truth: Truth) -> KeptCurve:
    return kept_curve(one.score, relevance, truth.moving & ~truth.cue, truth.cue & ~truth.moving)


def _passed(relevance: Float32Array, one: Selected, truth: Truth) -> tuple[float, float]:
    """Return the shares of moving relevance and of the sign's that pass at default sigma."""
    strength = np.abs(relevance)
    moving, cue = truth.moving & ~truth.cue, truth.cue & ~truth.moving
    return _share(strength, moving, one.mask), _share(strength, cue, one.mask)


def _share(strength: Float32Array, of: BoolArray, passed: BoolArray) -> float:
    whole = float(strength[of].sum(dtype=np.float64))
    return float(strength[of & passed].sum(dtype=np.float64)) / whole if whole else float("nan")

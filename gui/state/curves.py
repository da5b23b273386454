"""Curves of the timeline, computed from an analysis in a worker thread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.cancel import Check
from engine.store import Analysis
from engine.types import DEFAULT_PRESET, BoolArray, Float64Array, Int64Array, Preset
from gui.state.evidence_set import EvidenceSet, evidence_of
from gui.state.peaks import Peak, peaks_of

TOP = 3


@dataclass(frozen=True, slots=True, eq=False)
class CurveSet:
    """Numbers per frame, for the frames that are ready.

    Attributes
    ----------
    start : int
        Frame of the video that the first number belongs to.
    relevance, motion, static, changing_share, score : float64 array, (n,)
        As in `engine.selective.Curves`; score is the explained class's probability, or its value.
    targets : int64 array, (n,)
        Class explained at each frame.
    labels : tuple of str
        Names of the classes.
    window_edges : list of int
        First frame of each window.
    clip_changing_share : float
        Over all sampled frames; nan before the first.
    probabilities : float64 array, (n, K)
        Of every class, or every value.
    top : tuple of int
        The classes with the highest mean probability.
    sampled : bool array, (n,)
        Which frames the model was given; the others are interpolated.
    peaks : tuple of Peak
        Motion peaks.
    evidence : EvidenceSet or None
        What the decisions rest on; None where it was not measured.
    model : str
        Name of the model.
    preset : str
        How the relevance is separated.
    unit : str or None
        Unit of the scores; None where they are probabilities (`ModelSpec.score_unit`).
    cuts : tuple of int
        Frames of the video at which another shot begins.
    """

    start: int
    relevance: Float64Array
    motion: Float64Array
    static: Float64Array
    changing_share: Float64Array
    score: Float64Array
    targets: Int64Array
    labels: tuple[str, ...]
    window_edges: list[int]
    clip_changing_share: float
    probabilities: Float64Array
    top: tuple[int, ...]
    sampled: BoolArray
    peaks: tuple[Peak, ...]
    evidence: EvidenceSet | None = None
    model: str = ""
    preset: Preset = DEFAULT_PRESET
    unit: str | None = None
    cuts: tuple[int, ...] = ()

    @property
    def explained(self) -> tuple[str, ...]:
        """Names of the classes explained, in the order of their first frame."""
        return tuple(dict.fromkeys(self.labels[int(target)] for target in self.targets))

    @property
    def stop(self) -> int:
        """Frame of the video after the last number."""
        return self.start + len(self.relevance)


def curves_of(analysis: Analysis, preset: Preset, sigma: float, check: Check) -> CurveSet:
    """Compute the curves of an analysis, which may still grow.

    Where it has no maps of evidence, it is separated as usual instead.
    """
    preset = analysis.shown_preset(preset)
    curves = analysis.separation(preset).curves(sigma, check)
    analysis.measure_contrast(preset, check)
    probabilities = analysis.probabilities()
    targets = analysis.targets()
    count = min(len(curves.relevance), len(targets), len(probabilities))
    targets, probabilities = targets[:count], probabilities[:count]
    header = analysis.header
    motion, share = curves.motion[:count], curves.changing_share[:count]
    order = np.argsort(-probabilities.mean(axis=0), kind="stable") if count else np.zeros(0, int)
    return CurveSet(
        start=header.start,
        relevance=curves.relevance[:count],
        motion=motion,
        static=curves.static[:count],
        changing_share=share,
        score=probabilities[range(count), targets],
        targets=targets,
        labels=tuple(header.spec.label(k) for k in range(probabilities.shape[1])),
        window_edges=[int(w.frame_indices[0]) + header.start for w in analysis.windows],
        clip_changing_share=curves.clip_changing_share,
        probabilities=probabilities,
        top=tuple(int(k) for k in order[:TOP]),
        sampled=analysis.sampled[:count],
        peaks=_peaks(analysis, motion, share),
        evidence=evidence_of(analysis),
        model=header.spec.name,
        cuts=tuple(cut + header.start for cut in analysis.cuts),
        preset=preset,
        unit=header.spec.score_unit,
    )


def _peaks(analysis: Analysis, motion: Float64Array, share: Float64Array) -> tuple[Peak, ...]:
    header = analysis.header
    counted = np.where(_counted(analysis, len(motion)), motion, 0.0)
    return peaks_of(counted, share, header.start, apart=max(header.spec.frames // 2, 2))


def _counted(analysis: Analysis, count: int) -> BoolArray:
    """Return which frames no window across a cut alone explains: its motion is the cut's."""
    steps = analysis.counted_steps.astype(np.float64)
    counted: BoolArray = np.interp(np.arange(count), analysis.step_frames, steps) == 1
    return counted

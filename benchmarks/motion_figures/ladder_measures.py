"""Figures on whether the changing share ranks networks by what they really rely on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.motion_figures.measurement import version_of
from benchmarks.motion_figures.progress import Progress
from benchmarks.motion_figures.reliance import Answers, answers
from benchmarks.motion_figures.selectors import FROZEN, select, select_by_stills
from benchmarks.motion_figures.testset import TEST
from engine.attribution import attribute
from engine.metrics import Interval, resampled, spearman
from engine.models import VideoModel
from engine.types import SPLIT_PRESETS, BoolArray, Float64Array, Int64Array

METHOD = "lrp"
SHARED = (*SPLIT_PRESETS, FROZEN)
"""Selectors whose changing share is held against reliance."""


@dataclass(frozen=True, slots=True, eq=False)
class Rung:
    """One network of the ladder.

    Attributes
    ----------
    b : float
        Probability that a sign told the activity in training.
    answers : Answers
        Which clips of the test set it names right.
    shares : dict of float64 array, (N,)
        Changing share of the explanation of its answer, clip by clip, by selector; the clips are
        the first ones of the test set, with a telling sign.
    """

    b: float
    answers: Answers
    shares: dict[str, Float64Array]


@dataclass(frozen=True, slots=True)
class Counts:
    """Clips of the test set for the answers, the changing shares, and the frozen-frame split's."""

    answers: int
    shares: int
    stills: int


def measure_ladder(
    models: dict[float, tuple[VideoModel, Path]], counts: Counts, folder: Path
) -> list[Rung]:
    """Measure the networks of the ladder, those together that no file has.

    Parameters
    ----------
    models : dict
        Model and file of its weights, by b.
    counts : Counts
        How many clips.
    folder : Path
        Where the figures are kept.
    """
    files = {
        b: folder / f"rung-{b:g}-{version_of(weights, counts)}.json"
        for b, (_, weights) in models.items()
    }
    missing = {b: model for b, (model, _) in models.items() if not files[b].exists()}
    if missing:
        replies = answers({f"{b:g}": model.module for b, model in missing.items()}, counts.answers)
        shares = _shares(missing, counts)
        for b in missing:
            rows = [getattr(replies[f"{b:g}"], kind).tolist() for kind in _KINDS]
            text = json.dumps({"answers": rows, "shares": shares[b]})
            files[b].write_text(text, encoding="utf-8")
    return [_rung(b, path) for b, path in files.items()]


_KINDS = ("telling", "shuffled", "frozen")


def _rung(b: float, path: Path) -> Rung:
    stored = json.loads(path.read_text(encoding="utf-8"))
    replies = Answers(*(np.array(one, np.bool_) for one in stored["answers"]))
    return Rung(b, replies, {name: np.array(one) for name, one in stored["shares"].items()})


def _shares(models: dict[float, VideoModel], counts: Counts) -> dict[float, dict[str, list[float]]]:
    """Measure changing shares for the class that each network answers, as the program does."""
    shares: dict[float, dict[str, list[float]]] = {b: {n: [] for n in SHARED} for b in models}
    progress = Progress("changing shares of the ladder", counts.shares)
    for index in range(counts.shares):
        frames = TEST.clip(index, telling=True).frames
        for b, model in models.items():
            clip = model.preprocess(frames)
            heat = attribute(model, clip, None, METHOD)
            selected = select(heat)
            for preset in SPLIT_PRESETS:
                shares[b][preset].append(selected[preset].share)
            if index < counts.stills and heat.target is not None:
                by_stills = select_by_stills(model, clip, heat.target, METHOD)[1]
                shares[b][FROZEN].append(by_stills.share)
        progress.add()
    return shares


def agreement(rungs: list[Rung], selector: str) -> Interval:
    """Return the rank correlation, over the rungs, of the changing share with motion reliance.

    Parameters
    ----------
    rungs : list of Rung
        Measured on the same clips.
    selector : str
        One of `SHARED`.

    Returns
    -------
    Interval
        Over clips of the test set, drawn anew for the shares and for the answers.
    """
    shares = np.stack([rung.shares[selector] for rung in rungs])
    replies = [_bits(rung.answers) for rung in rungs]
    clips, count = shares.shape[1], replies[0].shape[1]
    rng = np.random.default_rng(1)

    def drawn(chosen: Int64Array) -> float:
        whole = chosen.size == clips and bool((chosen == np.arange(clips)).all())
        others = np.arange(count) if whole else rng.integers(0, count, count)
        lost = [float((one[0, others] * 1.0 - one[1, others]).mean()) for one in replies]
        return spearman(np.nanmean(shares[:, chosen], axis=1), lost)

    return resampled(clips, drawn)


def _bits(replies: Answers) -> BoolArray:
    return np.stack([replies.telling, replies.frozen])

"""The results page, docs/results.md: every figure with its interval, as it came out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.motion_figures.accuracy import Accuracy
from benchmarks.motion_figures.ladder_measures import SHARED, Rung, agreement
from benchmarks.motion_figures.layout import CAMERAS
from benchmarks.motion_figures.measurement import METHODS, Row
from benchmarks.motion_figures.measures import PAPERS
from benchmarks.motion_figures.selectors import SELECTORS
from benchmarks.motion_figures.tables import cell, table
from benchmarks.motion_figures.testset import TEST, VERSION
from engine.metrics import Interval, mean_interval, resampled
from engine.types import Float64Array, Int64Array

READING = Path(__file__).with_name("reading.md")
"""What to make of the figures: written by hand, for the full run."""

OURS = "variation"
COLUMNS = (
    ("mass", "mass in motion"),
    ("rank", "rank accuracy"),
    ("cue", "mass on sign"),
    ("distractor", "mass on distractor"),
    ("area", "ranking AUC"),
    ("area cue", "AUC against sign"),
    ("precision", "flow precision"),
    ("chance", "its chance"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A network with everything that was measured of it.

    Attributes
    ----------
    title : str
        For people.
    accuracy : Accuracy
    rows : list of dict
        As of `measurement.measure`.
    """

    title: str
    accuracy: Accuracy
    rows: list[Row]


def page(
    networks: Sequence[Measured],
    rungs: list[Rung],
    choices: dict[str, dict[str, dict[str, list[float]]]],
    seed: int,
    words: str,
    reading: str = "",
) -> str:
    """Return the whole page as Markdown.

    Parameters
    ----------
    networks : sequence of Measured
        The bundled one first.
    rungs : list of Rung
        In the order of b.
    choices : dict
        As of `choice.compare`, by network.
    seed : int
        Of the trainings.
    words : str
        What was run, and how long it took.
    reading : str
        What to make of it; the section is left out where it is empty.
    """
    parts = [
        f"# Results on Motion Figures, test set version {VERSION}",
        words,
        f"Clips have seeds from {TEST.first_seed:,} on; trainings have seed {seed}. Brackets hold "
        "95 % intervals over clips (bootstrap, 2,000 draws, seed 0). What every column means is "
        "in [the benchmark's README](../benchmarks/motion_figures/README.md).",
        *((_section("What to make of it", reading),) if reading else ()),
        _section("Accuracy", _accuracies(networks)),
        *(_section(f"Against the paper's selector: {one.title}", _claims(one)) for one in networks),
        _section("Does the changing share rank networks by reliance on motion?", _ladder(rungs)),
        *(_section(f"All methods and selectors: {one.title}", _methods(one)) for one in networks),
        _section("How the selector was chosen", _choices(choices)),
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n{text}"


def _accuracies(networks: Sequence[Measured]) -> str:
    rows = [
        [
            one.title,
            str(len(one.accuracy.truth)),
            cell(one.accuracy.overall(), percent=True),
            cell(one.accuracy.unseen(), percent=True),
            *(cell(one.accuracy.by_camera(camera), percent=True) for camera in CAMERAS),
        ]
        for one in networks
    ]
    return table(("network", "clips", "all", "unseen textures", *CAMERAS), rows)


def _values(rows: Sequence[Row], selector: str, name: str) -> Float64Array:
    """Return one figure over clips, nan where a selector was not measured."""
    none: dict[str, float] = {}
    return np.array(
        [row["figures"].get(selector, none).get(name, math.nan) for row in rows], np.float64
    )


def _claims(one: Measured) -> str:
    """Return LRP's areas by camera, and the sign's share at the paper's share of motion."""
    lrp = [row for row in one.rows if row["method"] == "lrp"]
    still = [row for row in lrp if row["camera"] == "still"]
    areas = [
        [
            selector,
            *(
                cell(mean_interval(_values(rows, selector, name)))
                for rows in (lrp, still)
                for name in ("area", "area cue")
            ),
        ]
        for selector in SELECTORS
    ]
    passed = [
        [paper, cell(mean_interval(_values(lrp, OURS, f"cue of {paper}"))),
         cell(mean_interval(_values(lrp, OURS, f"cue at {paper}"))),
         *(cell(_ratio(rows, paper)) for rows in (lrp, still))]
        for paper in PAPERS
    ]  # fmt: skip
    head = ("selector", "ranking AUC", "AUC against sign", "still camera", "still, against sign")
    return "\n\n".join(
        [
            f"LRP on {len(lrp)} clips, {len(still)} of them with a still camera. The sign moves "
            "with the scenery where the camera moves, so there it is not static in the picture.",
            table(head, areas),
            f"Share of the sign's relevance let through at sigma 1, and by `{OURS}` with the "
            "threshold at which it keeps the same share of what moves:",
            table(("preset", "lets through", f"`{OURS}`", "ratio", "still camera"), passed),
        ]
    )


def _ratio(rows: Sequence[Row], paper: str) -> Interval:
    ours, theirs = (_values(rows, OURS, f"cue {word} {paper}") for word in ("at", "of"))
    known = np.isfinite(ours) & np.isfinite(theirs)
    top, bottom = ours[known], theirs[known]

    def ratio(drawn: Int64Array) -> float:
        below = float(bottom[drawn].mean())
        return float(top[drawn].mean()) / below if below else math.nan

    return resampled(int(known.sum()), ratio)


def _ladder(rungs: list[Rung]) -> str:
    if len(rungs) < 3:
        return "Not measured."
    count = len(rungs[0].answers.telling)
    shared = len(rungs[0].shares[OURS])
    rows = [
        [f"{rung.b:g}", f"{rung.answers.telling.mean():.1%}",
         _lost(rung, "shuffled"), _lost(rung, "frozen"),
         *(cell(mean_interval(rung.shares[name])) for name in SHARED)]
        for rung in rungs
    ]  # fmt: skip
    head = (
        "b",
        "accuracy",
        "lost: sign shuffled",
        "lost: frozen",
        *(f"share, {n}" for n in SHARED),
    )
    correlations = [[name, f"{_range(agreement(rungs, name))}"] for name in SHARED]
    return "\n\n".join(
        [
            f"Accuracy on {count} clips whose sign tells the activity, and what is lost of it; "
            f"changing share (LRP, sigma 1, the class answered) on the first {shared}.",
            table(head, rows),
            "Spearman correlation, over the rungs, of the changing share with the accuracy lost "
            "when the clip is frozen:",
            table(("changing share by", "correlation"), correlations),
        ]
    )


def _range(interval: Interval) -> str:
    return f"{interval.value:+.2f} [{interval.low:+.2f}, {interval.high:+.2f}]"


def _lost(rung: Rung, kind: str) -> str:
    with_it, without = rung.answers.telling, getattr(rung.answers, kind)
    return cell(mean_interval(with_it.astype(float) - without), percent=True)


def _methods(one: Measured) -> str:
    rows = []
    for method in METHODS:
        measured = [row for row in one.rows if row["method"] == method]
        for selector in SELECTORS:
            if np.isfinite(_values(measured, selector, "mass")).any():
                cells = (cell(mean_interval(_values(measured, selector, n))) for n, _ in COLUMNS)
                rows.append([method, selector, *cells])
    moving = f"{len({row['clip'] for row in one.rows})} clips."
    return moving + "\n\n" + table(("method", "selector", *(t for _, t in COLUMNS)), rows)


def _choices(choices: dict[str, dict[str, dict[str, list[float]]]]) -> str:
    """Return the candidates in rows, with two areas for each network."""
    if not choices:
        return "Not measured."
    names = next(iter(choices.values()))
    rows = [
        [name, *(cell(mean_interval(areas[name][kind])) for areas in choices.values()
                 for kind in ("motion", "cue"))]
        for name in names
    ]  # fmt: skip
    head = [f"{network}, {kind}" for network in choices for kind in ("AUC", "against sign")]
    return 'On the split "choice", which nothing above is measured on (LRP):\n\n' + table(
        ("candidate", *head), rows
    )

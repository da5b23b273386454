"""The page docs/evidence-results.md: shares by evidence against truth, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from benchmarks.motion_figures.evidence_measures import Measured, measured
from benchmarks.motion_figures.evidence_networks import all_records
from benchmarks.motion_figures.evidence_records import CLIPS
from benchmarks.motion_figures.tables import cell, table
from benchmarks.motion_figures.testset import CHOICE, TEST, Split
from engine.evidence.evidence import Evidence
from engine.metrics import Interval, resampled, spearman
from engine.types import BoolArray, Float64Array, Int64Array

READING = Path(__file__).with_name("evidence_reading.md")
"""What to make of the figures, written by hand."""

DRAWS = 1000
Statistic = Callable[[Float64Array, Float64Array], float]


def evidence_page(folder: Path) -> str:
    """Return the page as Markdown; networks are asked unless their records are kept.

    Parameters
    ----------
    folder : Path
        Where renderings, records and weights are kept.
    """
    parts = [
        "# Evidence against truth",
        READING.read_text(encoding="utf-8").strip(),
        "Made by `python -m benchmarks.motion_figures evidence`. "
        f"Of {CLIPS} clips of a split each network is asked about 18 renderings (truth) and eight "
        "variants of the first (measure). Truth is the share of the activity against the sign, by "
        "Shapley values of the class's logit less the mean; 0 for networks that cannot see order. "
        'Gain, interval and verdict were chosen on the split "choice". Brackets hold 95 % '
        f"intervals over clips and networks ({DRAWS:,} draws of both).",
        *(_split_section(split, folder) for split in (TEST, CHOICE)),
    ]
    return "\n\n".join(parts) + "\n"


def _split_section(split: Split, folder: Path) -> str:
    networks = {name: measured(name, one) for name, one in all_records(split, folder).items()}
    title = "Test split" if split is TEST else 'Split "choice"'
    parts = [f"## {title}", _overall(networks)]
    if split is TEST:
        parts += [_by_architecture(networks), _by_network(networks)]
    return "\n\n".join(parts)


def _overall(networks: Mapping[str, Measured]) -> str:
    everything = list(networks.values())
    seeing = [one for one in everything if not one.is_blind]
    blind = [one for one in everything if one.is_blind]
    rows = [
        ("Spearman, clip by clip", cell(_over_both(everything, spearman))),
        ("the same, networks that see order", cell(_over_both(seeing, spearman))),
        ("mean absolute error", cell(_over_both(everything, _error))),
        ("the same, networks that see order", cell(_over_both(seeing, _error))),
        ("mean share less mean truth", cell(_over_both(everything, _bias))),
        ("Spearman, the pose counted apart", cell(_over_both(everything, spearman, "posed"))),
        ("mean absolute error, the pose counted apart",
         cell(_over_both(everything, _error, "posed"))),
        ("mean share less mean truth, the pose counted apart",
         cell(_over_both(everything, _bias, "posed"))),
        ("Spearman of networks by their means", cell(_networks_ranked(everything))),
        ("truth within the interval", _percent(_covered(everything))),
        ("verdict right, where it speaks", _percent(_right(everything))),
        ("verdict silent", _percent([~_speaks(one) for one in everything])),
        ("largest share of a network that cannot see order",
         f"{max(one.share.max() for one in blind):.1e}"),
        ("of their verdicts, movement",
         _percent([np.array([e.verdict == "movement" for e in one.evidence]) for one in blind])),
    ]  # fmt: skip
    clips = f"{len(everything)} networks, {sum(len(one.truth) for one in everything):,} answers"
    return table((clips, "figure"), rows)


def _by_architecture(networks: Mapping[str, Measured]) -> str:
    kinds = list(dict.fromkeys(one.architecture for one in networks.values()))
    rows = []
    for kind in kinds:
        group = [one for one in networks.values() if one.architecture == kind]
        ranked = "–" if group[0].is_blind else cell(_over_both(group, spearman))
        rows.append((
            kind, str(len(group)), ranked, cell(_over_both(group, _error)),
            cell(_over_both(group, _bias)), _percent(_covered(group)), _percent(_right(group)),
        ))  # fmt: skip
    head = ("architecture", "networks", "Spearman", "error", "bias", "covered", "verdict right")
    return table(head, rows)


def _by_network(networks: Mapping[str, Measured]) -> str:
    rows = [
        (
            name,
            f"{np.nanmean(one.truth):.2f}",
            f"{np.nanmean(one.posed):.2f}",
            f"{np.nanmean(one.share):.2f}",
            f"{np.mean([e.total_bits for e in one.evidence]):.1f}",
        )
        for name, one in networks.items()
    ]
    return table(("architecture, b, seed", "truth", "pose apart", "share", "bits"), rows)


def _error(truth: Float64Array, share: Float64Array) -> float:
    return float(np.abs(truth - share).mean())


def _bias(truth: Float64Array, share: Float64Array) -> float:
    return float((share - truth).mean())


def _over_both(
    networks: Sequence[Measured], statistic: Statistic, kind: Literal["truth", "posed"] = "truth"
) -> Interval:
    """Return a figure with its interval over clips and over networks, both drawn anew."""
    truth = np.stack([getattr(one, kind) for one in networks])
    share = np.stack([one.share for one in networks])
    rng = np.random.default_rng(1)

    def figure(clips: Int64Array) -> float:
        whole = bool((clips == np.arange(len(clips))).all())
        drawn = np.arange(len(truth)) if whole else rng.integers(0, len(truth), len(truth))
        one, other = truth[drawn][:, clips].ravel(), share[drawn][:, clips].ravel()
        known = np.isfinite(one) & np.isfinite(other)
        return statistic(one[known], other[known])

    return resampled(truth.shape[1], figure, resamples=DRAWS)


def _networks_ranked(networks: Sequence[Measured]) -> Interval:
    truth = np.array([np.nanmean(one.truth) for one in networks])
    share = np.array([np.nanmean(one.share) for one in networks])
    return resampled(
        len(truth), lambda drawn: spearman(truth[drawn], share[drawn]), resamples=DRAWS
    )


def _covered(networks: Sequence[Measured]) -> list[BoolArray]:
    """Return for every answer with evidence whether the interval holds the truth, by network."""
    return [
        np.array([
            low <= truth <= high
            for truth, (low, high) in zip(one.truth, one.intervals, strict=True)
            if np.isfinite(truth) and np.isfinite(low)
        ])
        for one in networks
    ]  # fmt: skip


def _right(networks: Sequence[Measured]) -> list[BoolArray]:
    """Return for every verdict that speaks whether truth agrees, by network."""
    return [
        np.array([
            is_right(evidence, truth)
            for evidence, truth in zip(one.evidence, one.truth, strict=True)
            if evidence.is_told and np.isfinite(truth)
        ], np.bool_)
        for one in networks
    ]  # fmt: skip


def is_right(evidence: Evidence, truth: float) -> bool:
    """Tell whether a verdict agrees with the true share of movement.

    "movement" is right above one half, "one picture" and "several pictures" below it, "mixed"
    from 0.1 to 0.9.
    """
    if evidence.verdict == "movement":
        return truth > 0.5
    if evidence.verdict == "mixed":
        return 0.1 <= truth <= 0.9
    return truth < 0.5


def _speaks(one: Measured) -> BoolArray:
    return np.array([evidence.is_told for evidence in one.evidence])


def _percent(parts: Sequence[BoolArray]) -> str:
    """Return a share of answers in percent, with its interval over networks."""
    known = [part for part in parts if len(part)]
    interval = resampled(
        len(known),
        lambda drawn: float(np.concatenate([known[i] for i in drawn]).mean()),
        resamples=DRAWS,
    )
    return cell(interval, percent=True)

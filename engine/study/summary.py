"""What a study says as a whole and class by class, from its table of clips."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.metrics import Interval, mean_interval, spearman
from engine.study.optional import optional
from engine.study.tables import PURPOSE

VERDICTS = ("movement", "mixed", "several pictures", "one picture", "cannot tell")
BITS = ("order_bits", "frames_bits", "still_bits")

_MOST_RESAMPLED = 5000
_WIDTH = 1.96  # of 95 %, in standard errors
_LEAST_COMPARED = 8
_CERTAIN = 1 - 1e-9

Cells = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """Clips together: all of them, or those of a class.

    Attributes
    ----------
    name : str
    clips, failed : int
        All of them, and those with an error, which count in nothing else.
    verdicts : tuple of int
        Clips of each of `VERDICTS`.
    share, lost : Interval
        Mean share of movement over the clips that can be told, and what of the answer's score goes
        when a clip is frozen, each with its 95 % interval over clips.
    bits : tuple of Interval
        Mean evidence, in the order of `BITS`.
    right : float
        Part of the labelled clips whose answer is the label; nan without labels.
    """

    name: str
    clips: int
    failed: int
    verdicts: tuple[int, ...]
    share: Interval
    lost: Interval
    bits: tuple[Interval, ...]
    right: float


@dataclass(frozen=True, slots=True)
class StudySummary:
    """A study in figures.

    Attributes
    ----------
    whole : Group
    classes : tuple of Group
        By the label, or the answer where there is none; most movement last.
    confusion : tuple of (str, int, int)
        Verdicts, with the clips named right and wrong.
    agreement : Interval
        Rank agreement over clips of the share of movement and what goes when a clip is frozen,
        with its 95 % interval; nan where it cannot be told.
    compared : int
        Clips that it is over.
    """

    whole: Group
    classes: tuple[Group, ...]
    confusion: tuple[tuple[str, int, int], ...]
    agreement: Interval
    compared: int


def read_clips(table: Path) -> list[dict[str, Any]]:
    """Return the rows of a table of clips."""
    parquet = optional("pyarrow.parquet", PURPOSE)
    rows: list[dict[str, Any]] = parquet.read_table(table).to_pylist()
    return rows


def summarise(rows: Sequence[Cells]) -> StudySummary:
    """Return what rows of a table of clips say."""
    by_class: dict[str, list[Cells]] = {}
    for row in rows:
        by_class.setdefault(row["label"] or row["answer"] or "", []).append(row)
    named = [_group(name, members) for name, members in by_class.items() if name]
    judged = Counter((row["verdict"], row["correct"]) for row in rows if row["correct"] is not None)
    pairs = [(row["share"], _lost(row)) for row in rows]
    told = [(share, lost) for share, lost in pairs if share is not None and lost is not None]
    return StudySummary(
        whole=_group("all", rows),
        classes=tuple(sorted(named, key=lambda one: (_or_last(one.share.value), one.name))),
        confusion=tuple((v, judged[v, True], judged[v, False]) for v in VERDICTS),
        agreement=_agreement(told),
        compared=len(told),
    )


def telling(rows: Sequence[Cells], most: int) -> tuple[list[Cells], list[Cells]]:
    """Return the clips of strongest evidence for movement, and against it."""
    measured = [row for row in rows if row["order_bits"] is not None]
    ranked = sorted(measured, key=balance)
    against = [row for row in ranked[:most] if balance(row) < 0]
    return [row for row in ranked[::-1][:most] if balance(row) > 0], against


def balance(row: Cells) -> float:
    """Return the bits of movement less those of pictures."""
    return float(row["order_bits"] - row["frames_bits"] - row["still_bits"])


def _group(name: str, rows: Sequence[Cells]) -> Group:
    measured = [row for row in rows if not row["error"]]
    verdicts = Counter(row["verdict"] for row in measured)
    labelled = [row["correct"] for row in measured if row["correct"] is not None]
    return Group(
        name=name,
        clips=len(rows),
        failed=len(rows) - len(measured),
        verdicts=tuple(verdicts[verdict] for verdict in VERDICTS),
        share=_mean([row["share"] for row in measured]),
        lost=_mean([_lost(row) for row in measured]),
        bits=tuple(_mean([row[bits] for row in measured]) for bits in BITS),
        right=float(np.mean(labelled)) if labelled else math.nan,
    )


def _lost(row: Cells) -> float | None:
    """Return what part of the answer's score goes when a clip is frozen."""
    if row["frozen"] is None or not row["score"]:
        return None
    return float(1 - row["frozen"] / row["score"])


def _mean(values: Sequence[float | None]) -> Interval:
    known = np.array([value for value in values if value is not None], np.float64)
    if len(known) <= _MOST_RESAMPLED:
        return mean_interval(known)
    middle, half = known.mean(), _WIDTH * known.std(ddof=1) / math.sqrt(len(known))
    return Interval(float(middle), float(middle - half), float(middle + half))


def _agreement(pairs: Sequence[tuple[float, float]]) -> Interval:
    """Return the rank correlation of pairs, its interval after Fieller et al. 1957."""
    if len(pairs) < _LEAST_COMPARED:
        return Interval(math.nan, math.nan, math.nan)
    first, second = np.array(pairs).T
    value = float(spearman(first, second))
    half = _WIDTH * math.sqrt(1.06 / (len(pairs) - 3))
    middle = math.atanh(max(-_CERTAIN, min(_CERTAIN, value)))
    return Interval(value, math.tanh(middle - half), math.tanh(middle + half))


def _or_last(value: float) -> float:
    return value if math.isfinite(value) else math.inf

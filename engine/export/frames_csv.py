"""The numbers of an analysis as CSV: one row a frame."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from engine.export.whole_file import whole_file
from engine.store import Analysis
from engine.types import Preset

COLUMNS = (
    "frame",
    "time_s",
    "relevance",
    "motion",
    "motion_share",
    "score",
    "static",
    "signed_relevance",
    "target",
    "label",
    "sampled",
)


def write_csv(
    analysis: Analysis,
    path: Path,
    *,
    preset: Preset,
    sigma: float,
    frames: tuple[int, int] | None = None,
) -> None:
    """Write one row a frame, with empty cells for undefined numbers.

    ``relevance``, ``motion`` and ``static`` are sums of absolute relevance over the frame;
    ``score`` is the probability of the explained class ``target``; ``sampled`` is 1 where the
    model was given the frame and 0 where the row is interpolated.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    curves = analysis.separation(preset).curves(sigma)
    scores, targets = analysis.target_scores(), analysis.targets()
    header = analysis.header
    start, stop = frames or (header.start, header.stop)
    sampled = analysis.sampled.astype(int)
    with whole_file(path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for frame in range(start, stop):
            i = frame - header.start
            numbers = (
                header.timestamps_s[i],
                curves.relevance[i],
                curves.motion[i],
                curves.motion_share[i],
                scores[i],
                curves.static[i],
                curves.signed_relevance[i],
            )
            target = int(targets[i])
            rows.writerow(
                [frame, *map(_cell, numbers), target, header.spec.label(target), sampled[i]]
            )


def _cell(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else ""

"""The numbers of an analysis as CSV: one row a frame."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from engine.evidence.summary import EvidenceCurves
from engine.export.job import ExportJob
from engine.export.whole_file import whole_file
from engine.utils.printable import text_cell

COLUMNS = (
    "frame",
    "time_s",
    "relevance",
    "motion",
    "changing_share",
    "score",
    "static",
    "signed_relevance",
    "target",
    "label",
    "sampled",
    "motion_share",
    "motion_share_low",
    "motion_share_high",
    "still_bits",
    "frames_bits",
    "order_bits",
    "verdict",
    "windows",
    "model",
    "cut",
)


def write_csv(job: ExportJob) -> Path:
    """Write one row a frame, with empty cells for undefined numbers.

    ``relevance``, ``motion`` and ``static`` are sums of absolute relevance over the frame;
    ``score`` is the probability of the explained class ``target``, or of a model that gives
    values the value, with its ``unit`` in a column more; of a model that gives scores a time step
    those of the step at the frame; ``sampled`` is 1 where the
    model was given the frame and 0 where the row is interpolated. ``changing_share`` is of the
    map; ``motion_share`` with its 95 % interval, the bits and the verdict are the evidence of the
    ``windows`` that cover the frame, counted from 0, for the decision of ``model``. ``cut`` is 1
    where another shot begins.

    Raises
    ------
    ExportError
        If the file cannot be written.
    """
    analysis = job.analysis
    curves = analysis.separation(job.look.preset).curves(job.look.sigma)
    scores, targets = analysis.target_scores(), analysis.targets()
    header, sampled = analysis.header, analysis.sampled.astype(int)
    evidence, cuts = analysis.evidence_curves(), frozenset(analysis.cuts)
    with whole_file(job.path) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        unit = header.spec.score_unit
        rows.writerow([*COLUMNS, *([] if unit is None else ["unit"])])
        for frame in range(*job.frames):
            i = frame - header.start
            numbers = (
                header.timestamps_s[i],
                curves.relevance[i],
                curves.motion[i],
                curves.changing_share[i],
                scores[i],
                curves.static[i],
                curves.signed_relevance[i],
            )
            target = int(targets[i])
            label, name = map(text_cell, (header.spec.label(target), header.spec.name))
            row = [frame, *map(_cell, numbers), target, label, sampled[i]]
            row += [*_evidence_cells(evidence, i), name, int(i in cuts)]
            rows.writerow([*row, *([] if unit is None else [text_cell(unit)])])
    return job.path


def _evidence_cells(evidence: EvidenceCurves, i: int) -> list[str]:
    numbers = (
        evidence.share[i],
        evidence.low[i],
        evidence.high[i],
        evidence.still_bits[i],
        evidence.frames_bits[i],
        evidence.order_bits[i],
    )
    windows = " ".join(str(window) for window in range(*evidence.windows[i]))
    return [*map(_cell, numbers), evidence.verdicts[i], windows]


def _cell(value: float) -> str:
    return repr(float(value)) if math.isfinite(value) else ""

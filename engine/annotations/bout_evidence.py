"""Evidence, relevance and score within bouts: the numbers of a clip's frames, gathered by bout."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from engine.annotations.bouts import Bout
from engine.store import Analysis
from engine.types import Float64Array, Preset
from engine.utils.printable import text_cell

_NAN = float("nan")


@dataclass(frozen=True, slots=True)
class BoutEvidence:
    """The numbers of a bout: of the frames in it that are explained, each counted once.

    Attributes
    ----------
    label, subject : str
    first_frame, last_frame : int
        Both in the bout.
    start_s, stop_s : float
        When the first of its frames that are explained begins, and the one behind them; nan
        where none is.
    frames, explained : int
        Frames of the bout, and those of them that are explained: all below is of these.
    motion_share, motion_share_low, motion_share_high : float
        Share of movement in the sum of their bits, 0 to 1, and the mean of its intervals at
        the frames, weighted by their bits; nan where nothing can be told.
    still_bits, frames_bits, order_bits : float
        Mean over the frames of the bits of one picture, of several and of movement, those of
        the windows that cover a frame; nan where none was measured.
    changing_share : float
        Share of relevance that changes sharply, in the sum over the frames.
    relevance_share : float
        Share of the clip's absolute relevance that lies in these frames.
    score : float
        Mean score of the explained class.
    comment : str
    """

    label: str
    subject: str
    first_frame: int
    last_frame: int
    start_s: float
    stop_s: float
    frames: int
    explained: int
    motion_share: float
    motion_share_low: float
    motion_share_high: float
    still_bits: float
    frames_bits: float
    order_bits: float
    changing_share: float
    relevance_share: float
    score: float
    comment: str


def bout_evidence(numbers: FrameNumbers, bouts: Iterable[Bout]) -> tuple[BoutEvidence, ...]:
    """Gather the numbers of bouts on frames of the video, one each, in order.

    Parts outside the explained range count for nothing.
    """
    return tuple(numbers.of(bout) for bout in sorted(bouts))


def numbers_of(analysis: Analysis, preset: Preset, sigma: float) -> FrameNumbers:
    """Return the numbers of the frames of an analysis whose relevance is separated so."""
    header, evidence = analysis.header, analysis.evidence_curves()
    curves = analysis.separation(preset).curves(sigma)
    return FrameNumbers(
        start=header.start,
        edges_s=edges_of(header.timestamps_s),
        bits=np.stack([evidence.still_bits, evidence.frames_bits, evidence.order_bits]),
        intervals=np.stack([evidence.low, evidence.high]),
        relevance=curves.relevance,
        motion=curves.motion,
        scores=np.asarray(analysis.target_scores(), np.float64),
    )


def edges_of(times_s: Float64Array) -> Float64Array:
    """Return when frames begin and the last one ends, (n + 1,): it is shown as the one before."""
    last_s = float(times_s[-1] - times_s[-2]) if len(times_s) > 1 else 0.0
    return np.append(times_s, float(times_s[-1]) + last_s)


def bout_table(rows: Iterable[BoutEvidence]) -> str:
    """Return the numbers of bouts as CSV, with empty cells for undefined ones."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    names = [part.name for part in fields(BoutEvidence)]
    writer.writerow(names)
    writer.writerows([_cell(getattr(row, name)) for name in names] for row in rows)
    return file.getvalue()


@dataclass(frozen=True, slots=True, eq=False)
class FrameNumbers:
    """Numbers of the frames of a range, as they are shown.

    Attributes
    ----------
    start : int
        Frame of the video that the first numbers belong to.
    edges_s : float64 array, (n + 1,)
        When frames begin, and the last one ends.
    bits : float64 array, (3, n)
        Of one picture, of several and of movement; nan where none was measured.
    intervals : float64 array, (2, n)
        Ends of the interval of the share of movement.
    relevance, motion : float64 array, (n,)
        Sum of absolute relevance, and of its motion part.
    scores : float64 array, (n,)
        Of the explained class.
    """

    start: int
    edges_s: Float64Array
    bits: Float64Array
    intervals: Float64Array
    relevance: Float64Array
    motion: Float64Array
    scores: Float64Array

    def of(self, bout: Bout) -> BoutEvidence:
        """Return the numbers of a bout."""
        count = len(self.relevance)
        first = min(max(bout.first - self.start, 0), count)
        stop = min(max(bout.stop - self.start, first), count)
        part = slice(first, stop)
        relevance, motion = self.relevance[part].sum(), self.motion[part].sum()
        share, low, high = self._shares(part)
        still, several, order = (_mean(bits[part]) for bits in self.bits)
        return BoutEvidence(
            label=bout.label,
            subject=bout.subject,
            first_frame=bout.first,
            last_frame=bout.stop - 1,
            start_s=float(self.edges_s[first]) if stop > first else _NAN,
            stop_s=float(self.edges_s[stop]) if stop > first else _NAN,
            frames=bout.stop - bout.first,
            explained=stop - first,
            motion_share=share,
            motion_share_low=low,
            motion_share_high=high,
            still_bits=still,
            frames_bits=several,
            order_bits=order,
            changing_share=_ratio(motion, relevance),
            relevance_share=_ratio(relevance, self.relevance.sum()) if stop > first else _NAN,
            score=_mean(self.scores[part]),
            comment=bout.comment,
        )

    def _shares(self, part: slice) -> tuple[float, float, float]:
        """Return the share of movement in a part, and the ends of its interval."""
        bits, ends = self.bits[:, part], self.intervals[:, part]
        told = np.isfinite(bits).all(axis=0) & np.isfinite(ends).all(axis=0)
        weights = bits[:, told].sum(axis=0)
        whole = weights.sum()
        low, high = (_ratio((end[told] * weights).sum(), whole) for end in ends)
        return _ratio(bits[2, told].sum(), whole), low, high


def _mean(values: Float64Array) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if len(finite) else _NAN


def _ratio(part: float, whole: float) -> float:
    return float(part / whole) if whole > 0 else _NAN


def _cell(value: object) -> str:
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else ""
    return text_cell(value) if isinstance(value, str) else str(value)

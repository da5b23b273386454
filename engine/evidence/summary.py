"""Evidence of several windows together: of a whole clip, and frame by frame. No torch.

A window counts by its bits: where a model answers without the clip, there is nothing to share out.
Windows of which nothing can be told by themselves count as well, so that share and bits agree. A
padded window, the only one of a range that is too short, counts as it is: its last frame is
repeated, which adds no movement.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from engine.evidence.evidence import ClassBits, Evidence, Verdict
from engine.evidence.judgement import judge
from engine.evidence.measure import Parts
from engine.types import BoolArray, Float64Array, Int64Array, ModelSpec, Window


@dataclass(frozen=True, slots=True)
class ClipEvidence:
    """Evidence for a model's decisions on the windows of a clip.

    Attributes
    ----------
    share : float
        Share of movement in the summed bits, 0 to 1; nan where nothing can be told.
    interval : (float, float)
        Its 95 % interval: the mean of those of the windows, weighted by their bits. Windows
        of one video are alike, so that many are not surer than one.
    still_bits, frames_bits, order_bits : float
        As in `Evidence`, the mean over windows.
    verdict : str
        That of all windows; where they differ, that on the mean of their bits.
    reason : str
        A sentence.
    class_bits : ClassBits
        Of the class explained in each window, the mean over windows.
    model : str
        Name of the model.
    labels : tuple of str
        Classes explained, in the order of their first window.
    prior : str
        What the bits are counted from.
    windows : int
        How many were measured.
    """

    share: float
    interval: tuple[float, float]
    still_bits: float
    frames_bits: float
    order_bits: float
    verdict: Verdict
    reason: str
    class_bits: ClassBits
    model: str
    labels: tuple[str, ...]
    prior: str
    windows: int

    @property
    def parts(self) -> tuple[float, float, float]:
        """Bits of one picture, of several, and of movement."""
        return self.still_bits, self.frames_bits, self.order_bits

    @property
    def is_told(self) -> bool:
        """False where the verdict is "cannot tell"."""
        return self.verdict != "cannot tell"


@dataclass(frozen=True, slots=True, eq=False)
class EvidenceCurves:
    """Evidence at each frame: that of the windows which cover it, together.

    A window covers the frames from its first to the one before the next that it does not see.

    Attributes
    ----------
    share, low, high : float64 array, (n,)
        Share of movement with its interval, 0 to 1; nan where nothing can be told.
    still_bits, frames_bits, order_bits : float64 array, (n,)
        Mean over the windows; nan where none was measured.
    windows : int64 array, (n, 2)
        First window that covers the frame, and the one after the last.
    verdicts : tuple of str
        One a frame; empty texts where none was measured.
    """

    share: Float64Array
    low: Float64Array
    high: Float64Array
    still_bits: Float64Array
    frames_bits: Float64Array
    order_bits: Float64Array
    windows: Int64Array
    verdicts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Together:
    """Evidence of several windows or clips together, attributes as in `ClipEvidence`."""

    share: float
    interval: tuple[float, float]
    bits: tuple[float, float, float]
    verdict: Verdict
    reason: str


def clip_evidence(evidence: Sequence[Evidence | None], spec: ModelSpec) -> ClipEvidence | None:
    """Return the evidence of all windows of a clip together, or None if none was measured.

    Parameters
    ----------
    evidence : sequence of Evidence or None
        One a window.
    spec : ModelSpec
        The model's.
    """
    known = [one for one in evidence if one is not None]
    if not known:
        return None
    whole = together(known)
    own = [one.for_class(one.target) for one in known]
    return ClipEvidence(
        share=whole.share,
        interval=whole.interval,
        still_bits=whole.bits[0],
        frames_bits=whole.bits[1],
        order_bits=whole.bits[2],
        verdict=whole.verdict,
        reason=whole.reason,
        class_bits=ClassBits(
            *(_mean([getattr(one, name) for one in own]) for name in ("still", "frames", "order"))
        ),
        model=spec.name,
        labels=tuple(dict.fromkeys(spec.label(one.target) for one in known)),
        prior="; ".join(dict.fromkeys(one.prior for one in known)),
        windows=len(known),
    )


def evidence_curves(
    windows: Sequence[Window],
    evidence: Sequence[Evidence | None],
    step_frames: Int64Array,
    frames: int,
    left_out: BoolArray | None = None,
) -> EvidenceCurves:
    """Return the evidence at the first frames of a range.

    Parameters
    ----------
    windows : sequence of Window
        In order.
    evidence : sequence of Evidence or None
        One a window.
    step_frames : int64 array, (M,)
        Frames the model was given, never decreasing.
    frames : int
        How many frames, n.
    left_out : bool array, (W,), or None
        Windows that count only where no other one is.
    """
    numbers = np.full((6, frames), math.nan)
    covering = np.zeros((frames, 2), np.int64)
    verdicts: list[str] = [""] * frames
    group = _groups(evidence, np.zeros(len(windows), bool) if left_out is None else left_out)
    for start, stop, first, last in _segments(windows, step_frames, frames):
        covering[start:stop] = first, last
        found = group(first, last)
        if found is not None:
            row = (found.share, *found.interval, *found.bits)
            numbers[:, start:stop] = np.array(row)[:, None]
            verdicts[start:stop] = [found.verdict] * (stop - start)
    share, low, high, still, several, order = numbers
    return EvidenceCurves(share, low, high, still, several, order, covering, tuple(verdicts))


def _groups(
    evidence: Sequence[Evidence | None], left_out: BoolArray
) -> Callable[[int, int], Together | None]:
    @cache
    def group(first: int, last: int) -> Together | None:
        every = left_out[first:last].all()
        part = zip(evidence[first:last], left_out[first:last], strict=True)
        known = [one for one, out in part if one is not None and (every or not out)]
        return together(known) if known else None

    return group


def _segments(
    windows: Sequence[Window], step_frames: Int64Array, frames: int
) -> list[tuple[int, int, int, int]]:
    """Return stretches of frames, first and after the last, with the windows that cover them."""
    ends = np.append(step_frames, frames)
    starts = np.array([step_frames[w.start_step] for w in windows], np.int64)
    after = [min(w.start_step + len(w.frame_indices) - w.padded, len(step_frames)) for w in windows]
    seen = np.array(after, np.int64)  # not to the next frame where the last one serves on
    stops = np.maximum(ends[seen], step_frames[seen - 1] + 1) if after else starts
    cuts = np.unique(np.concatenate([starts, stops, [0, frames]]).clip(0, frames))
    first = np.searchsorted(stops, cuts[:-1], "right")
    last = np.searchsorted(starts, cuts[:-1], "right")
    rows = zip(cuts[:-1], cuts[1:], first, last, strict=True)
    return [(int(a), int(b), int(c), int(d)) for a, b, c, d in rows]


def together(known: Sequence[Evidence]) -> Together:
    """Return the evidence of windows together, at least one, each counting by its bits."""
    names = ("still_bits", "frames_bits", "order_bits")
    bits = tuple(_mean([getattr(one, name) for one in known]) for name in names)
    still, several, order = bits
    verdict = _verdict(known, Parts(still, several, order))
    reason = _reason(known)
    if verdict == "cannot tell":
        return Together(math.nan, (math.nan, math.nan), (still, several, order), verdict, reason)
    known = [one for one in known if one.total_bits > 0]
    weights = np.array([one.total_bits for one in known])
    rows = np.array([(one.share, *one.interval) for one in known])
    share, low, high = (float(value) for value in weights @ rows / weights.sum())
    return Together(share, (low, high), (still, several, order), verdict, reason)


def _verdict(known: Sequence[Evidence], parts: Parts) -> Verdict:
    """Return the verdict of all windows if it is one, or else that on the mean of their bits."""
    verdicts = {one.verdict for one in known}
    return verdicts.pop() if len(verdicts) == 1 else judge(parts).verdict


def _reason(known: Sequence[Evidence]) -> str:
    counts = Counter(one.verdict for one in known)
    if len(counts) == 1:
        return max(known, key=lambda one: one.total_bits).reason
    parts = [f"{count} of {len(known)} {name}" for name, count in counts.most_common()]
    return f"The windows differ ({', '.join(parts)}); this is the verdict on their sum."


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))

"""What the windows of an analysis tell: scores, classes, evidence, shot cuts, conservation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from engine.evidence.evidence import Evidence
from engine.evidence.summary import ClipEvidence, EvidenceCurves, clip_evidence, evidence_curves
from engine.network_inputs import InputRelevance, mean_over_windows
from engine.selective.interpolation import frames_of_steps
from engine.store.document import Header
from engine.store.scores import step_scores, step_targets
from engine.types import BoolArray, Float32Array, Float64Array, Int64Array, Window
from engine.windows import cuts_sentence


class ExplainedWindows:
    """Windows that were explained by now, and what follows from them for frames and clip.

    Frames are counted from the start of the range.

    Attributes
    ----------
    header : Header
        What was explained, and how.
    """

    def __init__(
        self,
        header: Header,
        windows: tuple[Window, ...] = (),
        evidence: tuple[Evidence | None, ...] = (),
    ) -> None:
        self.header = header
        self._windows, self._evidence = windows, evidence

    @property
    def steps_written(self) -> int:
        """Sampled frames whose relevance can be read."""
        raise NotImplementedError

    @property
    def step_frames(self) -> Int64Array:
        """Frames the model was given, int64 (M,), never decreasing."""
        return self.header.step_frames

    @property
    def frame_count(self) -> int:
        """Frames in the range, N."""
        return self.header.stop - self.header.start

    @property
    def windows(self) -> tuple[Window, ...]:
        """Windows explained by now, in order."""
        return self._windows

    @property
    def cuts(self) -> tuple[int, ...]:
        """Frames at which another shot begins, in the windows explained by now."""
        return tuple(sorted({cut for window in self._windows for cut in window.cuts}))

    @property
    def counted(self) -> BoolArray:
        """Windows that the numbers of the clip are made of, bool (W,).

        Those that cross no shot cut; all where each of them does, or where that is asked for.
        """
        left_out = self._left_out(self._windows)
        return np.ones_like(left_out) if left_out.all() else ~left_out

    @property
    def counted_windows(self) -> tuple[Window, ...]:
        """The `counted` ones."""
        windows = self._windows
        return tuple(w for w, counts in zip(windows, self.counted, strict=False) if counts)

    @property
    def cuts_sentence(self) -> str:
        """A sentence on windows that cross shot cuts, empty where none does."""
        windows = self._windows
        crossing = sum(window.crosses_cut for window in windows)
        return cuts_sentence(crossing, len(windows), keep=self.header.request.keep_cuts)

    @property
    def counted_steps(self) -> BoolArray:
        """Steps that the windows counted cover, bool (M,)."""
        covered = np.zeros(len(self.step_frames), np.bool_)
        for window in self.counted_windows:
            covered[window.start_step : window.start_step + len(window.frame_indices)] = True
        return covered

    @property
    def evidence(self) -> tuple[Evidence | None, ...]:
        """Evidence for the decision on each window, None where it was not measured."""
        return self._evidence[: len(self._windows)]

    @property
    def sampled(self) -> BoolArray:
        """Frames that the model was given, bool (N,). The others are interpolated."""
        sampled = np.zeros(self.frame_count, np.bool_)
        sampled[self.step_frames] = True
        return sampled

    @property
    def conservation(self) -> float:
        """Sum of relevance over the explained logit, median of the windows (nan before any)."""
        ratios = [window.conservation for window in self.counted_windows]
        return float(np.median(ratios)) if ratios else float("nan")

    @property
    def by_input(self) -> tuple[InputRelevance, ...]:
        """What each declared input of the network got, the mean of the windows."""
        return mean_over_windows([window.by_input for window in self.counted_windows])

    @property
    def time_step(self) -> int:
        """Sampled frames that share one time step of the relevance (above 1: coarse maps)."""
        return self._windows[0].time_step if self._windows else 1

    @property
    def window_steps(self) -> int:
        """Sampled frames that the model is given at once."""
        return self.header.spec.frames

    @property
    def notices(self) -> tuple[str, ...]:
        """Warnings on the explanation of the windows, each once, and the part of positions."""
        texts = dict.fromkeys(text for window in self._windows for text in window.notices)
        shares = [window.positions for window in self._windows]
        known = [share for share in shares if math.isfinite(share)]
        if known:
            texts[_positions_text(self.conservation, float(np.median(known)))] = None
        return tuple(texts)

    @property
    def frames_written(self) -> int:
        """Frames from the start of the range whose relevance and scores can be read."""
        return self._frames_of(self.steps_written)

    def probabilities(self) -> Float64Array:
        """Probability of every class, or every value, at each frame written, float64 (n, K)."""
        steps = self.steps_written  # once, and before the windows: both may grow meanwhile
        if not steps:
            return np.zeros((0, len(self.header.spec.labels)))
        low, part = self._position(self._frames_of(steps))
        windows = self._windows
        scores = step_scores(windows, steps, self._left_out(windows))
        high = np.minimum(low + 1, steps - 1)
        between: Float64Array = scores[low] * (1 - part) + scores[high] * part
        return between

    def targets(self) -> Int64Array:
        """Class explained at each frame written, int64 (n,)."""
        steps = self.steps_written
        if not steps:
            return np.zeros(0, np.int64)
        low, part = self._position(self._frames_of(steps))
        nearest = np.minimum(low + (part[:, 0] >= 0.5), steps - 1)
        windows = self._windows
        return step_targets(windows, steps, self._left_out(windows))[nearest]

    def target_scores(self) -> Float64Array:
        """Probability of the explained class, or its value, at each frame written, float64 (n,)."""
        targets = self.targets()
        return self.probabilities()[np.arange(len(targets)), targets]

    def clip_evidence(self) -> ClipEvidence | None:
        """Return the evidence of all windows together, or None where it was not measured."""
        evidence, counted = self.evidence, self.counted
        known = [one for one, counts in zip(evidence, counted, strict=False) if counts]
        return clip_evidence(known, self.header.spec)

    def evidence_curves(self) -> EvidenceCurves:
        """Return the evidence at each frame written: of the windows that cover it, together."""
        frames, windows = self.frames_written, self._windows  # in this order: both may grow
        evidence = self._evidence[: len(windows)]
        left_out = self._left_out(windows)
        return evidence_curves(windows, evidence, self.step_frames, frames, left_out)

    def logits(self) -> Float32Array:
        """Return the model's outputs for each window, float32 (W, K)."""
        return np.stack([window.logits for window in self._windows])

    def step_logits(self) -> Float32Array | None:
        """Return the outputs at each time step of the model's own, float32 (W, S, K), or None."""
        rows = [window.step_logits for window in self._windows]
        known = [row for row in rows if row is not None]
        return np.stack(known) if known and len(known) == len(rows) else None

    def _left_out(self, windows: Sequence[Window]) -> BoolArray:
        keep = self.header.request.keep_cuts
        return np.array([window.crosses_cut and not keep for window in windows], np.bool_)

    def _frames_of(self, steps: int) -> int:
        """Frames from the start of the range that the first steps cover."""
        return frames_of_steps(self.step_frames, self.frame_count, steps)

    def _position(self, frames: int) -> tuple[Int64Array, Float64Array]:
        """Step at or before each of the first frames, and how far it is to the next (n, 1)."""
        steps = np.arange(len(self.step_frames))
        position = np.interp(np.arange(frames), self.step_frames, steps)
        low = position.astype(np.int64)
        return low, (position - low)[:, None]


def _positions_text(whole: float, positions: float) -> str:
    """Return what positions are of the sum, both over the explained score."""
    return (
        f"Relevance of the pixels sums to {whole:.2%} of the score, of which positions "
        f"{positions:.2%}: embeddings of place and time count with the pixels they are added to."
    )

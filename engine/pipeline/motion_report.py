"""What a model's decisions on the windows of one video rest on: evidence, and plain scores."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.attribution import MotionUse, motion_use
from engine.attribution.base.targets import resolve_target
from engine.cancel import Check, never
from engine.errors import AttributionError, VideoError
from engine.evidence import Evidence, Prior, decision_evidence
from engine.evidence.chance import is_at_chance
from engine.evidence.decision import clip_prior
from engine.evidence.effort import EFFORTS
from engine.evidence.summary import ClipEvidence, clip_evidence
from engine.models import Clip, VideoModel
from engine.models.preprocess.frame_sampling import repeats_sentence
from engine.pipeline.evidence_meter import prior_of
from engine.pipeline.headers import header_of
from engine.pipeline.window_reader import WindowClip, WindowReader
from engine.types import ModelSpec, Progress, Report, Request, unreported
from engine.video import Video, open_requested
from engine.windows import cuts_sentence, window_starts


@dataclass(frozen=True, slots=True)
class WindowUse:
    """One window.

    Attributes
    ----------
    number : int
        Its place among the windows that `explain` makes of the range, from 0.
    first_frame, last_frame : int
        Of the video.
    padded : int
        Frames at its end that repeat the last one.
    evidence : Evidence or None
        For the model's decision; None of a model whose outputs are values.
    use : MotionUse
        Scores of the class explained, for the clip and without movement.
    crosses_cut : bool
        Whether its frames are of several shots.
    """

    number: int
    first_frame: int
    last_frame: int
    padded: int
    evidence: Evidence | None
    use: MotionUse
    crosses_cut: bool = False


@dataclass(frozen=True, slots=True)
class MotionReport:
    """The windows that were looked at.

    Attributes
    ----------
    spec : ModelSpec
        Of the model.
    whole : ClipEvidence or None
        Evidence of the windows together, if there is some.
    windows : tuple of WindowUse
    of : int
        Windows that the range has.
    notices : tuple of str
        What the user should know of how the model was loaded, and of the frames that it is given.
    keep_cuts : bool
        Whether windows that cross a shot cut count like the others.
    """

    spec: ModelSpec
    whole: ClipEvidence | None
    windows: tuple[WindowUse, ...]
    of: int
    notices: tuple[str, ...] = ()
    keep_cuts: bool = False

    @property
    def counted(self) -> tuple[WindowUse, ...]:
        """Windows that count: those of one shot, all where there is none."""
        return _counted(self.windows, keep_cuts=self.keep_cuts)

    @property
    def at_chance(self) -> int:
        """Windows in which the class explained is as good as guessed."""
        return sum(self._is_at_chance(one.use) for one in self.windows)

    def _is_at_chance(self, use: MotionUse) -> bool:
        if use.probabilities is None:
            return False  # a value is no guess
        return is_at_chance(use.probabilities[0], len(self.spec.labels), use.activation)


def motion_report(
    model: VideoModel,
    request: Request,
    *,
    number: int | None = 0,
    start: int | None = None,
    shuffles: int = 8,
    report: Report = unreported,
    check: Check = never,
) -> MotionReport:
    """Measure one window of a video, or all of them.

    Parameters
    ----------
    model : VideoModel
    request : Request
        Its video, class, range, overlap, effort and prior are used; without a prior of its own or
        of its model, one is made of the first window measured.
    number : int or None
        Window, from 0; None takes all.
    start : int or None
        Frame of the video that the first window begins at; None takes the request's range.
    shuffles : int
        Random orders of the frames to score, >= 1.
    report, check : callable
        Progress, a unit a window; raises `Cancelled` to stop.

    Raises
    ------
    EngineError
        If the video, its range, the window, the class or the prior cannot be used.
    """
    if request.evidence == "off":
        raise AttributionError("Without evidence there is no verdict.", "Give quick or full.")
    target = None if request.target is None else resolve_target(model.spec, request.target)
    told = model.spec.activation != "none"
    prior = prior_of(request, len(model.spec.labels)) if told else None
    found: list[WindowUse] = []
    with open_requested(request, check=check, report=report) as video:
        if start is not None:
            request = replace(request, frames=(start, len(video)))
        header = header_of(request, model, video)
        starts = window_starts(len(header.step_frames), model.spec.frames, request.overlap)
        for place, cut in _cuts(model, video, request, _chosen(starts, number), check):
            prior = prior or (clip_prior(model, cut.clip, check=check) if told else None)
            own = _Asked(replace(request, target=target), prior, shuffles, check)
            found.append(own.window(model, cut, place, header.start))
            report(Progress("Asking the model", len(found), len(starts) if number is None else 1))
    keep = request.keep_cuts
    counted = _counted(found, keep_cuts=keep)
    whole = clip_evidence([one.evidence for one in counted], model.spec)
    repeats = repeats_sentence(model.spec, header.fps, header.step_frames)
    cuts = cuts_sentence(sum(one.crosses_cut for one in found), len(found), keep=keep)
    notices = tuple(filter(None, (*model.notices, repeats, cuts)))
    return MotionReport(model.spec, whole, tuple(found), len(starts), notices, keep)


def _counted(windows: Sequence[WindowUse], *, keep_cuts: bool) -> tuple[WindowUse, ...]:
    of_one_shot = tuple(one for one in windows if not one.crosses_cut)
    return tuple(windows) if keep_cuts or not of_one_shot else of_one_shot


def _chosen(starts: tuple[int, ...], number: int | None) -> list[tuple[int, int]]:
    """Return the places and first steps of the windows that are wanted.

    Raises
    ------
    VideoError
        If there is no window of that number.
    """
    every = list(enumerate(starts))
    if number is None:
        return every
    if not 0 <= number < len(starts):
        raise VideoError(
            f"There is no window {number}: the range has {len(starts)}.",
            f"Give a number from 0 to {len(starts) - 1}, or take all windows.",
        )
    return [every[number]]


def _cuts(
    model: VideoModel, video: Video, request: Request, chosen: list[tuple[int, int]], check: Check
) -> Iterator[tuple[int, WindowClip]]:
    header = header_of(request, model, video)
    reader = WindowReader(model, video, header, check, chosen[0][1], find_cuts=True)
    for place, first in chosen:
        check()
        yield place, reader.window(first)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Everything asked of each window."""

    request: Request
    prior: Prior | None
    shuffles: int
    check: Check

    def window(self, model: VideoModel, cut: WindowClip, number: int, start: int) -> WindowUse:
        told = self.prior is not None
        evidence = self._evidence(model, cut.clip) if told else None
        target = self.request.target if evidence is None else evidence.target
        use = motion_use(model, cut.clip, target, shuffles=self.shuffles, check=self.check)
        frames = np.array(cut.indices) + start
        crosses = any(cut.indices[0] < one <= cut.indices[-1] for one in cut.cuts)
        first, last = int(frames[0]), int(frames[-1])
        return WindowUse(number, first, last, cut.padded, evidence, use, crosses)

    def _evidence(self, model: VideoModel, clip: Clip) -> Evidence:
        effort = EFFORTS[self.request.evidence]
        return decision_evidence(
            model,
            clip,
            self.request.target,
            prior=self.prior,
            stills=effort.stills,
            orders=effort.orders,
            pair=effort.pair,
            check=self.check,
        )

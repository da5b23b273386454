"""The windows of an analysis, explained one batch after the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from engine.attribution import METHODS, Attribution
from engine.attribution.attribute_clip import Explainer
from engine.attribution.base.targets import Contrast, Target
from engine.cancel import Cancelled, Check
from engine.errors import AttributionError, EngineError, os_errors
from engine.evidence import EvidenceMaps
from engine.models import VideoModel
from engine.pipeline.evidence_meter import EvidenceMeter, Measured
from engine.pipeline.input_parts import input_parts, shown_relevance
from engine.pipeline.map_maker import MapMaker
from engine.pipeline.run_clock import RunClock
from engine.pipeline.window_disagreement import WindowDisagreement
from engine.pipeline.window_reader import WindowClip, WindowReader
from engine.store import Analysis, Resumable
from engine.store.resumable import State
from engine.types import Request, Window, unreported
from engine.video import Video
from engine.windows import OverlapAdd, window_starts

_ROOM = "Make room there, or use another disk (TMPDIR, MOTION_INSPECTOR_CACHE)."


@dataclass(frozen=True, slots=True, eq=False)
class MadeWindow:
    """A window that was explained, and not blended with others yet."""

    cut: WindowClip
    result: Attribution
    measured: Measured
    maps: EvidenceMaps | None


class WindowRun:
    """Fills an analysis, front to back.

    Parameters
    ----------
    analysis : Analysis
    model, video, check
        Who is shown what, and what stops it.
    clock : RunClock
        Told what is done.
    earliest : int or None
        First frame of the video that may be looked at to judge shot cuts; None takes that of the
        analysis.

    Attributes
    ----------
    meter : EvidenceMeter
        Has the prior.
    keep : int
        How many of the first windows are kept, unblended.
    kept : list of MadeWindow
    given : mapping
        Windows by number that are explained already.
    """

    def __init__(
        self,
        analysis: Analysis,
        model: VideoModel,
        video: Video,
        clock: RunClock,
        check: Check,
        *,
        earliest: int | None = None,
    ) -> None:
        header = analysis.header
        self._analysis = analysis
        self._model = model
        self._video = video
        self._clock = clock
        self._check = check
        self._earliest = header.start if earliest is None else earliest
        self._steps, self._length = len(header.step_frames), model.spec.frames
        self._starts = window_starts(self._steps, self._length, header.request.overlap)
        self._done = len(analysis.windows)
        self._blend = OverlapAdd(self._length, model.spec.crop)
        self.meter = EvidenceMeter(model, header.request, check)
        self._disagreement = WindowDisagreement()
        target = explained_target(header.request)
        self._maps = MapMaker(model, target, unreported, check, wanted=header.wants_maps)
        self._explainer = Explainer(
            model,
            target,
            header.request.method,
            report=clock.inside,
            check=check,
            **dict(header.request.options),
        )
        self._batch = self._explainer.batch
        self.keep = 0
        self.kept: list[MadeWindow] = []
        self.given: Mapping[int, MadeWindow] = {}

    def resume(self, state: State | None) -> None:
        """Restore the blending state saved after the last stored window."""
        if state is not None:
            self._blend.restore(state["sum"], state["weight"])
            self.meter.restore(state)
            self._disagreement.restore(state)
            self._maps.restore(state)
            # Windows are explained in the same company as without the break: rounding depends
            # on it.
            self._batch = int(state["batch"])
            self._explainer.restore(state)

    def fill(self, checkpoint: Resumable | None, stop: int | None = None) -> None:
        """Explain the windows that are missing, all or those before a number."""
        stop = len(self._starts) if stop is None else stop
        if self._done >= stop:
            return
        first, header = self._starts[self._done], self._analysis.header
        clips = WindowReader(
            self._model,
            self._video,
            header,
            self._check,
            first,
            find_cuts=True,
            earliest=self._earliest,
        )
        try:
            while self._done < stop:
                count = self._explain_batch(clips, stop)
                if checkpoint is not None:
                    checkpoint.keep(self._analysis, self._state())
                self._clock.windows(count)
                self._check()
        except Cancelled:
            if checkpoint is not None:
                checkpoint.keep(self._analysis, self._state(), now=True)
            raise

    def _explain_batch(self, clips: WindowReader, stop: int) -> int:
        if self._done in self.given:
            self._append(self.given[self._done])
            return 1
        starts = self._starts[self._done : min(self._done + self._batch, stop)]
        batch = [clips.window(first) for first in starts]
        results = self._explainer.explain([cut.clip for cut in batch])
        # all before the first is appended: a break leaves whole batches behind
        pairs = [(cut.clip, result) for cut, result in zip(batch, results, strict=True)]
        measured = [self.meter.measure(*pair) for pair in pairs]
        maps = [self._maps.make(*pair) for pair in pairs]
        for made in zip(batch, results, measured, maps, strict=True):
            self._append(MadeWindow(*made))
        self._batch = self._explainer.batch
        return len(batch)

    def _append(self, made: MadeWindow) -> None:
        header, cut, result = self._analysis.header, made.cut, made.result
        if self._done < self.keep and (made.maps is not None or not header.wants_maps):
            self.kept.append(made)
        self._done += 1
        following = (*self._starts, self._steps)[self._done]
        kept, done = self._length - cut.padded, following - cut.first
        relevance = shown_relevance(result, header.request, self._model.spec)[:kept]
        window = _window(
            made, self._notices(made), conserves=METHODS[header.request.method].conserves
        )
        by_input = input_parts(result, self._model.spec.inputs)
        left_out = window.crosses_cut and not header.request.keep_cuts
        self._blend.add(relevance, left_out=left_out)
        disagreement = self._disagreement.add(cut.first, relevance, result.time_step)
        window = replace(window, disagreement=disagreement, by_input=by_input)
        final = self._blend.flush(done)
        blended = self._maps.blend(made.maps, kept, done, left_out=left_out)
        place = self._analysis.folder
        with os_errors(EngineError, f"The analysis cannot be written to {place}", _ROOM):
            self._analysis.append([window], final, [made.measured.evidence], blended)

    def _notices(self, made: MadeWindow) -> tuple[str, ...]:
        header = self._analysis.header
        lost = _lost_in(made.cut, self._video, header.start)
        alone = header.request.input
        said = f"The map is that of the input {alone!r} alone." if alone else ""
        of_maps = self._maps.notices(made.maps)
        return tuple(filter(None, (_lost_notice(lost), made.measured.notice, *of_maps, said)))

    def _state(self) -> State:
        of_windows = {**self.meter.state(), **self._disagreement.state(), **self._maps.state()}
        company = {"batch": np.array(self._batch), **self._explainer.state()}
        return {**self._blend.state(), **of_windows, **company}


def explained_target(request: Request) -> Target:
    """Return what is explained in each window.

    Raises
    ------
    AttributionError
        If there is a class to compare with alone.
    """
    if request.against is None:
        return request.target
    if request.target is None:
        raise AttributionError(
            "A class to compare with is given, but not the class to explain.",
            "Give both: why this class (--class) rather than that one (--against).",
        )
    return Contrast(request.target, request.against)


def _lost_in(cut: WindowClip, video: Video, start: int) -> list[int]:
    """Return the video's frames in a window that do not decode."""
    return sorted(video.damaged_frames & {start + index for index in cut.indices})


def _window(made: MadeWindow, notices: tuple[str, ...], *, conserves: bool) -> Window:
    cut, result = made.cut, made.result
    if result.target is None:
        raise ValueError("a request always explains a class")
    return Window(
        start_step=cut.first,
        frame_indices=np.array(cut.indices, dtype=np.int64),
        padded=cut.padded,
        logits=result.logits,
        target=result.target,
        conservation=result.conservation if conserves else float("nan"),
        time_step=result.time_step,
        notices=result.notices + notices,
        activation=result.activation,
        positions=result.positions / result.explained if result.explained else math.nan,
        step_logits=result.step_logits,
        cuts=cut.cuts,
    )


def _lost_notice(lost: list[int]) -> str:
    if not lost:
        return ""
    frames = "Frame" if len(lost) == 1 else "Frames"
    return (
        f"{frames} {', '.join(map(str, lost))} cannot be decoded: "
        "the model was shown the frame before instead."
    )

"""explain(): the one entry point for window, command line and batch.

A video of any length goes through in overlapping windows. Memory is bounded by the window:
frames are reduced to the network's input size as they are decoded, and relevance leaves for
the disk as soon as no later window can change it.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.attribution import METHODS, Attribution, estimate
from engine.attribution.attribute_clip import Explainer
from engine.attribution.base.targets import Contrast, Target, resolve_target
from engine.attribution.catalogue import check_options, find_entry
from engine.cancel import Cancelled, Check, never
from engine.errors import AttributionError, EngineError, os_errors
from engine.evidence import EvidenceMaps
from engine.evidence.effort import MAPS_PASSES, evidence_passes
from engine.models import VideoModel
from engine.models.load import load_requested
from engine.pipeline.cache_key import deciding_files, request_key
from engine.pipeline.cache_lookup import open_finished, resumable
from engine.pipeline.evidence_meter import EvidenceMeter, Measured
from engine.pipeline.headers import checked_range, header_of
from engine.pipeline.input_parts import check_input, input_parts, shown_relevance
from engine.pipeline.map_maker import MapMaker
from engine.pipeline.window_disagreement import WindowDisagreement
from engine.pipeline.window_reader import WindowClip, WindowReader
from engine.selective import checked_preset, checked_sigma
from engine.store import Analysis, ExplainProgress, Resumable
from engine.store.provenance import provenance_of
from engine.store.resumable import State
from engine.types import Progress, Report, Request, Window, unreported
from engine.video import Video, open_requested
from engine.video.container.stamp import VideoChangedError
from engine.video.content_hash import content_id
from engine.windows import OverlapAdd, window_starts

_CACHE_BYTES = 32 * 2**20  # frames are read once, in order
_ROOM = "Make room there, or use another disk (TMPDIR, MOTION_INSPECTOR_CACHE)."


def explain(
    request: Request,
    report: Report = unreported,
    check: Check = never,
    *,
    folder: Path | None = None,
    resume: bool = False,
    key: str | None = None,
    content: str | None = None,
) -> Analysis:
    """Explain a range of a video, window by window.

    Parameters
    ----------
    request : Request
        What to explain, and how.
    report : callable
        Called in this thread; after each window with an `ExplainProgress`.
    check : callable
        Called at least once a window; raises `Cancelled` to stop.
    folder : Path or None
        Where arrays are written while computing; None takes a temporary folder, which
        ``Analysis.close`` removes.
    resume : bool
        Whether to keep in ``folder`` what is done when the work ends early, even killed; to go on
        from there if the folder holds the beginning of an equal request's analysis; and to open
        at once a finished one. The maps are those of a run without a break, bit for bit on the
        same device. Requests with parts that `engine.pipeline.cache_key` cannot follow
        are computed anew.
    key : str or None
        The `engine.pipeline.cache_key.request_key` of the request, where the caller has it
        already; None computes it if ``resume`` needs it.
    content : str or None
        The `engine.video.content_hash.content_id` of the video from before ``key`` was computed: a
        video that is another one by now is not explained under that key.

    Returns
    -------
    Analysis
        Complete.

    Raises
    ------
    EngineError
        If a setting, the video or the model cannot be used; nothing is left behind, except in
        a ``folder`` to resume from.
    Cancelled
        If `check` said so; the same holds.
    ValueError
        If ``resume`` is asked for without a folder.
    """
    if resume and folder is None:
        raise ValueError("only an analysis in a folder of its own can be resumed")
    checked_sigma(request.sigma)
    checked_preset(request.preset)
    check_options(request.method, dict(request.options))
    request = replace(request, method=find_entry(request.method).info.name)
    _target(request)
    if resume and key is None:
        content = content_id(request.video)
        key = request_key(request)
    if not resume or key is None or folder is None:
        return _explain(request, report, check, folder, None, None)
    finished = open_finished(request, folder, key)
    return finished or _explain(request, report, check, folder, key, content)


def _explain(
    request: Request,
    report: Report,
    check: Check,
    folder: Path | None,
    key: str | None,
    content: str | None,
) -> Analysis:
    with open_requested(request, check=check, report=report, cache_bytes=_CACHE_BYTES) as video:
        if content not in (None, content_id(request.video)):
            raise VideoChangedError(request.video)  # from here on the open video notices it
        checkpoint = resumable(request, folder, key) if key and folder else None
        checked_range(request.frames, len(video), request.video)  # before the model is loaded
        report(Progress(f"Loading {request.model}"))
        model = load_requested(request, report, check)
        request = _resolved(request, model)
        made_with = provenance_of(str(model.device), deciding_files(request))
        header = replace(header_of(request, model, video), provenance=made_with)
        state = None
        if checkpoint is None:
            analysis = Analysis.create(header, folder)
        else:
            analysis, state = checkpoint.begin(header, str(model.device), check)
        try:
            run = _Run(analysis, model, video, report, check)
            run.resume(state)
            run.fill(checkpoint)
        except BaseException:
            analysis.close()
            raise
    return analysis


def _resolved(request: Request, model: VideoModel) -> Request:
    """Return the request with its classes as indices, if the model has what it names."""
    check_input(request, model.spec)
    first, second = (
        None if target is None else resolve_target(model.spec, target)
        for target in (request.target, request.against)
    )
    return replace(request, target=first, against=second)


class _Run:
    """The windows of an analysis, one batch after the other."""

    def __init__(
        self, analysis: Analysis, model: VideoModel, video: Video, report: Report, check: Check
    ) -> None:
        header = analysis.header
        self._analysis = analysis
        self._model = model
        self._video = video
        self._check = check
        self._steps, self._length = len(header.step_frames), model.spec.frames
        self._starts = window_starts(self._steps, self._length, header.request.overlap)
        self._done = len(analysis.windows)
        self._blend = OverlapAdd(self._length, model.spec.crop)
        self._meter = EvidenceMeter(model, header.request, check)
        self._disagreement = WindowDisagreement()
        self._clock = _Clock(report, analysis, len(self._starts))
        self._maps = MapMaker(
            model, _target(header.request), unreported, check, wanted=header.wants_maps
        )
        self._explainer = Explainer(
            model,
            _target(header.request),
            header.request.method,
            report=self._clock.inside,
            check=check,
            **dict(header.request.options),
        )
        self._batch = self._explainer.batch

    def resume(self, state: State | None) -> None:
        """Restore the blending state saved after the last stored window."""
        if state is not None:
            self._blend.restore(state["sum"], state["weight"])
            self._meter.restore(state)
            self._disagreement.restore(state)
            self._maps.restore(state)
            # Windows are explained in the same company as without the break: rounding depends
            # on it.
            self._batch = int(state["batch"])
            self._explainer.restore(state)

    def fill(self, checkpoint: Resumable | None) -> None:
        """Explain all windows that are missing."""
        if self._done < len(self._starts):
            self._explain_rest(checkpoint)
        if checkpoint is not None:
            checkpoint.finish(self._analysis)

    def _explain_rest(self, checkpoint: Resumable | None) -> None:
        header = self._analysis.header
        first = self._starts[self._done]
        clips = WindowReader(self._model, self._video, header, self._check, first, find_cuts=True)
        self._clock.begin(self._model, clips, header.request, self._done)
        try:
            while self._done < len(self._starts):
                self._explain_batch(clips)
                if checkpoint is not None:
                    checkpoint.keep(self._analysis, self._state())
                self._clock.windows(self._done)
                self._check()
        except Cancelled:
            if checkpoint is not None:
                checkpoint.keep(self._analysis, self._state(), now=True)
            raise

    def _explain_batch(self, clips: WindowReader) -> None:
        starts = self._starts[self._done : self._done + self._batch]
        batch = [clips.window(first) for first in starts]
        results = self._explainer.explain([cut.clip for cut in batch])
        # all before the first is appended: a break leaves whole batches behind
        pairs = [(cut.clip, result) for cut, result in zip(batch, results, strict=True)]
        measured = [self._meter.measure(*pair) for pair in pairs]
        maps = [self._maps.make(*pair) for pair in pairs]
        made = zip(results, measured, maps, strict=True)
        for cut, (result, one, both) in zip(batch, made, strict=True):
            self._append(cut, result, one, both)
        self._batch = self._explainer.batch

    def _append(
        self, cut: WindowClip, result: Attribution, measured: Measured, maps: EvidenceMaps | None
    ) -> None:
        header = self._analysis.header
        self._done += 1
        following = (*self._starts, self._steps)[self._done]
        kept, done = self._length - cut.padded, following - cut.first
        relevance = shown_relevance(result, header.request, self._model.spec)[:kept]
        lost = _lost_in(cut, self._video, header.start)
        alone = header.request.input
        said = f"The map is that of the input {alone!r} alone." if alone else ""
        notices = (_lost_notice(lost), measured.notice, *self._maps.notices(maps), said)
        notices = tuple(filter(None, notices))
        window = _window(cut, result, notices, conserves=METHODS[header.request.method].conserves)
        by_input = input_parts(result, self._model.spec.inputs)
        left_out = window.crosses_cut and not header.request.keep_cuts
        self._blend.add(relevance, left_out=left_out)
        disagreement = self._disagreement.add(cut.first, relevance, result.time_step)
        window = replace(window, disagreement=disagreement, by_input=by_input)
        final = self._blend.flush(done)
        blended = self._maps.blend(maps, kept, done, left_out=left_out)
        place = self._analysis.folder
        with os_errors(EngineError, f"The analysis cannot be written to {place}", _ROOM):
            self._analysis.append([window], final, [measured.evidence], blended)

    def _state(self) -> State:
        of_windows = {**self._meter.state(), **self._disagreement.state(), **self._maps.state()}
        company = {"batch": np.array(self._batch), **self._explainer.state()}
        return {**self._blend.state(), **of_windows, **company}


def _target(request: Request) -> Target:
    if request.against is None:
        return request.target
    if request.target is None:
        raise AttributionError(
            "A class to compare with is given, but not the class to explain.",
            "Give both: why this class (--class) rather than that one (--against).",
        )
    return Contrast(request.target, request.against)


class _Clock:
    """Reports of finished windows and the time left, a pass for evidence as long as another."""

    def __init__(self, report: Report, analysis: Analysis, windows: int) -> None:
        self._report = report
        self._analysis = analysis
        self._windows = windows
        request = analysis.header.request
        self._passes = METHODS[request.method].passes
        maps = MAPS_PASSES * analysis.header.wants_maps
        self._with_evidence = 1 + (evidence_passes(request.evidence) + maps) / self._passes
        self._done = self._before = 0
        self._began = time.monotonic()

    def begin(self, model: VideoModel, clips: WindowReader, request: Request, done: int) -> None:
        """Report the start, with an estimate of the time where a clip takes many passes."""
        left = None
        if self._passes > 1:
            cut = clips.window(clips.first)
            seconds = estimate(model, cut.clip, request.method, **dict(request.options)).seconds
            left = (self._windows - done) * seconds * self._with_evidence
        self._done = self._before = done
        self._began = time.monotonic()
        self._tell(done, self._windows, left)

    def windows(self, done: int) -> None:
        """Report windows that are done."""
        self._done = done
        self._tell(done, self._windows, self._left(done))

    def inside(self, progress: Progress) -> None:
        """Report passes that are done of a window, those for its evidence still to come."""
        share = self._done + progress.done / progress.total / self._with_evidence
        total = self._windows * progress.total
        self._tell(round(share * progress.total), total, self._left(share))

    def _left(self, windows: float) -> float:
        each = (time.monotonic() - self._began) / (windows - self._before)
        return each * (self._windows - windows)

    def _tell(self, done: int, total: int, left: float | None) -> None:
        self._report(ExplainProgress("Explaining", done, total, left, analysis=self._analysis))


def _lost_in(cut: WindowClip, video: Video, start: int) -> list[int]:
    """Return the video's frames in a window that do not decode."""
    return sorted(video.damaged_frames & {start + index for index in cut.indices})


def _window(
    cut: WindowClip, result: Attribution, notices: tuple[str, ...], *, conserves: bool
) -> Window:
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

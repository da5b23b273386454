"""One unit measured: the windows of a clip, those that `explain` makes of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.attribution import METHODS, Attribution, motion_use
from engine.attribution.attribute_clip import Explainer
from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.targets import resolve_goal
from engine.cancel import Check, never
from engine.evidence import Evidence, Prior
from engine.evidence.decision import answer_and_evidence, clip_prior, score_clips
from engine.evidence.effort import EFFORTS
from engine.evidence.variants import still_frames
from engine.models import Clip, VideoModel
from engine.pipeline.evidence_meter import prior_of
from engine.pipeline.headers import header_of
from engine.pipeline.window_reader import WindowClip, WindowReader
from engine.selective import split
from engine.store import Header
from engine.study.rows import Row
from engine.study.settings import StudySettings
from engine.study.together import Measured, MeasuredWindow, together
from engine.types import Float32Array, Window, unreported
from engine.utils.spare_memory import give_back_spare_memory
from engine.video import Video, open_requested
from engine.windows import window_starts

_CACHE_BYTES = 32 * 2**20  # frames are read once, in order
_TRIM_CLIPS = 20  # after as many, spare memory is given back

Keep = Callable[[Attribution], None]
"""Called with the relevance of each window, where its maps are wanted."""


class Meter:
    """Measures clips by one model, loaded once.

    Parameters
    ----------
    model : VideoModel
    settings : StudySettings
    check : callable
        Called between passes; raises `Cancelled` to stop.

    Raises
    ------
    EngineError
        If the prior, the method or an option cannot be used.
    """

    def __init__(self, model: VideoModel, settings: StudySettings, check: Check = never) -> None:
        request = settings.request
        self._model, self._settings, self._check = model, settings, check
        self._clips = 0
        self._told = model.spec.activation != "none" and request.evidence != "off"
        self._prior = prior_of(request, len(model.spec.labels)) if self._told else None
        self._explained = ExplainedModel(model, resolve_goal(model.spec, None), check=check)
        self._explainer = Explainer(
            model, None, request.method, report=unreported, check=check, **dict(request.options)
        )

    def measure(self, path: Path, row: Row, keep: Keep | None = None) -> Measured:
        """Measure a clip.

        Parameters
        ----------
        path : Path
            Its video.
        row : Row
            Its range is taken.
        keep : callable, optional
            What is done with the relevance of each window.

        Raises
        ------
        EngineError
            If the video, its range or the model's answer cannot be used.
        """
        request = replace(self._settings.request, video=path)
        with open_requested(request, check=self._check, cache_bytes=_CACHE_BYTES) as video:
            request = replace(request, frames=row.frames(len(video)))
            header = header_of(request, self._model, video)
            steps, length = len(header.step_frames), self._model.spec.frames
            starts = window_starts(steps, length, request.overlap)
            windows = self._windows(video, header, self._chosen(starts), keep)
            lost = len(video.damaged_frames)
        self._clips += 1
        if self._clips % _TRIM_CLIPS == 0:
            give_back_spare_memory()
        return together(header, windows, len(starts), lost, self._model.notices)

    def _chosen(self, starts: Sequence[int]) -> list[int]:
        most = self._settings.windows
        if most is None or len(starts) <= most:
            return list(starts)
        return [starts[place] for place in still_frames(len(starts), most)]

    def _windows(
        self, video: Video, header: Header, starts: list[int], keep: Keep | None
    ) -> list[MeasuredWindow]:
        reader = WindowReader(self._model, video, header, self._check, starts[0], find_cuts=True)
        prior, found = self._prior, list[MeasuredWindow]()
        for first in starts:
            self._check()
            cut = reader.window(first)
            if prior is None and self._told:
                prior = clip_prior(self._model, cut.clip, check=self._check)
            found.append(self._window(cut, prior, keep))
        return found

    def _window(self, cut: WindowClip, prior: Prior | None, keep: Keep | None) -> MeasuredWindow:
        relevance = None
        if self._settings.with_maps or keep is not None:
            (relevance,) = self._explainer.explain([cut.clip])
        if relevance is not None and keep is not None:
            keep(relevance)
        logits, evidence = self._answer(cut.clip, prior, relevance)
        target, orders = int(logits.argmax()), self._settings.shuffles
        return MeasuredWindow(
            window=self._described(cut, logits, target, relevance),
            evidence=evidence,
            use=motion_use(self._model, cut.clip, target, shuffles=orders, check=self._check)
            if orders
            else None,
            changing_share=None if relevance is None else self._changing_share(relevance),
        )

    def _answer(
        self, clip: Clip, prior: Prior | None, relevance: Attribution | None
    ) -> tuple[Float32Array, Evidence | None]:
        """Return what the model says of a window, and what that rests on where it can be told."""
        known = None if relevance is None else relevance.logits
        if prior is not None:
            effort = EFFORTS[self._settings.request.evidence]
            return answer_and_evidence(self._explained, clip, effort, prior, logits=known)
        if known is None:
            known = score_clips(self._explained, [clip.tensor])[0].astype(np.float32)
        return known, None

    def _described(
        self, cut: WindowClip, logits: Float32Array, target: int, relevance: Attribution | None
    ) -> Window:
        conserves = relevance is not None and METHODS[self._settings.request.method].conserves
        return Window(
            start_step=cut.first,
            frame_indices=np.array(cut.indices, np.int64),
            padded=cut.padded,
            logits=logits,
            target=target,
            conservation=relevance.conservation if relevance and conserves else float("nan"),
            notices=() if relevance is None else relevance.notices,
            activation=self._explained.activation,
            cuts=cut.cuts,
        )

    def _changing_share(self, relevance: Attribution) -> float:
        request = self._settings.request
        return split(
            relevance.relevance, request.sigma, preset=request.preset, time_step=relevance.time_step
        ).changing_share

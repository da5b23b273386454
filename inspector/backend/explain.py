"""Explanations for the window, timed to predict the time of the next run."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from engine.attribution import METHODS
from engine.cancel import Check
from engine.errors import EngineError, ModelError
from engine.evidence.effort import evidence_passes
from engine.models import sample_frames
from engine.pipeline.runtime_history import predict_seconds, record
from engine.store import Analysis, ExplainProgress
from engine.types import ModelSpec, Progress, Report, Request
from engine.windows import window_starts
from inspector.backend.analysis_cache import AnalysisCache
from inspector.backend.torch_import import import_torch

_USUAL = Request(video=Path())  # the window leaves device, overlap and evidence as they are
_specs: dict[tuple[str, Path | None], ModelSpec] = {}
"""Specs of the models known so far: to read more takes torch."""


def explain(request: Request, playhead: int, report: Report, check: Check) -> Analysis:
    """Explain a request, or open it from the cache, and record the time of a window.

    Parameters as `engine.pipeline.explain`.
    """
    timed = _Timed(request, report)
    try:
        return AnalysisCache().explain_cached(request, timed.report, check, playhead)
    finally:  # a run that was cancelled has measured as well
        timed.keep()


def is_cached(request: Request) -> bool:
    """Return whether a request is explained already, False where it cannot be used."""
    try:
        return AnalysisCache().has(request)
    except EngineError:  # explaining tells
        return False


def labels(name: str, weights: Path | None, report: Report, check: Check) -> tuple[str, ...]:
    """Return the labels of a model, and remember its spec for `estimate`."""
    import_torch()
    from engine.models.load import known_labels

    names = known_labels(name, weights, report, check)
    spec = _spec_of(name, names)
    if spec is not None:
        _specs[name, weights] = spec
    return names


def estimate(
    model: str, weights: Path | None, frames: int, fps: float, method: str
) -> tuple[int, float | None] | None:
    """Return the number of windows of a run, and its time. Quick, and imports nothing.

    Parameters
    ----------
    model, weights, method
        As in `engine.types.Request`.
    frames : int
        How many frames of the video.
    fps : float
        The video's frames per second.

    Returns
    -------
    (int, float or None) or None
        Windows, and seconds if a window of this model was timed before; None where it is not
        known yet what the model takes: it is once its `labels` were read.
    """
    spec = _specs.get((model, weights))
    if spec is None or frames < 1 or not fps > 0:
        return None
    steps = len(sample_frames(spec, np.arange(frames) / fps, 0, frames))
    windows = len(window_starts(steps, spec.frames, _USUAL.overlap))
    more = evidence_passes(_USUAL.evidence)
    passes = {name: info.passes + more for name, info in METHODS.items()}
    return windows, predict_seconds(model, method, _USUAL.device, windows, passes)


def _spec_of(name: str, labels: tuple[str, ...]) -> ModelSpec | None:
    """Return the spec of a model without loading it, or None if only its weights tell."""
    from engine.models.load import card_of
    from engine.models.loaders.sources import find_network
    from engine.plugins import plugin_models

    if name in plugin_models():
        return None
    card = card_of(name)
    if card.is_of_hub:
        return None
    try:
        return card.spec(find_network(card.network).spec if card.is_known else None, labels)
    except ModelError:  # the card leaves something open, which explaining will tell
        return None


class _Timed:
    """Reporter that measures the time of a window, the first left out where there are more.

    That one prepares buffers, kernels and the prior.
    """

    def __init__(self, request: Request, report: Report) -> None:
        self._request = request
        self._report = report
        self._analysis: Analysis | None = None
        self._since = self._ended = 0.0
        self._before = self._windows = self._timed = 0

    def report(self, progress: Progress) -> None:
        """Take the time of a report with the analysis in it, and pass it on."""
        if isinstance(progress, ExplainProgress):
            self._note(progress.analysis)
        self._report(progress)

    def keep(self) -> None:
        """Record the measured time unless options or less evidence changed it."""
        request = self._request
        made = self._windows - self._timed
        if made > 0 and not request.options and request.evidence == _USUAL.evidence:
            seconds = (self._ended - self._since) / made
            record(str(request.model), request.method, request.device, seconds)

    def _note(self, analysis: Analysis) -> None:
        now = time.perf_counter()
        if self._analysis is None:
            self._analysis, self._since = analysis, now
            self._before = self._windows = len(analysis.windows)  # of a run that was broken off
            self._timed = self._windows
            _specs[self._request.model, self._request.weights] = analysis.header.spec
        if len(analysis.windows) > self._windows:
            if self._timed == self._before < self._windows:
                self._timed, self._since = self._windows, self._ended
            self._windows, self._ended = len(analysis.windows), now

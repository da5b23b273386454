"""Runs of what-if queries: parts of the clip removed, or its movement destroyed."""

from __future__ import annotations

import numpy as np

from engine.annotations.regions import Region
from engine.attribution import MotionUse, motion_use
from engine.cancel import Check, never
from engine.errors import EngineError
from engine.models import VideoModel
from engine.types import (
    Float64Array,
    Int64Array,
    ModelSpec,
    Progress,
    Report,
    Request,
    UInt8Array,
    unreported,
)
from engine.video import open_requested
from engine.what_if.perturb import fill_region
from engine.what_if.queries import FILLS, SCOPES, MotionTests, Scope, WhatIfQuery, WhatIfResult
from engine.what_if.windows import RequestWindows, pictures_of, scores_of

_VARIANTS = ("original", "frozen", "reversed", "shuffled")


def what_if(
    model: VideoModel,
    request: Request,
    query: WhatIfQuery,
    frame: int,
    report: Report = unreported,
    check: Check = never,
) -> WhatIfResult:
    """Score a video with part of it changed.

    Parameters
    ----------
    model : VideoModel
        That of the request, loaded.
    request : Request
        Its video, frames and overlap are used: windows are those of `engine.pipeline.explain`.
    query : WhatIfQuery
        What is changed.
    frame : int
        The playhead, counted in the video: the window whose middle is nearest to it is asked
        about, and shown.
    report, check : callable
        Told the windows done; raises `Cancelled` to stop.

    Raises
    ------
    EngineError
        If the video, a setting or the region cannot be used, or nothing would be changed.
    """
    _check_choice("fill", query.fill, FILLS)
    _check_choice("scope", query.scope, SCOPES)
    _check_painted(query.region)
    with open_requested(request, check=check, report=report) as video:
        windows = RequestWindows(model, video, request, check)
        shown = windows.nearest(frame)
        scores = _Scores()
        pictures = None
        for done, cut in enumerate(windows.cuts(query.scope, shown)):
            frames = np.array(cut.indices, dtype=np.int64) + windows.header.start
            keep, fill = query.keep, query.fill
            changed, share = fill_region(cut.clip, query.region, frames, keep=keep, fill=fill)
            scores.add(*scores_of(model, (cut.clip.tensor, changed), check), share)
            if cut.first == shown:
                pictures = pictures_of(cut, changed, frames)
            report(Progress("Asking the model", done + 1, windows.count(query.scope)))
    assert pictures is not None  # the window at the playhead is one of those asked about
    result = scores.mean(query, model.spec, *pictures)
    _check_touched(result, windows.inside, frame)
    return result


def motion_tests(
    model: VideoModel,
    request: Request,
    scope: Scope,
    frame: int,
    report: Report = unreported,
    check: Check = never,
) -> MotionTests:
    """Score a video frozen, reversed and shuffled, see `engine.attribution.motion_use`.

    Parameters
    ----------
    model, frame, report, check
        As for `what_if`.
    request : Request
        As for `what_if`; its ``target`` is scored, or else the class that the model gives the
        window at the playhead.
    scope : str
        One of `SCOPES`.

    Raises
    ------
    EngineError
        If the video or a setting cannot be used.
    """
    _check_choice("scope", scope, SCOPES)
    with open_requested(request, check=check, report=report) as video:
        windows = RequestWindows(model, video, request, check)
        shown = windows.nearest(frame)
        target = windows.target(request, shown)
        uses = []
        for done, cut in enumerate(windows.cuts(scope, shown)):
            uses.append(motion_use(model, cut.clip, target, check=check))
            report(Progress("Asking the model", done + 1, windows.count(scope)))
    return MotionTests(
        label=model.spec.label(target),
        probabilities=_means([use.probabilities or _logits(use) for use in uses]),
        logits=_means([_logits(use) for use in uses]),
        windows=len(uses),
        shuffles=uses[0].shuffles,
        unit=model.spec.score_unit,
    )


def _logits(use: MotionUse) -> tuple[float, float, float, float]:
    return use.original, use.frozen, use.reversed, use.shuffled


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise EngineError(
            f"There is no {name} called {value!r}.", f"Choose one of: {', '.join(choices)}."
        )


def _check_painted(region: Region) -> None:
    if region.frames is None:
        raise EngineError("Nothing is painted yet.", "Draw a box or paint on a picture first.")


def _check_touched(result: WhatIfResult, inside: float, frame: int) -> None:
    """Refuse a result for a region that the model does not see."""
    untouched = inside if result.query.keep else 0.0
    if result.changed_share == untouched:
        raise EngineError(
            f"Nothing is painted where the model looks around frame {frame}.",
            "Paint on the frames around the playhead, inside what the model sees.",
        )


class _Scores:
    """Scores of windows before and after, summed up in an answer."""

    def __init__(self) -> None:
        self._logits: list[Float64Array] = []
        self._probabilities: list[Float64Array] = []
        self._shares: list[float] = []

    def add(self, logits: Float64Array, probabilities: Float64Array, share: float) -> None:
        """Take the scores of a window and of the changed window, (2, K) each."""
        self._logits.append(logits)
        self._probabilities.append(probabilities)
        self._shares.append(share)

    def mean(
        self, query: WhatIfQuery, spec: ModelSpec, pictures: UInt8Array, frames: Int64Array
    ) -> WhatIfResult:
        """Return the result as means over the windows."""
        logits, changed_logits = np.mean(self._logits, axis=0)
        before, after = np.mean(self._probabilities, axis=0)
        return WhatIfResult(
            query=query,
            labels=spec.labels,
            logits=logits,
            changed_logits=changed_logits,
            probabilities=before,
            changed_probabilities=after,
            pictures=pictures,
            picture_frames=frames,
            changed_share=float(np.mean(self._shares)),
            windows=len(self._shares),
            unit=spec.score_unit,
        )


def _means(rows: list[tuple[float, ...]]) -> dict[str, float]:
    means = np.mean(rows, axis=0).tolist()
    return dict(zip(_VARIANTS, means, strict=True))

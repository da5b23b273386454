"""Runs of what-if queries: parts of the clip removed, or its movement destroyed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from engine.annotations.region_masks import inside_picture
from engine.annotations.regions import Region
from engine.attribution import motion_use
from engine.attribution.base.explained_model import ExplainedModel, evaluating
from engine.attribution.base.targets import Goal, resolve_target
from engine.cancel import Check, never
from engine.errors import EngineError
from engine.models import VideoModel
from engine.pipeline.explain_video import header_of
from engine.pipeline.window_reader import WindowClip, WindowReader
from engine.types import Float64Array, Int64Array, Progress, Report, Request, UInt8Array, unreported
from engine.video import Video, open_requested
from engine.what_if.perturb import fill_region
from engine.what_if.queries import FILLS, SCOPES, MotionTests, Scope, WhatIfQuery, WhatIfResult
from engine.windows import window_starts

_PICTURES = 8
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
        windows = _Windows(model, video, request, check)
        shown = windows.nearest(frame)
        scores = _Scores()
        pictures = None
        for done, cut in enumerate(windows.cuts(query.scope, shown)):
            frames = np.array(cut.indices, dtype=np.int64) + windows.header.start
            keep, fill = query.keep, query.fill
            changed, share = fill_region(cut.clip, query.region, frames, keep=keep, fill=fill)
            scores.add(*_scored(model, (cut.clip.tensor, changed), check), share)
            if cut.first == shown:
                pictures = _pictures(cut, changed, frames)
            report(Progress("Asking the model", done + 1, windows.count(query.scope)))
    assert pictures is not None  # the window at the playhead is one of those asked about
    result = scores.mean(query, model.spec.labels, *pictures)
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
        windows = _Windows(model, video, request, check)
        shown = windows.nearest(frame)
        target = windows.target(request, shown)
        uses = []
        for done, cut in enumerate(windows.cuts(scope, shown)):
            uses.append(motion_use(model, cut.clip, target, check=check))
            report(Progress("Asking the model", done + 1, windows.count(scope)))
    return MotionTests(
        label=model.spec.label(target),
        probabilities=_means([use.probabilities or () for use in uses]),
        logits=_means([(u.original, u.frozen, u.reversed, u.shuffled) for u in uses]),
        windows=len(uses),
        shuffles=uses[0].shuffles,
    )


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


class _Windows:
    """The windows of a request, as `engine.pipeline.explain` cuts them."""

    def __init__(self, model: VideoModel, video: Video, request: Request, check: Check) -> None:
        self._model, self._video, self._check = model, video, check
        self.header = header_of(request, model, video)
        steps = len(self.header.step_frames)
        self._starts = window_starts(steps, model.spec.frames, request.overlap)

    @property
    def inside(self) -> float:
        """Share of the network's input that shows the picture and is not padding."""
        return float(inside_picture(self.header.seen, self._model.spec.crop).mean())

    def nearest(self, frame: int) -> int:
        """Return the first step of the window whose middle is nearest to a frame of the video."""
        steps = self.header.step_frames + self.header.start
        last = len(steps) - 1

        def distance(first: int) -> float:
            final = min(first + self._model.spec.frames - 1, last)
            return abs(float(steps[first] + steps[final]) / 2 - frame)

        return min(self._starts, key=distance)

    def count(self, scope: Scope) -> int:
        """Return the number of windows that `cuts` gives."""
        return 1 if scope == "window" else len(self._starts)

    def cuts(self, scope: Scope, shown: int) -> Iterator[WindowClip]:
        """Yield the window shown, or all of them in order."""
        starts = (shown,) if scope == "window" else self._starts
        clips = WindowReader(self._model, self._video, self.header, self._check, starts[0])
        for first in starts:
            self._check()
            yield clips.window(first)

    def target(self, request: Request, shown: int) -> int:
        """Return the class of the request, or the model's answer to the window shown."""
        if request.target is not None:
            return resolve_target(self._model.spec, request.target)
        cut = next(self.cuts("window", shown))
        return int(_scored(self._model, (cut.clip.tensor,), self._check)[0].argmax())


def _scored(
    model: VideoModel, clips: tuple[Tensor, ...], check: Check
) -> tuple[Float64Array, Float64Array]:
    """Return the logits of clips, and their probabilities, float64 (n, K) each."""
    subject = ExplainedModel(model, Goal(), check=check)
    with evaluating(model.module), torch.no_grad():
        # one by one, as explaining does: what fits the memory there fits here
        logits = torch.cat([subject.logits(clip.clone()) for clip in clips]).double()
    return logits.cpu().numpy(), subject.probabilities(logits).cpu().numpy()


def _pictures(
    cut: WindowClip, changed: Tensor, frames: Int64Array
) -> tuple[UInt8Array, Int64Array]:
    """Return some frames of a changed clip as RGB pictures, and their numbers in the video."""
    count = len(frames) - cut.padded
    chosen = np.linspace(0, count - 1, min(count, _PICTURES)).round().astype(np.int64)
    low, high = cut.clip.low, cut.clip.high
    values = (changed[:, :, chosen.tolist()] - low) / (high - low)
    bytes_ = (values[0].permute(1, 2, 3, 0) * 255).round().clamp(0, 255).to(torch.uint8)
    return bytes_.cpu().numpy(), frames[chosen]


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
        self, query: WhatIfQuery, labels: tuple[str, ...], pictures: UInt8Array, frames: Int64Array
    ) -> WhatIfResult:
        """Return the result as means over the windows."""
        logits, changed_logits = np.mean(self._logits, axis=0)
        before, after = np.mean(self._probabilities, axis=0)
        return WhatIfResult(
            query=query,
            labels=labels,
            logits=logits,
            changed_logits=changed_logits,
            probabilities=before,
            changed_probabilities=after,
            pictures=pictures,
            picture_frames=frames,
            changed_share=float(np.mean(self._shares)),
            windows=len(self._shares),
        )


def _means(rows: list[tuple[float, ...]]) -> dict[str, float]:
    means = np.mean(rows, axis=0).tolist()
    return dict(zip(_VARIANTS, means, strict=True))

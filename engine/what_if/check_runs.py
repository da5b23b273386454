"""Runs of the checks of a separated map on the windows of a video."""

from __future__ import annotations

import numpy as np

from engine.attribution import FrozenFrameSplit, frozen_frame_split
from engine.attribution.base.targets import Contrast, Target
from engine.cancel import Check, never
from engine.errors import EngineError
from engine.models import VideoModel
from engine.pipeline.window_reader import WindowClip
from engine.render.heat_overlay import overlay
from engine.store.explained_video import check_explained
from engine.types import Int64Array, Progress, Rect, Report, Request, UInt8Array, unreported
from engine.video import open_requested
from engine.what_if.causal import DRAWS, SHARE, SHARES, FrozenScores, frozen_scores
from engine.what_if.checks import FreezeCheck, SeparatedMap, StillSplit
from engine.what_if.queries import Scope
from engine.what_if.windows import RequestWindows, answer_to, pictures_of

_WHOLE = Rect(0.0, 0.0, 1.0, 1.0)
_SCALE_QUANTILE = 0.995


def freeze_check(
    model: VideoModel,
    request: Request,
    separated: SeparatedMap,
    scope: Scope,
    frame: int,
    report: Report = unreported,
    check: Check = never,
) -> FreezeCheck:
    """Freeze what a map calls motion, others and static, see `frozen_scores`.

    Parameters
    ----------
    model, frame, report, check
        As for `engine.what_if.run.what_if`.
    request : Request
        That of the analysis; its video is read.
    separated : SeparatedMap
        The map.
    scope : str
        One of `engine.what_if.queries.SCOPES`. Each window is asked about its own class.

    Raises
    ------
    EngineError
        If the video cannot be used or is not the one of the map, the window is not explained,
        nothing in it is motion, or the model gives values.
    """
    if model.spec.activation == "none":
        raise EngineError(
            f"What freezing costs is told in points of a probability, and {model.spec.name} gives "
            "values.",
            "Freeze, reverse and shuffle the whole clip instead.",
        )
    scores: list[FrozenScores] = []
    labels: list[str] = []
    check_explained(separated.analysis.header, request.video)
    with open_requested(request, check=check, report=report) as video:
        windows = RequestWindows(model, video, request, check)
        shown = windows.nearest(frame)
        for done, cut in enumerate(windows.cuts(scope, shown)):
            target = _target(model, separated, cut, check)
            labels.append(model.spec.label(target))
            parts = separated.parts(cut.indices)
            scores.append(frozen_scores(model, cut.clip, *parts, target, check=check))
            report(Progress("Freezing parts of the clip", done + 1, windows.count(scope)))
    return _mean_check(scores, ", ".join(dict.fromkeys(labels)), separated)


def _target(model: VideoModel, separated: SeparatedMap, cut: WindowClip, check: Check) -> int:
    known = separated.target(cut.first)
    return answer_to(model, cut, check) if known is None else known


def _mean_check(scores: list[FrozenScores], label: str, separated: SeparatedMap) -> FreezeCheck:
    original = float(np.mean([one.original for one in scores]))
    everything = float(np.mean([one.everything for one in scores]))
    motion = np.mean([one.motion for one in scores], axis=0).tolist()
    others = np.mean([one.others for one in scores], axis=0).tolist()
    place = SHARES.index(SHARE)
    return FreezeCheck(
        label=label,
        preset=separated.preset,
        sigma=separated.sigma,
        share=SHARE,
        original=original,
        motion=motion[place],
        others=others[place],
        static=float(np.mean([one.static for one in scores])),
        shares=(0.0, *SHARES, 1.0),
        motion_curve=(original, *motion, everything),
        others_curve=(original, *others, everything),
        windows=len(scores),
        draws=DRAWS,
    )


def still_split(
    model: VideoModel,
    request: Request,
    frame: int,
    report: Report = unreported,
    check: Check = never,
) -> StillSplit:
    """Separate the relevance of the window at the playhead by still clips of its frames.

    Parameters
    ----------
    model, frame, report, check
        As for `engine.what_if.run.what_if`.
    request : Request
        Its video is read; method, options and class are used. Without a class that of the
        model's answer to the window.

    Raises
    ------
    EngineError
        If the video or a setting cannot be used.
    """
    with open_requested(request, check=check, report=report) as video:
        windows = RequestWindows(model, video, request, check)
        shown = windows.nearest(frame)
        cut = next(windows.cuts("window", shown))
        start = windows.header.start
    split = frozen_frame_split(
        model,
        cut.clip,
        _goal(request),
        request.method,
        report=report,
        check=check,
        **dict(request.options),
    )
    frames = np.array(cut.indices, np.int64) + start
    pictures, numbers = _painted(cut, split, frames)
    target = split.attribution.target
    return StillSplit(
        label="" if target is None else model.spec.label(target),
        method=request.method,
        temporal_share=split.temporal_share,
        pictures=pictures,
        picture_frames=numbers,
        first=int(frames[0]),
        stop=int(frames[-1]) + 1,
    )


def _goal(request: Request) -> Target:
    if request.target is None or request.against is None:
        return request.target
    return Contrast(request.target, request.against)


def _painted(
    cut: WindowClip, split: FrozenFrameSplit, frames: Int64Array
) -> tuple[UInt8Array, Int64Array]:
    """Lay the temporal part over some frames of a window, and return their numbers too."""
    pictures, numbers = pictures_of(cut, cut.clip.tensor, frames)
    places = np.searchsorted(frames[: len(frames) - cut.padded], numbers)
    scale = float(np.quantile(np.abs(split.attribution.relevance), _SCALE_QUANTILE)) or 1.0
    painted = [
        overlay(picture, split.temporal[place], _WHOLE, scale)
        for picture, place in zip(pictures, places, strict=True)
    ]
    return np.stack(painted), numbers

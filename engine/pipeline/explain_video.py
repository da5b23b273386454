"""explain(): the one entry point for window, command line and batch.

A video of any length goes through in overlapping windows. Memory is bounded by the window:
frames are reduced to the network's input size as they are decoded, and relevance leaves for
the disk as soon as no later window can change it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from engine.attribution.base.targets import resolve_target
from engine.attribution.catalogue import check_options, find_entry
from engine.cancel import Check, never
from engine.models import VideoModel
from engine.models.load import load_requested
from engine.pipeline.cache_key import deciding_files, request_key
from engine.pipeline.cache_lookup import open_finished, resumable
from engine.pipeline.headers import checked_range, header_of
from engine.pipeline.input_parts import check_input
from engine.pipeline.playhead_first import PlayheadFirst, behind, chosen_number, drop_parts
from engine.pipeline.run_clock import RunClock
from engine.pipeline.window_run import WindowRun, explained_target
from engine.selective import checked_preset, checked_sigma
from engine.store import Analysis, Resumable
from engine.store.provenance import provenance_of
from engine.store.resumable import State
from engine.types import Progress, Report, Request, unreported
from engine.video import Video, open_requested
from engine.video.container.stamp import VideoChangedError
from engine.video.content_hash import content_id
from engine.windows import window_starts

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
    playhead: int | None = None,
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
    playhead : int or None
        A frame of the video to begin with: the windows from the one there on are explained first,
        and reported as an analysis of their own, then those before it. The result is the same, bit
        for bit. On CUDA, where windows go in batches and rounding depends on the company in them,
        and with None it goes from front to back.

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
    explained_target(request)
    if resume and key is None:
        content = content_id(request.video)
        key = request_key(request)
    if not resume or key is None or folder is None:
        return _explain(request, report, check, folder, None, None, playhead)
    finished = open_finished(request, folder, key)
    return finished or _explain(request, report, check, folder, key, content, playhead)


def _explain(
    request: Request,
    report: Report,
    check: Check,
    folder: Path | None,
    key: str | None,
    content: str | None,
    playhead: int | None,
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
            at = key if checkpoint else None, playhead
            _fill(analysis, state, checkpoint, at, model, video, report, check)
        except BaseException:
            analysis.close()
            raise
    return analysis


def _fill(
    analysis: Analysis,
    state: State | None,
    checkpoint: Resumable | None,
    at: tuple[str | None, int | None],
    model: VideoModel,
    video: Video,
    report: Report,
    check: Check,
) -> None:
    """Explain the windows that are missing, from the playhead on first, under a key if kept."""
    header, (key, playhead) = analysis.header, at
    starts = window_starts(len(header.step_frames), model.spec.frames, header.request.overlap)
    clock = RunClock(report, header.request, len(starts), analysis)
    run = WindowRun(analysis, model, video, clock, check)
    run.resume(state)
    number = chosen_number(analysis, playhead) if model.device.type != "cuda" else None
    if number is None:
        clock.begin(len(analysis.windows))
        run.fill(checkpoint)
    else:
        of = model, video, clock, check, key
        PlayheadFirst(analysis, run, behind(header, number), *of).fill(checkpoint)
    drop_parts(analysis.folder, but=number)
    if checkpoint is not None:
        checkpoint.finish(analysis)


def _resolved(request: Request, model: VideoModel) -> Request:
    """Return the request with its classes as indices, if the model has what it names."""
    check_input(request, model.spec)
    first, second = (
        None if target is None else resolve_target(model.spec, target)
        for target in (request.target, request.against)
    )
    return replace(request, target=first, against=second)

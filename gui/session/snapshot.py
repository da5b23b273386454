"""The window as a session, and a session shown in the window."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.annotations import regions
from engine.annotations.notes import Note, from_json, to_json
from engine.annotations.regions import Region
from engine.types import Request
from gui.explain.panel import ExplainSettings
from gui.state.session_file import SessionFile
from gui.state.view_state import ViewState

if TYPE_CHECKING:
    from gui.main_window.window import MainWindow
    from gui.state.video_info import VideoInfo

_DOCKS, _REGION = "docks", "region"


def session_of(window: MainWindow, content: str = "") -> SessionFile | None:
    """What is open in the window; None without a video.

    Parameters
    ----------
    window : MainWindow
    content : str
        `engine.utils.content_hash.content_id` of the video, if it is known.
    """
    request, analysis = window.explain.current_request(), window.analysis
    if request is None:
        return None
    kept = analysis is not None and analysis.complete and analysis.is_kept
    return SessionFile(
        request=request,
        view=replace(window.view.state, playing=False),
        content=content,
        notes=tuple(to_json(window.notes.notes.notes)),
        paint={_REGION: regions.to_json(window.what_if.layer.region)},
        layout={_DOCKS: window.docks.state()},
        analysis=analysis.folder if analysis is not None and kept else None,
        explain=window.runs.request is not None and not kept,
    )


def show_session(window: MainWindow, session: SessionFile, info: VideoInfo) -> None:
    """Show a session whose video has just been opened.

    Raises
    ------
    EngineError
        If its notes or its region cannot be used.
    """
    notes, region = contents_of(session)
    window.notes.set_video(info, notes)
    window.what_if.set_video(True, region)
    window.docks.restore(session.layout.get(_DOCKS, ""))
    window.panel.set_wish(_wish(session.request, info.frame_count))
    window.view.set(_within(session.view, info.frame_count))


def contents_of(session: SessionFile) -> tuple[tuple[Note, ...], Region]:
    """Notes and region of a session.

    Raises
    ------
    EngineError
        If they cannot be used.
    """
    painted = session.paint.get(_REGION)
    region = Region() if painted is None else regions.from_json(painted)
    return from_json(list(session.notes)), region


def _wish(request: Request, frame_count: int) -> ExplainSettings:
    target, against = (
        None if label is None else str(label) for label in (request.target, request.against)
    )
    first, stop = request.frames or (0, frame_count)
    return ExplainSettings(
        model=request.model,
        weights=request.weights,
        method=request.method,
        target=target,
        frames=(min(first, frame_count - 1), min(stop, frame_count)),
        options=request.options,
        against=against,
    )


def _within(view: ViewState, frame_count: int) -> ViewState:
    """A view of a video that may have fewer frames than it had."""
    chosen = view.range
    if chosen is not None:
        chosen = chosen[0], min(chosen[1], frame_count)
        chosen = chosen if chosen[0] < chosen[1] else None
    frame = max(min(view.frame, frame_count - 1), 0)
    return replace(view, frame=frame, frame_count=frame_count, playing=False, range=chosen)

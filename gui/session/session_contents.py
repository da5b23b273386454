"""The contents of a session: read from a workspace, checked, and fitted to its video."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from engine.annotations import regions
from engine.annotations.notes import Note, from_json
from engine.annotations.regions import Region
from engine.types import Request
from gui.explain.missing import Missing
from gui.state.session_file import SessionFile
from gui.state.stand_ins import StandIn
from gui.state.video_info import VideoInfo
from gui.state.view_state import ViewState
from gui.tasks.jobs import Failure

REGION = "region"


class Workspace(Protocol):
    """All that sessions know of the window."""

    def snapshot(self, content: str = "") -> SessionFile | None:
        """Return the open video with everything done on it, or None without a video.

        Parameters
        ----------
        content : str
            `engine.video.content_hash.content_id` of the video, if it is known.
        """

    def restore(self, session: SessionFile, info: VideoInfo) -> None:
        """Show a session whose video has just been opened.

        Raises
        ------
        EngineError
            If its notes or its region cannot be used.
        """

    def missing(self) -> tuple[Missing, ...]:
        """Return what the settings shown name that is not here."""


def contents_of(session: SessionFile) -> tuple[tuple[Note, ...], Region]:
    """Return the notes and the region of a session.

    Raises
    ------
    EngineError
        If they cannot be used.
    """
    painted = session.paint.get(REGION)
    region = Region() if painted is None else regions.from_json(painted)
    return from_json(list(session.notes)), region


def request_within(request: Request, frame_count: int) -> Request:
    """Return a request for a video that may have fewer frames than it had."""
    first, stop = request.frames or (0, frame_count)
    return replace(request, frames=(min(first, frame_count - 1), min(stop, frame_count)))


def view_within(view: ViewState, frame_count: int) -> ViewState:
    """Return a view of a video that may have fewer frames than it had."""
    chosen = view.range
    if chosen is not None:
        chosen = chosen[0], min(chosen[1], frame_count)
        chosen = chosen if chosen[0] < chosen[1] else None
    frame = max(min(view.frame, frame_count - 1), 0)
    return replace(view, frame=frame, frame_count=frame_count, playing=False, range=chosen)


def range_within(session: SessionFile, frame_count: int) -> tuple[int, int] | None:
    """Return the range that a session marks, else that of its request, None for all frames."""
    asked = request_within(session.request, frame_count).frames
    marked = view_within(session.view, frame_count).range
    return marked if marked is not None or asked == (0, frame_count) else asked


def not_here(stand_ins: Sequence[StandIn], missing: Sequence[Missing]) -> Failure | None:
    """Return what a session names that is not here, in one sentence and what to do, or None."""
    reasons = [*(each.text for each in stand_ins), *(each.text for each in missing)]
    if not reasons:
        return None
    remedies = [each.remedy for each in missing]
    if stand_ins:
        remedies.append("The usual is shown instead; a newer version may know it.")
    kept = "Nothing of the session was changed: saved again, it keeps these names."
    hint = " ".join(dict.fromkeys((*remedies, kept)))
    return Failure(f"Not all of this session is here: {', and '.join(reasons)}.", hint)

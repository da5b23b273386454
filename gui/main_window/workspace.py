"""The window as a session, and a session shown in the window."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.annotations import regions
from engine.annotations.notes import to_json
from gui.explain.controller import ExplainController
from gui.explain.missing import Missing
from gui.explain.results_controller import ResultsController
from gui.main_window.docks import Docks
from gui.notes.controller import NotesController
from gui.session.session_contents import (
    REGION,
    contents_of,
    range_within,
    request_within,
    view_within,
)
from gui.state.session_file import SessionFile
from gui.state.video_info import VideoInfo
from gui.state.view_model import ViewModel
from gui.what_if.controller import WhatIfController

_DOCKS = "docks"


@dataclass(frozen=True, slots=True, eq=False)
class WindowWorkspace:
    """The parts of the window that a session describes: a `Workspace`."""

    view: ViewModel
    explain: ExplainController
    results: ResultsController
    notes: NotesController
    what_if: WhatIfController
    docks: Docks

    def snapshot(self, content: str = "") -> SessionFile | None:
        """Return the open video with everything done on it, or None without a video."""
        request, analysis = self.explain.current_request(), self.explain.analysis
        if request is None:
            return None
        in_folder = analysis is not None and analysis.complete and analysis.place == "folder"
        return SessionFile(
            request=request,
            view=replace(self.view.state, playing=False),
            content=content,
            notes=tuple(to_json(self.notes.notes.notes)),
            paint={REGION: regions.to_json(self.what_if.layer.region)},
            layout={_DOCKS: self.docks.state()},
            analysis=analysis.folder if analysis is not None and in_folder else None,
            explain=self.explain.request is not None and not in_folder,
            results=self.results.stored(),
        )

    def missing(self) -> tuple[Missing, ...]:
        """Return what the settings of the panel name that is not here."""
        return self.explain.panel.missing()

    def restore(self, session: SessionFile, info: VideoInfo) -> None:
        """Show a session whose video has just been opened.

        Raises
        ------
        EngineError
            If its notes or its region cannot be used.
        """
        notes, region = contents_of(session)
        self.notes.set_video(info, notes)
        self.what_if.set_video(True, region)
        self.docks.restore(session.layout.get(_DOCKS, ""))
        self.explain.panel.set_settings(request_within(session.request, info.frame_count))
        view = view_within(session.view, info.frame_count)
        self.view.set(replace(view, range=range_within(session, info.frame_count)))
        self.results.restore(session.results)

"""Sessions of the window: saved, opened, saved automatically, and recovered after a crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtGui import QUndoStack

from engine.cancel import Check
from engine.errors import EngineError
from engine.store import Analysis
from engine.types import Report
from engine.utils.targets import check_target
from engine.video.content_hash import content_id
from gui.backend import Recoverable, SessionBackend
from gui.explain.missing import Missing, missing_files
from gui.session.session_contents import Workspace, contents_of, not_here, request_within
from gui.state.saved_analysis import open_of_video
from gui.state.session_file import SUFFIX, SessionFile, read_session, save_session
from gui.state.video_info import VideoInfo, VideoRequest
from gui.tasks.jobs import Failure, JobRunner

_AUTOSAVE_MS = 5_000
_ANALYSIS = ".analysis"


@dataclass(frozen=True, slots=True)
class LocatedSession:
    """A session that was read, with the path of its video if found, and the files that are not."""

    session: SessionFile
    path: Path | None
    video: Path | None
    missing: tuple[Missing, ...]
    warning: str | None = None
    lost: Recoverable | None = None


class SessionController(QObject):
    """Saves and opens what is open in a window.

    Parameters
    ----------
    backend : SessionBackend
    workspace : Workspace
        Saved and restored.
    edits : QUndoStack
        Clean once the session is saved.
    analysis : callable
        The analysis that is shown, or None.

    Attributes
    ----------
    path : Path or None
        The session file, if there is one.
    video : Path or None
        The video that is open.

    Signals
    -------
    failed(failure) : Failure
    told(text) : str
        For the status line.
    changed()
        Another session file, or none.
    video_requested(request) : VideoRequest
        Open the video of a session; `video_opened` or `video_failed` answers.
    video_missing(located) : LocatedSession
        The user must find the video of a session; `go_on` answers.
    explain_requested(frames) : (int, int)
        The session was being explained: the first frame, and the one after the last.
    save_requested(folder) : Path
        Save the analysis beside the session.
    analysis_opened(analysis) : Analysis
        The analysis of the session, for a receiver that closes it.
    opened()
        A session is shown.
    """

    failed = Signal(object)
    told = Signal(str)
    changed = Signal()
    video_requested = Signal(object)
    video_missing = Signal(object)
    explain_requested = Signal(object)
    save_requested = Signal(object)
    analysis_opened = Signal(object)
    opened = Signal()

    def __init__(
        self,
        backend: SessionBackend,
        workspace: Workspace,
        edits: QUndoStack,
        analysis: Callable[[], Analysis | None],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.backend = backend
        self.path: Path | None = None
        self.video: Path | None = None
        self._workspace, self._edits, self._analysis = workspace, edits, analysis
        self._pending: LocatedSession | None = None
        self._shown: SessionFile | None = None  # with its request as it fits the video
        self._content = ""
        self._is_kept = False
        self._autosaves = 0
        self._make_runners()
        self._timer = QTimer(self)
        self._timer.setInterval(_AUTOSAVE_MS)
        self._timer.timeout.connect(self.autosave)

    def open(self, path: Path) -> None:
        """Open a session file. `opened`, `video_missing` or `failed` follows."""
        relink = self.backend.relink

        def work(report: Report, check: Check) -> LocatedSession:
            session = read_session(path)
            contents_of(session)  # before anything that is open has to make way
            video = relink(session, [path.absolute().parent], check)
            return LocatedSession(session, path, video, missing_files(session.request))

        self.told.emit(f"Loading the session {path.name} ...")
        self.runner.submit(work)

    def recover(self, lost: Recoverable) -> None:
        """Open the session that a process left open when it died."""
        relink, session = self.backend.relink, lost.session

        def work(report: Report, check: Check) -> LocatedSession:
            contents_of(session)
            video, missing = relink(session, [], check), missing_files(session.request)
            return LocatedSession(session, lost.saved_as, video, missing, lost=lost)

        self.told.emit(f"Loading the session of {session.request.video.name} ...")
        self.runner.submit(work)

    def go_on(self, located: LocatedSession, video: Path) -> None:
        """Open a session with the video that the user chose, with a warning if it differs."""
        difference = self.backend.difference

        def work(report: Report, check: Check) -> LocatedSession:
            return replace(located, video=video, warning=difference(located.session, video))

        self.runner.submit(work)

    def save(self, path: Path) -> None:
        """Save the session, and beside it the analysis that is shown, in the background."""
        session, analysis = self._snapshot(), self._analysis()
        if session is None:
            return
        folder = path.with_name(path.name.removesuffix(SUFFIX) + _ANALYSIS)
        writes = analysis is not None and analysis.complete and analysis.place != "folder"
        request = session.request
        read = (request.video, request.weights, request.labels, request.prior)
        try:
            check_target(path, [file for file in read if file is not None])
            save_session(replace(session, analysis=folder) if writes else session, path)
        except EngineError as error:
            self.failed.emit(Failure(str(error), error.hint))
            return
        if writes:
            self.save_requested.emit(folder)
        self._edits.setClean()
        self._set_path(path)
        self.told.emit(f"Saved: {path}")

    def video_opened(self, info: VideoInfo) -> None:
        """Take note of another video, and show the session that it was opened for."""
        located, self._pending = self._pending, None
        self._content, self.video = "", info.path
        self.contents.submit(lambda report, check: (info.path, content_id(info.path)))
        if located is None or located.video != info.path:
            self._shown = None
            self._set_path(None)
            self.backend.recent.add(info.path)
        else:
            self._show(located, info)
        self._timer.start()
        self.autosave()

    def video_failed(self) -> None:
        """Give up the session whose video could not be opened."""
        self._pending = None

    @Slot()
    def autosave(self) -> None:
        """Save what is open for the case of a crash, in the background."""
        session, path, backend = self._snapshot(), self.path, self.backend.autosave
        self._autosaves += 1
        number = self._autosaves

        def work(report: Report, check: Check) -> None:
            if number == self._autosaves:  # else newer contents are in the file already
                backend.save(session, path)

        self.saver.submit(work)

    def autosave_now(self) -> Path | None:
        """Save what is open at once, and return the file."""
        self._autosaves += 1
        return self.backend.autosave.save(self._snapshot(), self.path)

    def close(self) -> None:
        """End cleanly: there is nothing to recover."""
        self._timer.stop()
        for runner in (self.runner, self.contents, self.analyses, self.saver):
            runner.close()
        if not self._is_kept:
            self.backend.autosave.close()

    def keep_for_next_start(self) -> None:
        """Save what is open, for the next start to offer it. Only `close` may follow."""
        self._timer.stop()
        self.saver.close()
        self.autosave_now()
        self._is_kept = True

    def _make_runners(self) -> None:
        self.runner = JobRunner("sessions", self)
        self.runner.finished.connect(self._on_runner_finished)
        self.runner.failed.connect(self.failed)
        self.contents = JobRunner("content of the video", self)
        self.contents.finished.connect(self._on_contents_finished)
        self.analyses = JobRunner("analysis of the session", self, discard=Analysis.close)
        self.analyses.finished.connect(self._on_analyses_finished)
        self.analyses.failed.connect(self.failed)
        self.saver = JobRunner("autosave", self)

    def _snapshot(self) -> SessionFile | None:
        session, shown = self._workspace.snapshot(self._content), self._shown
        if session is None or shown is None:
            return session
        session = replace(session, stand_ins=shown.stand_ins, other=shown.other)
        if session.analysis is None and not session.explain and session.request == shown.request:
            # what could not be opened or explained here may be elsewhere
            session = replace(session, analysis=shown.analysis, explain=shown.explain)
        return session

    def _set_path(self, path: Path | None) -> None:
        self.path = path
        if path is not None:
            self.backend.recent.add(path)
        self.changed.emit()

    def _show(self, located: LocatedSession, info: VideoInfo) -> None:
        session = located.session
        self._workspace.restore(session, info)
        shown = self._workspace.snapshot() or session
        self._shown = replace(session, request=shown.request)
        self._set_path(located.path)
        if located.warning is not None:
            hint = "Look at the notes and the explanation with that in mind."
            self.failed.emit(Failure(located.warning, hint))
        missing = *located.missing, *self._workspace.missing()
        problem = not_here(session.stand_ins, missing)
        if problem is not None:
            self.failed.emit(problem)
        if located.lost is not None:
            self.autosave_now()
            self.backend.forget(located.lost)
        folder = session.analysis
        if session.explain and not missing and (folder is None or not folder.is_dir()):
            self.explain_requested.emit(request_within(session.request, info.frame_count).frames)
        elif folder is not None:
            self.told.emit(f"Loading the analysis {folder.name} ...")
            self.analyses.submit(lambda report, check: open_of_video(folder, info.path))
        self.opened.emit()

    @Slot(object)
    def _on_analyses_finished(self, analysis: Analysis) -> None:
        self.told.emit("The session and its analysis are loaded.")
        self.analysis_opened.emit(analysis)

    @Slot(object)
    def _on_runner_finished(self, located: LocatedSession) -> None:
        if located.video is None:
            self.video_missing.emit(located)
            return
        self._pending = located
        request = located.session.request
        self.video_requested.emit(VideoRequest(located.video, request.stream, request.deinterlace))

    @Slot(object)
    def _on_contents_finished(self, answer: tuple[Path, str]) -> None:
        path, content = answer
        if self.video == path:
            self._content = content

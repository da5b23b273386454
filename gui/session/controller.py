"""Sessions of the window: saved, opened, kept by themselves, and found again after a crash."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from engine.cancel import Check
from engine.errors import EngineError
from engine.store import Analysis
from engine.utils.content_hash import content_id
from gui.backend import Recoverable, SessionBackend
from gui.explain.comparison import misfit
from gui.session.snapshot import contents_of, session_of, show_session
from gui.state.session_file import SUFFIX, SessionFile, read_session, save_session
from gui.state.video_info import VideoInfo, Wanted
from gui.tasks.jobs import Failure, JobRunner, Report

if TYPE_CHECKING:
    from gui.main_window.window import MainWindow

_AUTOSAVE_MS = 5_000
_ANALYSIS = ".analysis"


@dataclass(frozen=True, slots=True)
class LocatedSession:
    """A session that was read, and where its video lies; None if it is nowhere to be found."""

    session: SessionFile
    path: Path | None
    video: Path | None
    warning: str | None = None
    lost: Recoverable | None = None


class SessionController(QObject):
    """Keeps what is open in the window beyond its run.

    Parameters
    ----------
    services : SessionBackend
    window : MainWindow

    Signals
    -------
    failed(failure) : Failure
    told(text) : str
        For the status line.
    changed()
        Another session file, or none.
    video_missing(found) : Found
        The video of a session must be looked for by the user; `go_on` takes what was found.
    opened()
        A session is shown.
    """

    failed = Signal(object)
    told = Signal(str)
    changed = Signal()
    video_missing = Signal(object)
    opened = Signal()

    def __init__(self, services: SessionBackend, window: MainWindow) -> None:
        super().__init__(window)
        self.services, self._window = services, window
        self.path: Path | None = None
        self._coming: LocatedSession | None = None
        self._content = ""
        self.runner = JobRunner("sessions", self)
        self.runner.finished.connect(self._on_runner_finished)
        self.runner.failed.connect(self.failed)
        self.contents = JobRunner("content of the video", self)
        self.contents.finished.connect(self._on_contents_finished)
        self.analyses = JobRunner("analysis of the session", self, discard=_close)
        self.analyses.finished.connect(self._on_analyses_finished)
        self.analyses.failed.connect(self.failed)
        self.saver = JobRunner("autosave", self)
        self._timer = QTimer(self)
        self._timer.setInterval(_AUTOSAVE_MS)
        self._timer.timeout.connect(self.keep)
        window.runs.started.connect(self.keep)

    def open(self, path: Path) -> None:
        """Open a session file; its video follows, or `video_missing`, or `failed`."""
        relink = self.services.relink

        def work(report: Report, check: Check) -> LocatedSession:
            session = read_session(path)
            contents_of(session)  # before anything that is open has to make way
            return LocatedSession(session, path, relink(session, [path.absolute().parent], check))

        self.runner.submit(work)

    def recover(self, lost: Recoverable) -> None:
        """Open what a process that did not end cleanly had open."""
        relink, session = self.services.relink, lost.session

        def work(report: Report, check: Check) -> LocatedSession:
            contents_of(session)
            return LocatedSession(session, lost.saved_as, relink(session, [], check), lost=lost)

        self.runner.submit(work)

    def go_on(self, found: LocatedSession, video: Path) -> None:
        """Open a session with a video that the user has found; one that differs is told of."""
        difference = self.services.difference
        self.runner.submit(
            lambda report, check: replace(
                found, video=video, warning=difference(found.session, video)
            )
        )

    def save(self, path: Path) -> None:
        """Save the session, and beside it the analysis that is shown, in the background."""
        session = session_of(self._window, self._content)
        if session is None:
            return
        analysis = self._window.analysis
        folder = path.with_name(path.name.removesuffix(SUFFIX) + _ANALYSIS)
        writes = analysis is not None and analysis.complete and not analysis.is_kept
        try:
            save_session(replace(session, analysis=folder) if writes else session, path)
        except EngineError as error:
            self.failed.emit(Failure(str(error), error.hint))
            return
        if writes:
            self._window.save_analysis_to(folder)
        self._window.edits.setClean()
        self._be_at(path)
        self.told.emit(f"Saved: {path}")

    def video_opened(self, info: VideoInfo) -> None:
        """Take note of another video; a session that was opened for it is shown now."""
        found, self._coming = self._coming, None
        self._content = ""
        self.contents.submit(lambda report, check: (info.path, content_id(info.path)))
        if found is None or found.video != info.path:
            self._be_at(None)
            self.services.recent.add(info.path)
        else:
            self._show(found, info)
        self._timer.start()
        self.keep()

    def video_failed(self) -> None:
        """The video of a session could not be opened."""
        self._coming = None

    @Slot()
    def keep(self) -> None:
        """Keep what is open for the case of a crash, in the background."""
        session, path, autosave = self._session(), self.path, self.services.autosave
        self.saver.submit(lambda report, check: autosave.save(session, path))

    def keep_now(self) -> Path | None:
        """Keep what is open before this returns; the file that it is kept in."""
        return self.services.autosave.save(self._session(), self.path)

    def close(self) -> None:
        """End cleanly: there is nothing to recover."""
        self._timer.stop()
        for runner in (self.runner, self.contents, self.analyses, self.saver):
            runner.close()
        self.services.autosave.close()

    def _session(self) -> SessionFile | None:
        return session_of(self._window, self._content)

    def _be_at(self, path: Path | None) -> None:
        self.path = path
        if path is not None:
            self.services.recent.add(path)
        self.changed.emit()

    def _show(self, found: LocatedSession, info: VideoInfo) -> None:
        session = found.session
        show_session(self._window, session, info)
        self._be_at(found.path)
        if found.warning is not None:
            hint = "Look at the notes and the explanation with that in mind."
            self.failed.emit(Failure(found.warning, hint))
        if found.lost is not None:
            self.keep_now()
            self.services.forget(found.lost)
        folder = session.analysis
        if session.explain and (folder is None or not folder.is_dir()):
            self._window.explain.explain_chosen()
        elif folder is not None:
            self.analyses.submit(lambda report, check: Analysis.open(folder))
        self.opened.emit()

    @Slot(object)
    def _on_runner_finished(self, found: LocatedSession) -> None:
        if found.video is None:
            self.video_missing.emit(found)
            return
        self._coming = found
        request = found.session.request
        self._window.playback.open(Wanted(found.video, request.stream, request.deinterlace))

    @Slot(object)
    def _on_contents_finished(self, named: tuple[Path, str]) -> None:
        video, (path, content) = self._window.video, named
        if video is not None and video.path == path:
            self._content = content

    @Slot(object)
    def _on_analyses_finished(self, analysis: Analysis) -> None:
        video = self._window.video
        if video is None:
            analysis.close()
            return
        refusal = misfit(analysis, video.size, video.frame_count)
        if refusal is None:
            self._window.runs.take(analysis)
        else:
            analysis.close()
            self.failed.emit(refusal)


def _close(analysis: Analysis) -> None:
    analysis.close()

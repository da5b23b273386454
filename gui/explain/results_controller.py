"""Controller of the list of results: shows one of them, compares with it, renames, deletes."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from engine.cancel import Check
from engine.descriptions import MethodInfo
from engine.store import DOCUMENT, Analysis
from engine.types import Report
from gui.backend import ResultBackend
from gui.commands.command import Command
from gui.explain.comparison import ComparisonController
from gui.explain.controller import ExplainController
from gui.explain.kept_open import KeptOpen
from gui.explain.result_dialogs import ask_delete
from gui.explain.result_list import PINNED, RUNNING, SHOWN, ResultRow
from gui.explain.result_panel import ResultListPanel
from gui.state.analysis_refs import AnalysisRefs
from gui.state.results import (
    Result,
    ResultList,
    about_text,
    result_of,
    share_text,
    title_of,
    verdict_text,
)
from gui.state.saved_analysis import open_of_video
from gui.state.subject import frames_text, subject_of
from gui.state.video_info import VideoInfo, video_mismatch
from gui.tasks.jobs import JobRunner

_Change = tuple[Path, str | None, bool]
"""A folder, its new name or None for its removal, and whether that was done."""


class ResultsController(QObject):
    """Lists the analyses of the video that is open, those of the cache too.

    Parameters
    ----------
    backend : ResultBackend
    explain, comparison : ExplainController, ComparisonController
        Show them.
    refs : AnalysisRefs
        Keeps those open that are on no disk, and some that were shown of late.
    methods : mapping of str to MethodInfo
        For their names.

    Signals
    -------
    told(text) : str
        For the status line.
    failed(failure) : Failure
    wanted()
        The user wants to see the list.
    """

    told = Signal(str)
    failed = Signal(object)
    wanted = Signal()

    def __init__(
        self,
        backend: ResultBackend,
        explain: ExplainController,
        comparison: ComparisonController,
        refs: AnalysisRefs,
        methods: Mapping[str, MethodInfo],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.panel = ResultListPanel()
        self.results = ResultList()
        self._backend, self._explain, self._comparison = backend, explain, comparison
        self._methods, self._open = methods, KeptOpen(refs)
        self._video: VideoInfo | None = None
        self._own: set[Path] = set()  # of this session: made, shown or renamed in it
        self._rows: dict[Path, ResultRow] = {}
        self._changes: dict[Path, str | None] = {}
        self._take: Callable[[Analysis], None] = explain.take
        self._make_runners()
        self._connect()

    def set_video(self, info: VideoInfo) -> None:
        """List the analyses of another video."""
        self._video = info
        self._open.clear()
        self._own.clear()
        self._set(ResultList())
        self._look_for(())

    def restore(self, stored: Sequence[Result]) -> None:
        """List the results of a session as well."""
        self._own.update(result.folder for result in stored)
        self._look_for(stored)

    def stored(self) -> tuple[Result, ...]:
        """Return the results that belong to the session."""
        kept = (each for each in self.results.results if each.place != "temporary")
        return tuple(each for each in kept if each.folder in self._own)

    @Slot(object)
    def show_result(self, folder: Path) -> None:
        """Show the analysis in a folder, or bring back the settings of one that is gone."""
        result = self.results.get(folder)
        if result is None or result.is_here:
            self._with(folder, self._explain.take)
            return
        request = result.summary.request
        frames = result.summary.start, result.summary.stop
        self._explain.panel.set_settings(replace(request, frames=frames))
        self.told.emit("This result is not here any more. Explain makes it again.")

    @Slot(object)
    def toggle_pin(self, folder: Path) -> None:
        """Compare with the analysis in a folder, or no more if that is done already."""
        other = self._comparison.other
        if other is not None and other.folder == folder:
            self._comparison.stop()
        else:
            self._with(folder, self._comparison.take)

    @Slot(object, str)
    def rename(self, folder: Path, name: str) -> None:
        """Give a result another name, or its usual one for ""."""
        result = self.results.get(folder)
        if result is None:
            return
        self._own.add(folder)
        self._set(self.results.renamed(folder, name))
        if result.place == "cache":
            self._change(folder, name)

    @Slot(object)
    def ask_delete(self, folder: Path) -> None:
        """Ask whether a result may be deleted, and do so."""
        result = self.results.get(folder)
        if result is not None:
            title = title_of(result.summary, self._methods)
            ask_delete(self.panel, result, title, lambda: self.delete(folder))

    def delete(self, folder: Path) -> None:
        """Take a result off the list, and one of the cache off the disk."""
        result, shown = self.results.get(folder), self._explain.analysis
        if result is None:
            return
        if shown is not None and shown.folder == folder:
            self._explain.let_go()
        other = self._comparison.other
        if other is not None and other.folder == folder:
            self._comparison.stop()
        self._open.drop(folder)
        self._set(self.results.without(folder))
        if result.place == "cache":
            self._change(folder, None)

    def commands(self) -> tuple[Command, ...]:
        """Return the command that shows the list."""
        return (Command("results.list", "All results of this video", self.wanted.emit),)

    def close(self) -> None:
        """End the threads, and let go of the analyses."""
        for runner in (self._finder, self._opener, self._keeper):
            runner.close()
        self._open.clear()

    def _make_runners(self) -> None:
        self._finder = JobRunner("results of the video", self)
        self._opener = JobRunner("result", self, discard=Analysis.close)
        self._keeper = JobRunner("changes of results", self)
        self._finder.finished.connect(self._on_finder_finished)
        self._opener.finished.connect(self._on_opener_finished)
        self._keeper.finished.connect(self._on_keeper_finished)
        for runner in (self._finder, self._opener, self._keeper):
            runner.failed.connect(self.failed)

    def _connect(self) -> None:
        panel, explain = self.panel, self._explain
        panel.chosen.connect(self.show_result)
        panel.pin_toggled.connect(self.toggle_pin)
        panel.renamed.connect(self.rename)
        panel.removal_requested.connect(self.ask_delete)
        explain.made.connect(self._on_explain_made)
        explain.shown.connect(self._on_explain_shown)
        for change in (explain.grew, explain.ended, self._comparison.changed):
            change.connect(self._show_rows)

    def _look_for(self, stored: Sequence[Result]) -> None:
        """Look for the results of the video in the cache, and for those of a session."""
        assert self._video is not None
        video, listed = self._video.request, self._backend.listed

        def work(report: Report, check: Check) -> tuple[Result, ...]:
            here = [replace(each, is_here=(each.folder / DOCUMENT).is_file()) for each in stored]
            return *here, *listed(video, check)

        self._finder.submit(work)

    def _with(self, folder: Path, take: Callable[[Analysis], None]) -> None:
        """Hand over the analysis in a folder, at once if it is open."""
        shown = self._explain.analysis, self._explain.growing, self._comparison.other
        opened = (each for each in shown if each is not None and each.folder == folder)
        analysis = next(opened, None) or self._open.get(folder)
        if analysis is not None:
            self._opener.cancel()
            take(analysis)
        elif self._video is not None:
            self._take = take
            result, video = self.results.get(folder), self._video.path
            kept = result is not None and result.place == "cache"
            opens = self._backend.open if kept else open_of_video
            self._opener.submit(lambda report, check: opens(folder, video))

    def _add(self, analysis: Analysis) -> None:
        """List an analysis, and keep it open."""
        self._open.keep(analysis)
        known = self.results.get(analysis.folder)
        self._own.add(analysis.folder)
        if known is None or not known.is_here:
            self._set(self.results.joined([result_of(analysis, _made_s(analysis.folder))]))

    def _set(self, results: ResultList) -> None:
        self.results, now_s = results, time.time()
        self._rows = {each.folder: self._row(each, now_s) for each in results.results}
        self._show_rows()

    def _row(self, result: Result, now_s: float) -> ResultRow:
        summary, here = result.summary, result.is_here
        methods = self._methods
        title, about = title_of(summary, methods), about_text(summary, methods, now_s)
        return ResultRow(
            folder=result.folder,
            title=title,
            about=about if here else f"{about}, not here any more",
            share=share_text(summary),
            more=f"{title}\n{verdict_text(summary)}\n{about}",
            is_faint=not here,
        )

    @Slot()
    def _show_rows(self) -> None:
        shown, other = self._explain.analysis, self._comparison.other
        rows = dict(self._rows)
        growing = self._explain.growing
        if growing is not None and growing.folder not in rows:
            rows = {growing.folder: self._growing_row(growing), **rows}
        for analysis, mark in ((shown, SHOWN), (other, PINNED)):
            row = None if analysis is None else rows.get(analysis.folder)
            if row is not None:
                rows[row.folder] = replace(row, marks=(*row.marks, mark))
        self.panel.show_rows(tuple(rows.values()))

    def _growing_row(self, growing: Analysis) -> ResultRow:
        subject = subject_of(growing, self._methods)
        frames = frames_text(subject.first, subject.last)
        about = f"{frames}, {subject.part}"
        return ResultRow(
            growing.folder, subject.short_title, about, marks=(RUNNING,), is_fixed=True
        )

    def _change(self, folder: Path, name: str | None) -> None:
        """Rename or remove an analysis of the cache, with what was not done yet."""
        self._changes[folder] = name
        changes, backend = dict(self._changes), self._backend

        def done(place: Path, text: str | None) -> bool:
            return backend.remove(place) if text is None else backend.rename(place, text)

        def work(report: Report, check: Check) -> tuple[_Change, ...]:
            return tuple((place, text, done(place, text)) for place, text in changes.items())

        self._keeper.submit(work)

    @Slot(object)
    def _on_keeper_finished(self, done: tuple[_Change, ...]) -> None:
        for folder, name, was_done in done:
            if self._changes.get(folder, "") == name:
                self._changes.pop(folder, None)
            if not was_done:
                self.told.emit("Not deleted: this result is in use, here or in another window.")
                self._look_for(self.stored())

    @Slot(object)
    def _on_finder_finished(self, found: tuple[Result, ...]) -> None:
        gone = {folder for folder, name in self._changes.items() if name is None}
        held = [each for each in self.results.results if each.folder in self._own]
        listed = (each for each in found if each.folder not in gone)
        self._set(ResultList().joined(listed).joined(held))

    @Slot(object)
    def _on_opener_finished(self, analysis: Analysis) -> None:
        video = self._video
        refusal = None if video is None else video_mismatch(analysis, video.size, video.whole_count)
        if refusal is None:
            self._open.keep(analysis)
            self._take(analysis)
        else:
            analysis.close()
            self.failed.emit(refusal)

    @Slot(object)
    def _on_explain_made(self, analysis: Analysis) -> None:
        self._add(analysis)

    @Slot(object)
    def _on_explain_shown(self, analysis: Analysis | None) -> None:
        if analysis is not None and analysis.complete:
            self._add(analysis)
        self._show_rows()


def _made_s(folder: Path) -> float:
    try:
        return (folder / DOCUMENT).stat().st_mtime
    except OSError:  # a temporary one has none
        return time.time()

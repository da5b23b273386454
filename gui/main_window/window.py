"""The main window: makes the widgets and their controllers, and joins them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QMessageBox, QWidget

from engine.errors import UntrustedCode
from engine.store import Analysis
from gui.backend import Backend
from gui.commands.command import Command, CommandTable
from gui.dialogs.model_wizard import ModelWizard
from gui.dialogs.trust import ask_trust
from gui.export.dialog import ExportDialog
from gui.main_window.focus_keys import FocusKeys
from gui.main_window.help_commands import help_commands, show_page
from gui.main_window.menus import MENUS, add_recent_menu, add_view_menus
from gui.main_window.parts import WindowParts
from gui.main_window.view_commands import view_commands
from gui.panes.pane_menu import pane_commands
from gui.playback.video_commands import video_commands
from gui.session.open_files import FileOpener, Receivers
from gui.state.curves import CurveSet
from gui.state.video_info import VideoInfo, VideoRequest, video_mismatch
from gui.tasks.endings import CLOSE_S, endings
from gui.tasks.jobs import Failure
from gui.tasks.throttle import Throttle
from gui.widgets.dialogs import message_box
from gui.widgets.plain_text import in_one_line, title_text

_FOLLOW_MS = 40  # curves and numbers follow the panes: each redraw of them takes as long as a pane


class MainWindow(WindowParts):
    """Video, heat, timeline and settings.

    Signals
    -------
    video_opened(), explained(), exported(path), problem_told(message), closing()
        For the application, tests and scripts; all but the last after the window shows it.
    """

    closing = Signal()
    video_opened = Signal()
    explained = Signal()
    exported = Signal(object)
    problem_told = Signal(str)

    def __init__(self, backend: Backend, parent: QWidget | None = None) -> None:
        super().__init__(backend, parent)
        self._explain_when_open = False
        self.files = self._make_opener()
        self._connect_all()
        self.commands = CommandTable(self._all_commands(), MENUS, self)
        self._fill_menus()
        self.shortcuts.attach(self.commands)
        FocusKeys(self)
        self.appearance.restore(self.docks)
        self._show_empty()

    def open_file(self, path: Path) -> None:
        """Open a file of any kind, after asking about unsaved changes."""
        self.files.open(path)

    def open_video(self, path: Path, *, explain: bool = False) -> None:
        """Open a video, and explain it at once if `explain` is set."""
        self._explain_when_open = explain
        self.analysis_opener.forget()
        self.playback.open(VideoRequest(path))

    def open_analysis(self, folder: Path) -> None:
        """Open a folder that 'explain' or 'Save analysis' wrote, with its video."""
        self.analysis_opener.open(folder)

    def export_to(self, path: Path) -> None:
        """Export the analysis as an annotated clip, in the background."""
        self.export.write("mp4", path)

    @Slot(object)
    def save_analysis_to(self, folder: Path) -> None:
        """Save the analysis as a folder, in the background."""
        self.export.write("zarr", folder)

    @Slot(object)
    def tell(self, failure: Failure) -> None:
        """Tell of a problem in one sentence and a hint, without blocking the window."""
        message_box(self, failure.message, failure.hint, icon=QMessageBox.Icon.Warning).open()
        self.problem_told.emit(failure.message)

    @Slot()
    def add_model(self) -> None:
        """Let the user add a network of their own to the list."""
        video = None if self.video is None else self.video.path
        cards, models, frame = self.backend.cards, self.backend.models, self.view.state.frame
        wizard = ModelWizard(cards, models, video, frame, self)
        wizard.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        wizard.saved.connect(self.panel.add_model)
        wizard.open()

    @Slot()
    def measure_flow(self) -> None:
        """Measure the motion of the whole video, and how far the analysis agrees with it."""
        if self.video is not None:
            self.flow_energy.start(self.video.request, self.video.frame_count)
            self.explain.check_against_flow()

    def _make_opener(self) -> FileOpener:
        receivers = Receivers(
            video=self.open_video,
            session=self.sessions.open,
            analysis=self.open_analysis,
            weights=self._use_weights,
            notes=self._load_notes,
        )
        recent, ask_unsaved = self.backend.sessions.recent, self.session_dialogs.ask_unsaved
        return FileOpener(self, recent, receivers, ask_unsaved)

    def _all_commands(self) -> tuple[Command, ...]:
        files = *self.files.commands(), *self.session_dialogs.commands()
        view = *view_commands(self.view), *self.view_bindings.commands()
        panes = *pane_commands(self.panes), *video_commands(self.playback, self.panes)
        explain = *self.explain.commands(), *self.comparison.commands(), *self.notes.commands()
        asking = *self.what_if.commands(), *self.results.commands(), *self.bouts.commands()
        window = *self.appearance.commands(), *self.docks.commands(), *self._own_commands()
        helping = help_commands(self, self.log_buffer, self.backend)
        rest = *self.playback.commands(), *self.export.commands(self), *self.shortcuts.commands()
        return *files, *view, *panes, *explain, *asking, *window, *helping, *rest

    def _own_commands(self) -> tuple[Command, ...]:
        edits = self.edits
        redo = "Ctrl+Shift+Z", "Ctrl+Y"
        return (
            Command("file.quit", "Quit", self.close, ("Ctrl+Q",)),
            Command("edit.undo", "Undo", edits.undo, ("Ctrl+Z",), edits.canUndo),
            Command("edit.redo", "Redo", edits.redo, redo, edits.canRedo),
            Command("view.full", "Full screen", self._toggle_full_screen, ("F11",)),
            Command(
                "model.flow",
                "Measure the motion of the video",
                self.measure_flow,
                enabled=lambda: self.video is not None,
            ),
            Command("model.add", "Add model...", self.add_model),
        )

    def _fill_menus(self) -> None:
        menus = self.commands.fill(self.menuBar())
        add_recent_menu(menus["&File"], self.commands.action("session.save"), self.files)
        panels = [dock.toggleViewAction() for dock in self.docks.docks.values()]
        add_view_menus(menus["&View"], self.panes, panels)

    def _toggle_full_screen(self) -> None:
        self.showNormal() if self.isFullScreen() else self.showFullScreen()

    def _use_weights(self, path: Path) -> None:
        self.panel.model_choice.use_weights(path)
        self.docks.show("explain")

    def _load_notes(self, path: Path) -> None:
        self.notes.load(path)
        self.docks.show("notes")

    def _show_empty(self) -> None:
        drop = "Drop a video here\nor press Ctrl+O to open one."
        self.panes.clear(f"{drop}\nA demo clip is in the File menu.")
        self.statusBar().showMessage("Ready")

    def _connect_all(self) -> None:
        self._connect_messages()
        self._connect_playback()
        self._connect_panes()
        self._connect_runs()
        self._connect_explain()
        self._connect_edits()
        self._connect_sessions()
        self.timeline.flow_wanted.connect(self.measure_flow)
        self.flow_energy.measured.connect(self.timeline.set_flow)
        self.export.written.connect(self.exported)
        self.export.changed.connect(self._refresh_commands)
        self.analysis_opener.video_requested.connect(self.playback.open)
        self.analysis_opener.opened.connect(self._on_analysis_opener_opened)

    def _connect_messages(self) -> None:
        playing = self.playback.told, self.view_bindings.told, self.flow_energy.told
        writing = self.notes.told, self.export.told, self.sessions.told
        for message in (self.explain.told, self.results.told, *playing, *writing):
            message.connect(self._say)
        opening = self.analysis_opener.failed, self.sessions.failed, self.comparison.failed
        saving = self.notes.failed, self.export.failed, self.shortcuts.failed
        for failure in (self.flow_energy.failed, self.results.failed, *opening, *saving):
            failure.connect(self.tell)
        for failure in (self.explain.failed, self.what_if.failed):
            failure.connect(self._on_explain_failed)
        self.results.wanted.connect(partial(self.docks.show, "result_list"))
        self.what_if.wanted.connect(partial(self.docks.show, "what_if"))
        self.notes.wanted.connect(partial(self.docks.show, "notes"))
        self.what_if.map_checked.connect(self.explain.take_freezing)

    def _connect_playback(self) -> None:
        playback = self.playback
        playback.opened.connect(self._on_playback_opened)
        playback.updated.connect(self._on_playback_updated)
        playback.failed.connect(self._on_playback_failed)
        self.playhead_throttle = Throttle(_FOLLOW_MS, self)
        playback.frame_shown.connect(self.playhead_throttle.take)
        playback.frame_shown.connect(self.what_if.show_frame)
        self.playhead_throttle.passed.connect(self._on_playhead_throttle_passed)
        self.transport.play_toggled.connect(playback.toggle_play)

    def _connect_panes(self) -> None:
        self._redraw_soon = QTimer(self)  # in a turn of its own: together they would be felt
        self._redraw_soon.setSingleShot(True)
        self._redraw_soon.timeout.connect(self._redraw)
        self.appearance.colours_changed.connect(self._redraw)
        self.panes.pointed_at.connect(self.hover_label.setText)

    def _connect_runs(self) -> None:
        self.explain.shown.connect(self._on_explain_shown)
        self.explain.grew.connect(self._redraw_soon.start)
        self.explain.curves_made.connect(self._on_explain_curves_made)
        self.explain.started.connect(self.sessions.autosave)
        self.comparison.changed.connect(self._refresh_commands)

    def _connect_explain(self) -> None:
        results = self.explain.results
        self.explain.explained.connect(self._on_explain_explained)
        self.panel.add_model_requested.connect(self.add_model)
        results.peaks.frame_requested.connect(self.view_bindings.seek)
        results.help_requested.connect(partial(show_page, self))
        results.tests_requested.connect(self.what_if.test_motion)

    def _connect_edits(self) -> None:
        self.notes.panel.frame_requested.connect(self.view_bindings.seek)
        self.edits.indexChanged.connect(self._refresh_commands)
        self.edits.cleanChanged.connect(self._show_title)

    def _connect_sessions(self) -> None:
        sessions = self.sessions
        sessions.changed.connect(self._show_title)
        sessions.video_requested.connect(self.playback.open)
        sessions.video_missing.connect(self.session_dialogs.ask_for_video)
        sessions.explain_requested.connect(self.explain.explain_frames)
        sessions.save_requested.connect(self.save_analysis_to)
        sessions.analysis_opened.connect(self._on_sessions_analysis_opened)

    @Slot()
    def _refresh_commands(self) -> None:
        self.commands.refresh()

    @Slot(int)
    def _on_playhead_throttle_passed(self, frame: int) -> None:
        self.timeline.set_frame(frame)
        self.explain.show_frame(frame)

    @Slot(object)
    def _on_playback_opened(self, info: VideoInfo) -> None:
        self._show_video(info)
        self.sessions.video_opened(info)
        self.commands.refresh()
        self.analysis_opener.video_opened(info)
        self.video_opened.emit()
        if self._explain_when_open:
            self._explain_when_open = False
            self.explain.explain_chosen()

    def _show_video(self, info: VideoInfo) -> None:
        self.flow_energy.stop()
        self.comparison.stop()
        self.explain.reset()
        self.results.set_video(info)
        self.timeline.set_video(info.frame_count)
        self.timeline.set_times(info.timestamps_s)
        self.timeline.set_damage(info.damage)
        self.edits.clear()
        self.notes.set_video(info)
        self.what_if.set_video(True)
        self.explain.set_video(info)

    @Slot(object)
    def _on_playback_failed(self, failure: Failure) -> None:
        self.sessions.video_failed()
        self.analysis_opener.forget()
        if self.video is None:
            self._show_empty()
        else:
            self.statusBar().clearMessage()
        self.tell(failure)

    @Slot(object)
    def _on_sessions_analysis_opened(self, analysis: Analysis) -> None:
        video = self.video
        failure = None if video is None else video_mismatch(analysis, video.size, video.whole_count)
        if video is not None and failure is None:
            self.explain.take(analysis)
            return
        analysis.close()
        if failure is not None:
            self.tell(failure)

    @Slot(str)
    def _say(self, text: str) -> None:
        self.statusBar().showMessage(in_one_line(text))

    @Slot()
    def _show_title(self) -> None:
        """Show the name of the session or video, marked if it has unsaved changes."""
        path = self.sessions.path or (None if self.video is None else self.video.path)
        if path is not None:
            self.setWindowTitle(f"{title_text(path.name)}[*] – Motion Inspector")
            self.setWindowModified(not self.edits.isClean())

    @Slot(object)
    def _on_playback_updated(self, info: VideoInfo) -> None:
        self.explain.update_video(info)
        self.notes.update_video(info)
        self.timeline.set_frame_count(info.frame_count)
        self.timeline.set_times(info.timestamps_s)
        self.timeline.set_damage(info.damage)

    @Slot(object)
    def _on_analysis_opener_opened(self, analysis: Analysis) -> None:
        request = analysis.header.request
        self.explain.take(analysis)
        self.view.update(preset=request.preset, sigma=request.sigma)
        self.view.go_to(analysis.header.start)

    @Slot(object)
    def _on_explain_shown(self, analysis: Analysis | None) -> None:
        self.panes.set_analysis(analysis)
        self.what_if.set_analysis(analysis)
        if analysis is None:
            self.timeline.clear()
            self.panes.redraw(self.view.state)
        else:
            self.playback.request_frame()  # the model's view may be shown now
        self.commands.refresh()

    @Slot()
    def _redraw(self) -> None:
        self.panes.redraw(self.view.state)

    @Slot(object)
    def _on_explain_curves_made(self, curves: CurveSet) -> None:
        self.timeline.set_curves(curves)
        self._redraw_soon.start()  # relevance that was not separated yet is now

    @Slot()
    def _on_explain_explained(self) -> None:
        self.panes.redraw(self.view.state)
        self.explained.emit()

    @Slot(object)
    def _on_explain_failed(self, failure: Failure) -> None:
        untrusted = failure.untrusted
        if untrusted is None:
            self.tell(failure)
        else:
            ask_trust(self, failure, lambda: self._go_on(untrusted))

    def _go_on(self, untrusted: UntrustedCode | str) -> None:
        self.backend.cards.trust(untrusted)
        self.explain.explain_chosen()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open the dropped files."""
        self.files.open_together([Path(url.toLocalFile()) for url in event.mimeData().urls()])

    def end_now(self) -> None:
        """Close without asking. What is not saved is offered at the next start."""
        if not self.edits.isClean():
            self.sessions.keep_for_next_start()
            self.edits.setClean()
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved changes, then stop every job and thread."""
        if not self.edits.isClean():
            event.ignore()
            self.session_dialogs.ask_unsaved(self.close)
            return
        self.closing.emit()
        model = self.panel.model_choice.model.currentData()
        self.appearance.save(self.docks, self.export.choices, model)
        self.playhead_throttle.stop()
        self._redraw_soon.stop()
        for dialog in (*self.findChildren(ModelWizard), *self.findChildren(ExportDialog)):
            dialog.reject()
        with endings.within(CLOSE_S):
            self.close_parts()
        self.files.close()
        super().closeEvent(event)

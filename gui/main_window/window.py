"""The main window: makes the widgets and their controllers, and joins them."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QUndoStack,
)
from PySide6.QtWidgets import QLabel, QMainWindow, QMessageBox, QWidget

from engine.annotations.notes import Note
from engine.errors import EngineError
from engine.store import Analysis
from gui.backend import Backend
from gui.commands.shortcuts import load_keys, save_keys
from gui.dialogs.log_viewer import LogBuffer
from gui.dialogs.model_wizard import ModelWizard
from gui.dialogs.trust import ask_trust
from gui.explain.comparison import ComparisonController
from gui.explain.controller import ExplainController
from gui.explain.panel import ExplainPanel
from gui.explain.runs import ExplainRuns
from gui.export.controller import ExportController
from gui.export.dialog import ExportDialog
from gui.main_window.appearance import Appearance
from gui.main_window.docks import Docks, Part
from gui.main_window.focus_keys import FocusKeyFilter
from gui.main_window.menu_help import show_page
from gui.main_window.menus import enable_commands, make_menus, show_video_commands
from gui.main_window.view_bindings import ViewBindings
from gui.notes.controller import NotesController
from gui.panes.pane_grid import PaneGrid
from gui.playback.controller import PlaybackController
from gui.playback.frame_reader import FrameReader
from gui.playback.transport import Transport
from gui.session.controller import LocatedSession, SessionController
from gui.session.dialogs import ask_for_video, ask_unsaved
from gui.session.open_files import open_file, open_files
from gui.state.analysis_refs import AnalysisRefs
from gui.state.curves import CurveSet
from gui.state.video_info import VideoInfo, Wanted
from gui.state.view_model import ViewModel
from gui.tasks.jobs import Failure, JobRunner
from gui.tasks.throttle import Throttle
from gui.timeline.flow_energy import FlowMeasuring
from gui.timeline.timeline import Timeline
from gui.what_if.controller import WhatIfDesk

LEAST_SIZE = 1024, 640
FIRST_SIZE = 1280, 800
KEYS_FILE = "keys.json"
_FOLLOW_MS = 40  # curves and numbers follow the panes: each redraw of them takes as long as a pane


class MainWindow(QMainWindow):
    """Video, heat, timeline and settings.

    Signals
    -------
    video_opened(), explained(), exported(path), problem_told(message)
        For tests and scripts; each after the window shows it.
    """

    video_opened = Signal()
    explained = Signal()
    exported = Signal(object)
    problem_told = Signal(str)

    def __init__(self, services: Backend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.backend = services
        self.log_buffer = LogBuffer(self)
        self.view = ViewModel(self)
        self.edits = QUndoStack(self)
        self.analysis_refs = AnalysisRefs()
        self.open_resources = ExitStack()  # bundled files that are open
        self.appearance = Appearance(self, services.settings)
        self._opening: Analysis | None = None
        self._start_explaining = False
        self._make_widgets()
        self._make_controllers()
        self._connect_viewing()
        self._connect_results()
        self._connect_work()
        self.appearance.colours_changed.connect(self._redraw)
        self.setWindowTitle("Motion Inspector")
        self.setAcceptDrops(True)
        self.setMinimumSize(*LEAST_SIZE)
        self.resize(*FIRST_SIZE)
        self.docks = self._make_docks()
        self.commands = make_menus(self)
        self._load_keys()
        FocusKeyFilter(self)
        self.appearance.restore(self.docks)
        self._show_empty()

    @property
    def video(self) -> VideoInfo | None:
        """The video that is open."""
        return self.playback.video

    @property
    def analysis(self) -> Analysis | None:
        """The analysis that is shown."""
        return self.runs.analysis

    @property
    def reader(self) -> FrameReader:
        """What reads the frames."""
        return self.playback.reader

    @property
    def panel(self) -> ExplainPanel:
        """The panel to explain with."""
        return self.explain.panel

    def open_file(self, path: Path) -> None:
        """Open a video, session, analysis, weights or notes; what is not saved is asked for."""
        open_file(self, path)

    def open_video(self, path: Path, *, explain: bool = False) -> None:
        """Open a video, and explain it at once if asked to."""
        self._start_explaining = explain
        self._opening = None
        self.playback.open(Wanted(path))

    def open_analysis(self, folder: Path) -> None:
        """Open a folder that 'explain' or 'Save analysis' wrote, with its video."""
        self.analysis_loader.submit(lambda report, check: Analysis.open(folder))

    def export_to(self, path: Path) -> None:
        """Export the analysis as an annotated clip, in the background."""
        self.export.write("clip", path)

    def save_analysis_to(self, folder: Path) -> None:
        """Save the analysis as a folder, in the background."""
        self.export.write("zarr", folder)

    @Slot(object)
    def tell(self, failure: Failure) -> None:
        """Tell of a problem in one sentence and a hint, without blocking the window."""
        box = QMessageBox(self)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Motion Inspector")
        box.setText(failure.message)
        box.setInformativeText(failure.hint)
        box.open()
        self.problem_told.emit(failure.message)

    @Slot()
    def add_model(self) -> None:
        """Let the user describe a network of their own; it is in the list then."""
        video = None if self.video is None else self.video.path
        services, frame = self.backend, self.view.state.frame
        wizard = ModelWizard(services.cards, services.models, video, frame, self)
        wizard.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        wizard.saved.connect(self.explain.panel.add_model)
        wizard.open()

    @Slot()
    def measure_flow(self) -> None:
        """Measure the motion of the whole video, and how far the analysis agrees with it."""
        if self.video is not None:
            self.flow_energy.start(self.video.wanted, self.video.frame_count)
            self.explain.check_against_flow()

    @Slot()
    def save_keys(self) -> None:
        """Save the keys that the user has changed."""
        try:
            save_keys(self.backend.settings / KEYS_FILE, self.commands)
        except EngineError as error:
            self.tell(Failure(str(error), error.hint))

    def _make_widgets(self) -> None:
        self.panes, self.timeline, self.transport = PaneGrid(), Timeline(), Transport()
        self.hover_label = QLabel()
        self.statusBar().addPermanentWidget(self.hover_label)

    def _make_controllers(self) -> None:
        session, holding = self.view, self.analysis_refs
        self.view_bindings = ViewBindings(
            session, self.transport, self.timeline, self.panes, lambda: self.analysis, self
        )
        self.playback = PlaybackController(session, self.panes, self.transport, self)
        self.runs = ExplainRuns(self.backend, session, holding, self)
        self.explain = ExplainController(self.backend, session, self.runs, self)
        parts = session, self.panes, self.timeline, self.runs, holding
        self.comparison = ComparisonController(*parts, self.backend.methods, self)
        self.notes = NotesController(session, self.timeline, self.edits, self)
        wanted = self.explain.current_request
        self.what_if = WhatIfDesk(
            self.backend.what_if, session, self.panes, self.edits, wanted, self
        )
        self.flow_energy = FlowMeasuring(self)
        self.export = ExportController(
            self.backend.export, session, holding, self._analysis_and_notes, self
        )
        self.export.choices = dict(self.appearance.look.export)
        self.analysis_loader = JobRunner("loader", self)
        self.sessions = SessionController(self.backend.sessions, self)

    def _analysis_and_notes(self) -> tuple[Analysis | None, tuple[Note, ...]]:
        return self.analysis, tuple(self.notes.notes.notes)

    def _make_docks(self) -> Docks:
        settings = {
            "explain": Part("Explain", self.explain.panel, scrolls=True),
            "what_if": Part("What if", self.what_if.panel),
            "heat": Part("Heat", self.explain.heat),
            "notes": Part("Notes", self.notes.panel, scrolls=True),
        }
        results = {"results": Part("Results", self.explain.results)}
        timeline = Part("Timeline", self.timeline, scrolls=True)
        return Docks(self, (self.panes, self.transport), settings, results, timeline)

    def _load_keys(self) -> None:
        try:
            load_keys(self.backend.settings / KEYS_FILE, self.commands)
        except EngineError as error:
            self.tell(Failure(str(error), error.hint))

    def _show_empty(self) -> None:
        drop = "Drop a video here\nor press Ctrl+O to open one."
        self.panes.clear(f"{drop}\n{'A demo clip is in the File menu.'}")
        self.statusBar().showMessage("Ready")

    def _connect_viewing(self) -> None:
        self.playback.opened.connect(self._on_viewing_opened)
        self.playback.updated.connect(self._on_viewing_updated)
        self.playback.failed.connect(self._on_viewing_failed)
        self.playback.told.connect(self.statusBar().showMessage)
        self._redraw_soon = QTimer(self)  # in a turn of its own: together they would be felt
        self._redraw_soon.setSingleShot(True)
        self._redraw_soon.timeout.connect(self._redraw)
        self.playhead_throttle = Throttle(_FOLLOW_MS, self)
        self.playback.frame_shown.connect(self.playhead_throttle.take)
        self.playback.frame_shown.connect(self.what_if.show_frame)
        self.playhead_throttle.passed.connect(self._on_following_passed)
        self.panes.pointed_at.connect(self.hover_label.setText)
        self.view_bindings.told.connect(self.statusBar().showMessage)
        self.transport.play_toggled.connect(self.playback.toggle_play)

    def _connect_results(self) -> None:
        self.runs.shown.connect(self._on_explaining_shown)
        self.runs.grew.connect(self._on_explaining_grew)
        self.runs.curves_made.connect(self._on_explaining_curves_made)
        self.explain.explained.connect(self._on_desk_explained)
        self.explain.failed.connect(self._on_desk_failed)
        self.explain.told.connect(self.statusBar().showMessage)
        self.explain.panel.add_model_requested.connect(self.add_model)
        self.explain.results.moments.frame_requested.connect(self.view_bindings.seek)
        self.explain.results.help_requested.connect(partial(show_page, self, "reading-heatmaps"))
        self.comparison.changed.connect(self._enable_commands)
        self.comparison.failed.connect(self.tell)

    def _connect_work(self) -> None:
        self.what_if.failed.connect(self._on_desk_failed)
        self.notes.panel.frame_requested.connect(self.view_bindings.seek)
        self.notes.failed.connect(self.tell)
        self.notes.told.connect(self.statusBar().showMessage)
        self.edits.indexChanged.connect(self._enable_commands)
        self.timeline.flow_wanted.connect(self.measure_flow)
        self.flow_energy.measured.connect(self.timeline.set_flow)
        self.flow_energy.told.connect(self.statusBar().showMessage)
        self.flow_energy.failed.connect(self.tell)
        self.export.told.connect(self.statusBar().showMessage)
        self.export.written.connect(self.exported)
        self.export.failed.connect(self.tell)
        self.export.changed.connect(self._enable_commands)
        self.analysis_loader.finished.connect(self._on_loader_finished)
        self.analysis_loader.failed.connect(self.tell)
        self.sessions.failed.connect(self.tell)
        self.sessions.told.connect(self.statusBar().showMessage)
        self.sessions.changed.connect(self._show_title)
        self.sessions.video_missing.connect(self._on_keeping_video_missing)
        self.edits.cleanChanged.connect(self._show_title)

    @Slot()
    def _enable_commands(self) -> None:
        analysed = self.analysis is not None
        enable_commands(self.commands, analysed, self.comparison.other is not None)
        self.commands.enable(self.export.exporter.busy, "file.cancel_export")
        self.commands.enable(self.edits.canUndo(), "edit.undo")
        self.commands.enable(self.edits.canRedo(), "edit.redo")

    @Slot(int)
    def _on_following_passed(self, frame: int) -> None:
        self.timeline.set_frame(frame)
        self.explain.show_frame(frame)

    @Slot(object)
    def _on_viewing_opened(self, info: VideoInfo) -> None:
        self.flow_energy.stop()
        self.comparison.stop()
        self.runs.reset()
        self.timeline.set_video(info.frame_count)
        self.timeline.set_damage(info.damage)
        self.edits.clear()
        self.notes.set_video(info)
        self.what_if.set_video(True)
        self.explain.set_video(info)
        show_video_commands(self.commands, info)
        self.sessions.video_opened(info)
        if self._opening is not None:
            self._take_opened(self._opening)
        self.video_opened.emit()
        if self._start_explaining:
            self._start_explaining = False
            self.explain.explain_chosen()

    @Slot(object)
    def _on_viewing_failed(self, failure: Failure) -> None:
        self.sessions.video_failed()
        if self.video is None:
            self._show_empty()
        else:
            self.statusBar().clearMessage()
        self.tell(failure)

    @Slot(object)
    def _on_keeping_video_missing(self, found: LocatedSession) -> None:
        ask_for_video(self, found)

    @Slot()
    def _show_title(self) -> None:
        """Name the session, or the video; marked if something is not saved."""
        path = self.sessions.path or (None if self.video is None else self.video.path)
        if path is not None:
            self.setWindowTitle(f"{path.name}[*] – Motion Inspector")
            self.setWindowModified(not self.edits.isClean())

    @Slot(object)
    def _on_viewing_updated(self, info: VideoInfo) -> None:
        self.explain.update_video(info)
        self.notes.update_video(info)
        self.timeline.set_frame_count(info.frame_count)
        self.timeline.set_damage(info.damage)

    def _take_opened(self, analysis: Analysis) -> None:
        request = analysis.header.request
        self._opening = None
        self.runs.take(analysis)
        self.view.update(preset=request.preset, sigma=request.sigma)
        self.view.go_to(analysis.header.start)

    @Slot(object)
    def _on_explaining_shown(self, analysis: Analysis | None) -> None:
        self.panes.set_analysis(analysis)
        self.what_if.set_analysis(analysis)
        if analysis is None:
            self.timeline.clear()
            self.panes.redraw(self.view.state)
        else:
            self.playback.request_frame()  # the model's view may be shown now
        self._enable_commands()

    @Slot()
    def _on_explaining_grew(self) -> None:
        self._redraw_soon.start()

    @Slot()
    def _redraw(self) -> None:
        self.panes.redraw(self.view.state)

    @Slot(object)
    def _on_explaining_curves_made(self, curves: CurveSet) -> None:
        self.timeline.set_curves(curves)
        self._redraw_soon.start()  # what was not separated yet is now

    @Slot()
    def _on_desk_explained(self) -> None:
        self.panes.redraw(self.view.state)
        self.explained.emit()

    @Slot(object)
    def _on_desk_failed(self, failure: Failure) -> None:
        untrusted = failure.untrusted
        if untrusted is None:
            self.tell(failure)
        else:
            ask_trust(self, failure, lambda: self._go_on(untrusted))

    def _go_on(self, untrusted: Path) -> None:
        self.backend.cards.trust(untrusted)
        self.explain.explain_chosen()

    @Slot(object)
    def _on_loader_finished(self, loaded: Analysis) -> None:
        request = loaded.header.request
        self._opening = loaded
        self.playback.open(Wanted(request.video, request.stream, request.deinterlace))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        open_files(self, [Path(url.toLocalFile()) for url in event.mimeData().urls()])

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop every job and thread, then let go; ask first about what is not saved."""
        if not self.edits.isClean():
            event.ignore()
            ask_unsaved(self, self.close)
            return
        self.appearance.keep(self.docks, self.export.choices)
        self.playhead_throttle.stop()
        self._redraw_soon.stop()
        for dialog in (*self.findChildren(ModelWizard), *self.findChildren(ExportDialog)):
            dialog.reject()
        for part in (
            self.sessions,
            self.runs,
            self.explain,
            self.comparison,
            self.what_if,
            self.flow_energy,
            self.export,
            self.analysis_loader,
            self.playback,
        ):
            part.close()
        self.analysis_refs.close()
        self.open_resources.close()
        self.log_buffer.close()
        super().closeEvent(event)

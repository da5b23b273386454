"""The parts of the main window: widgets and controllers, made but not yet joined."""

from __future__ import annotations

from PySide6.QtGui import QUndoStack
from PySide6.QtWidgets import QMainWindow, QWidget

from engine.annotations.notes import Note
from engine.store import Analysis
from gui.backend import Backend
from gui.commands.shortcuts import Shortcuts
from gui.dialogs.log_viewer import LogBuffer
from gui.explain.cache_lookup import CacheLookup
from gui.explain.comparison import ComparisonController
from gui.explain.controller import ExplainController
from gui.explain.panel import ExplainPanel
from gui.explain.result_marks import ResultMarks
from gui.explain.results_controller import ResultsController
from gui.export.controller import ExportController
from gui.main_window.appearance import Appearance
from gui.main_window.docks import Docks, Part
from gui.main_window.view_bindings import ViewBindings
from gui.main_window.workspace import WindowWorkspace
from gui.notes.bouts_controller import BoutsController
from gui.notes.controller import NotesController
from gui.panes.pane_grid import PaneGrid
from gui.playback.controller import PlaybackController
from gui.playback.frame_reader import FrameReader
from gui.playback.transport import Transport
from gui.session.analysis_opener import AnalysisOpener
from gui.session.controller import SessionController
from gui.session.dialogs import SessionDialogs
from gui.state.analysis_refs import AnalysisRefs
from gui.state.video_info import VideoInfo
from gui.state.view_model import ViewModel
from gui.tasks.jobs import JobRunner
from gui.timeline.flow_energy import FlowMeasuring
from gui.timeline.timeline import Timeline
from gui.what_if.controller import WhatIfController
from gui.widgets.plain_text import PlainLabel

LEAST_SIZE = 1024, 640
FIRST_SIZE = 1280, 800
KEYS_FILE = "keys.json"


class WindowParts(QMainWindow):
    """A window with every part of the application in its place."""

    def __init__(self, backend: Backend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.backend = backend
        self._set_up_frame()
        self._make_state()
        self._make_widgets()
        self._make_controllers()
        self._make_analysis_controllers()
        self.docks = self._make_docks()
        self._make_sessions()

    @property
    def video(self) -> VideoInfo | None:
        """The video that is open."""
        return self.playback.video

    @property
    def analysis(self) -> Analysis | None:
        """The analysis that is shown."""
        return self.explain.analysis

    @property
    def reader(self) -> FrameReader:
        """The reader of the frames."""
        return self.playback.reader

    @property
    def panel(self) -> ExplainPanel:
        """The panel to explain with."""
        return self.explain.panel

    def close_parts(self) -> None:
        """Stop every job and thread, then release the analyses."""
        for runner in self.findChildren(JobRunner):
            runner.ask_to_end()  # all at once: one that is stuck must not use up the others' time
        self.sessions.close()
        self.results.close()
        self.cache_lookup.close()
        self.explain.close()
        self.comparison.close()
        self.what_if.close()
        self.flow_energy.close()
        self.bouts.close()
        self.export.close()
        self.analysis_opener.close()
        self.playback.close()
        self.analysis_refs.close()
        self.log_buffer.close()

    def _set_up_frame(self) -> None:
        self.setWindowTitle("Motion Inspector")
        self.setAcceptDrops(True)
        self.setMinimumSize(*LEAST_SIZE)
        self.resize(*FIRST_SIZE)

    def _make_state(self) -> None:
        self.log_buffer = LogBuffer(self)
        self.view = ViewModel(self)
        self.edits = QUndoStack(self)
        self.analysis_refs = AnalysisRefs()
        self.appearance = Appearance(self, self.backend.settings)
        self.shortcuts = Shortcuts(self.backend.settings / KEYS_FILE, self)

    def _make_widgets(self) -> None:
        self.panes, self.timeline, self.transport = PaneGrid(), Timeline(), Transport()
        self.hover_label = PlainLabel()
        self.statusBar().addPermanentWidget(self.hover_label)

    def _make_controllers(self) -> None:
        view, panes = self.view, self.panes
        self.view_bindings = ViewBindings(
            view, self.transport, self.timeline, panes, lambda: self.analysis, self
        )
        self.playback = PlaybackController(view, panes, self.transport, self)
        self.notes = NotesController(view, self.timeline, self.edits, self)
        self.bouts = BoutsController(view, self.timeline, self)
        self.flow_energy = FlowMeasuring(self)
        self.analysis_opener = AnalysisOpener(self)

    def _make_analysis_controllers(self) -> None:
        backend, view, refs, panes = self.backend, self.view, self.analysis_refs, self.panes
        self.explain = ExplainController(backend, view, refs, self)
        if self.appearance.look.model in backend.models:
            self.panel.model_choice.choose_model(self.appearance.look.model)
        self.cache_lookup = CacheLookup(backend.is_cached, self.explain, self)
        self.comparison = ComparisonController(
            view, panes, self.timeline, self.explain, refs, backend.methods, self
        )
        self.result_marks = ResultMarks(
            self.explain, self.comparison, panes, view, backend.methods, self
        )
        self.results = ResultsController(
            backend.results, self.explain, self.comparison, refs, backend.methods, self
        )
        self._connect_bouts()
        request = self.explain.current_request
        self.what_if = WhatIfController(backend.what_if, view, panes, self.edits, request, self)
        self.export = ExportController(backend.export, view, refs, self._analysis_and_notes, self)
        self.export.choices = dict(self.appearance.look.export)

    def _connect_bouts(self) -> None:
        self.playback.opened.connect(self.bouts.set_video)
        self.playback.updated.connect(self.bouts.update_video)
        self.explain.curves_made.connect(self.bouts.show_curves)
        self.explain.shown.connect(self.bouts.forget_curves)
        self.bouts.told.connect(self.notes.told)
        self.bouts.failed.connect(self.notes.failed)

    def _make_sessions(self) -> None:
        backend, edits = self.backend.sessions, self.edits
        self.workspace = WindowWorkspace(
            self.view, self.explain, self.results, self.notes, self.what_if, self.docks
        )
        self.sessions = SessionController(
            backend, self.workspace, edits, lambda: self.analysis, self
        )
        self.session_dialogs = SessionDialogs(self, self.sessions, edits)

    def _analysis_and_notes(self) -> tuple[Analysis | None, tuple[Note, ...]]:
        return self.analysis, tuple(self.notes.notes.notes)

    def _make_docks(self) -> Docks:
        settings = {
            "explain": Part("Explain", self.panel, scrolls=True),
            "what_if": Part("What if", self.what_if.panel),
            "heat": Part("Display", self.explain.display),
            "notes": Part("Notes", self.notes.panel, scrolls=True),
        }
        results = {
            "results": Part("Results", self.explain.results),
            "result_list": Part("All results", self.results.panel, scrolls=True),
            "bouts": Part("Bouts", self.bouts.panel, scrolls=True),
        }
        timeline = Part("Timeline", self.timeline, scrolls=True)
        return Docks(self, (self.panes, self.transport), settings, results, timeline)

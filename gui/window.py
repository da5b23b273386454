"""The main window: joins session, threads and widgets; decides nothing that can be decided pure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QMainWindow,
    QMessageBox,
    QWidget,
)

from engine.store import Analysis
from engine.types import Preset, Progress, Request, UInt8Array
from gui.actions import make_menus, show_video_actions
from gui.arrangement import arranged
from gui.curves import CurveSet, curves_of
from gui.explain_panel import ExplainPanel, Wish, progress_text
from gui.exporter import Exporter
from gui.frames import FrameReader, VideoInfo, Wanted
from gui.jobs import Failure, JobRunner
from gui.model_wizard import ModelWizard
from gui.pane_grid import PaneGrid
from gui.results import Results
from gui.services import Services
from gui.session import Session
from gui.state import ViewState
from gui.timeline import Timeline
from gui.transport import Playback, Transport
from gui.trusting import ask_trust

EMPTY = "Drop a video here\nor press Ctrl+O to open one"


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

    def __init__(self, services: Services, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.session = Session(self)
        self.video: VideoInfo | None = None
        self.analysis: Analysis | None = None
        self._curves: CurveSet | None = None
        self._opening: Analysis | None = None
        self._start_explaining = False
        self._make_threads()
        self._make_widgets()
        self._connect()
        self.setWindowTitle("Motion Inspector")
        self.setAcceptDrops(True)
        self.resize(1280, 800)
        self.panes.clear(EMPTY)
        self.panel.show_state(self.session.state)

    def open_video(self, path: Path, *, explain: bool = False) -> None:
        """Open a video, and explain it at once if asked to."""
        self._start_explaining = explain
        self._opening = None
        self.reader.open(Wanted(path))

    def reopen(self, *, stream: int | None = None, deinterlace: bool | None = None) -> None:
        """Open the same video read in another way; what is None stays as it is."""
        if self.video is None:
            return
        wanted = self.video.wanted
        self.reader.open(
            Wanted(
                wanted.path,
                wanted.stream if stream is None else stream,
                wanted.deinterlace if deinterlace is None else deinterlace,
            )
        )

    def open_analysis(self, folder: Path) -> None:
        """Open a folder that 'explain' or 'Save analysis' wrote, with its video."""
        self.loader.submit(lambda report, check: Analysis.open(folder))

    def explain(self, wish: Wish) -> None:
        """Explain the open video."""
        if self.video is None:
            return
        state = self.session.state
        request = Request(
            video=self.video.path,
            model=wish.model,
            weights=wish.weights,
            method=wish.method,
            target=wish.target,
            preset=state.preset,
            sigma=state.sigma,
            frames=wish.frames,
            stream=self.video.wanted.stream,
            deinterlace=self.video.wanted.deinterlace,
        )
        run = self._services.explain
        self.panel.show_busy(True)
        self.engine.submit(lambda report, check: run(request, report, check))

    def export_to(self, path: Path) -> None:
        """Export the analysis as an annotated clip, in the background."""
        self.exporter.export_clip(self.analysis, path, self.session.state)

    def save_analysis_to(self, folder: Path) -> None:
        """Save the analysis as a folder, in the background."""
        self.exporter.save(self.analysis, folder, self.session.state)

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

    def _make_widgets(self) -> None:
        self.panes, self.timeline, self.transport = PaneGrid(), Timeline(), Transport()
        self.panel = ExplainPanel(self._services.models, self._services.methods)
        self.results = Results()
        self.playback = Playback(self)
        parts = (self.panes, self.transport, self.timeline, self.panel, self.results)
        self.setCentralWidget(arranged(*parts))
        self.menu_actions = make_menus(self)
        self.statusBar().showMessage("Ready")

    def _make_threads(self) -> None:
        self.reader = FrameReader(self)
        self.engine = JobRunner("engine", self, discard=_close)
        self.refilter = JobRunner("curves", self)
        self.exporter = Exporter(self._services.export, self)
        self.loader = JobRunner("loader", self)

    def _connect(self) -> None:
        self.session.changed.connect(self._on_session_changed)
        self.reader.opened.connect(self._on_reader_opened)
        self.reader.failed.connect(self.tell)
        self.reader.updated.connect(self._on_reader_updated)
        self.reader.reading.connect(self._on_reader_reading)
        self.reader.frame_read.connect(self._on_reader_frame_read)
        self.panes.resized.connect(self._request_frame)
        self.timeline.frame_requested.connect(self._on_seek_requested)
        self.transport.frame_requested.connect(self._on_seek_requested)
        self.transport.stepped.connect(self.session.step)
        self.transport.play_toggled.connect(self.toggle_play)
        self.playback.frame_due.connect(self.session.go_to)
        self.panel.explain_requested.connect(self.explain)
        self.panel.cancel_requested.connect(self.engine.cancel)
        self.panel.model_changed.connect(self._load_labels)
        self.panel.add_model_requested.connect(self.add_model)
        self.panel.preset_changed.connect(self._on_preset_changed)
        self.panel.sigma_changed.connect(self._on_sigma_changed)
        self.panel.opacity_changed.connect(self._on_opacity_changed)
        self.results.top.chosen.connect(self.panel.choose_target)
        self.engine.progressed.connect(self._on_engine_progressed)
        self.engine.finished.connect(self._on_engine_finished)
        self.engine.failed.connect(self._on_engine_failed)
        self.engine.cancelled.connect(self._on_engine_cancelled)
        self.refilter.finished.connect(self._on_refilter_finished)
        self.refilter.failed.connect(self.tell)
        self.exporter.progressed.connect(self._on_exporter_progressed)
        self.exporter.written.connect(self._on_exporter_written)
        self.exporter.failed.connect(self.tell)
        self.exporter.busy_changed.connect(self.menu_actions["cancel_export"].setEnabled)
        self.exporter.cancelled.connect(self._on_exporter_cancelled)
        self.loader.finished.connect(self._on_loader_finished)
        self.loader.failed.connect(self.tell)

    @Slot()
    def add_model(self) -> None:
        """Let the user describe a network of their own; it is in the list then."""
        video = None if self.video is None else self.video.path
        services, frame = self._services, self.session.state.frame
        wizard = ModelWizard(services.cards, services.models, video, frame, self)
        wizard.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        wizard.saved.connect(self.panel.add_model)
        wizard.open()

    @Slot()
    def toggle_play(self) -> None:
        """Play or pause."""
        if self.video is not None:
            self.session.update(playing=not self.session.state.playing)

    @Slot()
    def explain_chosen(self) -> None:
        """Explain with the settings of the panel."""
        self.explain(self.panel.wish())

    @Slot(ViewState, ViewState)
    def _on_session_changed(self, old: ViewState, new: ViewState) -> None:
        if self.video is not None:
            self.transport.show_state(new, self.video.timestamps_s)
        if old.playing != new.playing:
            self.playback.start(new.frame) if new.playing else self.playback.stop()
        if old.frame != new.frame:
            self._request_frame()
        if (old.preset, old.sigma, old.heat) != (new.preset, new.sigma, new.heat):
            self.panel.show_state(new)
            self.panes.redraw(new)
        if (old.preset, old.sigma) != (new.preset, new.sigma):
            self._refilter()

    @Slot()
    def _request_frame(self) -> None:
        if self.video is not None:
            size = self.panes.picture_size(self.video.size)
            self.reader.request(self.session.state.frame, size)

    @Slot(int, object)
    def _on_reader_frame_read(self, frame: int, picture: UInt8Array) -> None:
        state = self.session.state
        if frame != state.frame and not state.playing:
            return  # late: the playhead has moved on, and a newer request is under way
        self.panes.show_frame(frame, picture, state)
        self.timeline.set_frame(frame)
        if self.video is not None and frame in self.video.lost:
            told = f"Frame {frame} cannot be decoded; the one before it stands in for it."
            self.statusBar().showMessage(told)
        if self._curves is not None:
            self.results.show_frame(self._curves, frame)

    @Slot(object)
    def _on_reader_opened(self, info: VideoInfo) -> None:
        self.engine.cancel()
        self._drop_analysis()
        self.video = info
        self.playback.set_video(info.timestamps_s)
        self.panel.set_video(info.frame_count)
        self.timeline.set_video(info.frame_count)
        self.timeline.set_damage(info.damage)
        show_video_actions(self.menu_actions, info)
        self.setWindowTitle(f"{info.path.name} – Motion Inspector")
        self._show_facts(info)
        self.session.update(frame=0, frame_count=info.frame_count, playing=False)
        self.transport.show_state(self.session.state, info.timestamps_s)
        self._request_frame()
        if self._opening is not None:
            self._take_opened(self._opening)
        elif self.panel.target.count() == 1:
            self._load_labels()  # only now: it imports torch, which the first window need not
        self.video_opened.emit()
        if self._start_explaining:
            self._start_explaining = False
            self.explain(self.panel.wish())

    @Slot(object)
    def _on_reader_updated(self, info: VideoInfo) -> None:
        """More became known of the video that is open."""
        if self.video is None or info.path != self.video.path:
            return
        self.video = info
        self.playback.set_times(info.timestamps_s)
        self.panel.extend_video(info.frame_count)
        self.timeline.set_frame_count(info.frame_count)
        self.timeline.set_damage(info.damage)
        self.session.update(frame_count=info.frame_count)
        self.transport.show_state(self.session.state, info.timestamps_s)
        self._show_facts(info)

    @Slot(object)
    def _on_reader_reading(self, progress: Progress) -> None:
        share = progress.done / max(progress.total, 1)
        self.statusBar().showMessage(f"{progress.stage}: {share:.0%}")

    def _show_facts(self, info: VideoInfo) -> None:
        width, height = info.size
        facts = f"{info.frame_count} frames, {width}x{height}, {info.fps:.3g} frames/s"
        more = "" if info.progress >= 1 else f", looking for more ({info.progress:.0%})"
        hurt = "; damaged: see the hatched part of the timeline" if info.damage else ""
        self.statusBar().showMessage(f"{info.path.name}: {facts}{more}{hurt}")

    def _take_opened(self, analysis: Analysis) -> None:
        request = analysis.header.request
        self._opening = None
        self._show_analysis(analysis)
        self.session.update(preset=request.preset, sigma=request.sigma)
        self.session.go_to(analysis.header.start)
        self._refilter()

    def _drop_analysis(self) -> None:
        analysis, self.analysis, self._curves = self.analysis, None, None
        self.panes.set_analysis(None)
        self.results.clear()
        self.timeline.clear()
        if analysis is not None and not self.exporter.busy:
            analysis.close()

    def _show_analysis(self, analysis: Analysis) -> None:
        if self.analysis is not analysis:
            self._drop_analysis()
            self.analysis = analysis
            self.panes.set_analysis(analysis)
            labels = tuple(analysis.header.spec.label(k) for k in range(_class_count(analysis)))
            self.panel.set_labels(labels)

    @Slot(object)
    def _on_engine_progressed(self, progress: Progress) -> None:
        self.panel.show_progress(progress)
        if progress.analysis is not None:
            self._show_analysis(progress.analysis)
            self._show_more()

    @Slot(object)
    def _on_engine_finished(self, analysis: Analysis) -> None:
        self.panel.show_busy(False)
        self._show_analysis(analysis)
        self._show_more()
        self.menu_actions["export"].setEnabled(True)
        self.menu_actions["save"].setEnabled(True)
        self.statusBar().showMessage("Explained. Drag sigma to separate motion from static.")
        self.explained.emit()

    def _show_more(self) -> None:
        self.panes.redraw(self.session.state)
        self._refilter()

    @Slot(object)
    def _on_engine_failed(self, failure: Failure) -> None:
        self._end_without_result()
        untrusted = failure.untrusted
        if untrusted is None:
            self.tell(failure)
        else:
            ask_trust(self, failure, lambda: self._go_on(untrusted))

    def _go_on(self, untrusted: Path) -> None:
        self._services.cards.trust(untrusted)
        self.explain_chosen()

    @Slot()
    def _on_engine_cancelled(self) -> None:
        self._end_without_result()
        self.statusBar().showMessage("Cancelled")

    def _end_without_result(self) -> None:
        self.panel.show_busy(False)
        if self.analysis is not None and not self.analysis.complete:
            self._drop_analysis()
            self.panes.redraw(self.session.state)

    def _refilter(self) -> None:
        analysis, state = self.analysis, self.session.state
        if analysis is None or not analysis.steps_written:
            return
        self.refilter.submit(
            lambda report, check: curves_of(analysis, state.preset, state.sigma, check)
        )

    @Slot(object)
    def _on_refilter_finished(self, curves: CurveSet) -> None:
        analysis = self.analysis
        if analysis is None:
            return
        self._curves = curves
        self.timeline.set_curves(curves)
        conserves = self._services.methods[analysis.header.request.method].conserves
        conservation = analysis.conservation if conserves else None
        self.results.show_clip(curves, conservation, analysis.notices)
        frame = self.session.state.frame
        self.results.show_frame(curves, frame)
        self.timeline.set_frame(frame)

    @Slot()
    def _load_labels(self) -> None:
        wish, load = self.panel.wish(), self._services.labels
        self.loader.submit(lambda report, check: load(wish.model, wish.weights, report, check))

    @Slot(object)
    def _on_loader_finished(self, loaded: Any) -> None:
        if isinstance(loaded, Analysis):
            request = loaded.header.request
            self.reader.open(Wanted(request.video, request.stream, request.deinterlace))
            self._opening = loaded
        else:
            self.panel.set_labels(loaded)

    @Slot(object)
    def _on_exporter_progressed(self, progress: Progress) -> None:
        self.statusBar().showMessage(progress_text(progress))

    @Slot(object)
    def _on_exporter_written(self, path: Path) -> None:
        self.statusBar().showMessage(f"Written: {path}")
        self.exported.emit(path)

    @Slot()
    def _on_exporter_cancelled(self) -> None:
        self.statusBar().showMessage("Export cancelled; nothing was written")

    @Slot(int)
    def _on_seek_requested(self, frame: int) -> None:
        self.session.update(playing=False)
        self.session.go_to(frame)

    @Slot(str)
    def _on_preset_changed(self, preset: Preset) -> None:
        self.session.update(preset=preset)

    @Slot(float)
    def _on_sigma_changed(self, sigma: float) -> None:
        self.session.update(sigma=sigma)

    @Slot(float)
    def _on_opacity_changed(self, opacity: float) -> None:
        self.session.update(heat=replace(self.session.state.heat, opacity=opacity))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open a dropped video, or a dropped analysis folder."""
        path = Path(event.mimeData().urls()[0].toLocalFile())
        self.open_analysis(path) if path.is_dir() else self.open_video(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop every job and thread, then let go of the analysis."""
        self.playback.stop()
        for wizard in self.findChildren(ModelWizard):
            wizard.reject()
        for runner in (self.engine, self.refilter, self.exporter, self.loader, self.reader):
            runner.close()
        if self.analysis is not None:
            self.analysis.close()
            self.analysis = None
        super().closeEvent(event)


def _class_count(analysis: Analysis) -> int:
    windows = analysis.windows
    return len(windows[0].logits) if windows else len(analysis.header.spec.labels)


def _close(analysis: Analysis) -> None:
    analysis.close()

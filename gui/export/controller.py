"""Exports of the window: the dialog, the queue and their messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from engine.annotations.notes import Note
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.types import DEFAULT_PRESET, Progress
from gui.backend import ExportBackend
from gui.commands.command import Command
from gui.explain.run_bar import progress_text
from gui.export.dialog import ExportDialog
from gui.export.form import ExportContext
from gui.export.queue import ExportQueue
from gui.state.analysis_refs import AnalysisRefs
from gui.state.export_request import ExportRequest
from gui.state.view_model import ViewModel
from gui.tasks.jobs import Failure
from gui.widgets.dialogs import folder_dialog


class ExportController(QObject):
    """Opens the dialog on what the window shows, and writes what it asks for.

    Parameters
    ----------
    backend : ExportBackend
    view_model : ViewModel
        How relevance is shown.
    analysis_refs : AnalysisRefs
        Keeps an analysis open while it is looked at or written.
    shown : callable
        The analysis that the window shows, and the notes.

    Signals
    -------
    told(message) : str
        For the status line.
    written(path) : Path
    failed(failure) : Failure
    changed()
        Something is written now, or nothing any more; or other settings were chosen.
    """

    told = Signal(str)
    written = Signal(object)
    failed = Signal(object)
    changed = Signal()

    def __init__(
        self,
        backend: ExportBackend,
        view_model: ViewModel,
        analysis_refs: AnalysisRefs,
        shown: Callable[[], tuple[Analysis | None, tuple[Note, ...]]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.choices: dict[str, Any] = {}
        self.queue = ExportQueue(backend, analysis_refs, self)
        self._backend, self._view_model, self._analysis_refs = backend, view_model, analysis_refs
        self._shown = shown
        self._exporting_of: Analysis | None = None
        self._connect()

    def open(self, parent: QWidget, choices: Mapping[str, Any] | None = None) -> None:
        """Open the dialog, with ``choices`` before those of the last time."""
        analysis, notes = self._shown()
        if analysis is None or not analysis.complete:
            self.failed.emit(Failure("There is nothing to write yet.", "Explain the video first."))
            return
        state = self._view_model.state
        context = ExportContext(
            analysis,
            analysis.shown_preset(state.preset),
            state.sigma,
            state.heat,
            state.range,
            state.frame,
            notes,
        )
        self._exporting_of = self._analysis_refs.acquire(analysis)
        dialog = ExportDialog(context, self._backend, parent)
        dialog.form.set_choices({**self.choices, **(choices or {})})
        dialog.export_requested.connect(self._on_dialog_export_requested)
        dialog.choices_made.connect(self._on_dialog_choices_made)
        dialog.finished.connect(self._on_dialog_finished)
        dialog.open()

    def write(self, format: str, path: Path) -> None:
        """Write the analysis as the window shows it, without asking."""
        analysis, notes = self._shown()
        state = self._view_model.state
        shown = DEFAULT_PRESET if analysis is None else analysis.shown_preset(state.preset)
        look = ClipSettings(shown, state.sigma, heat=state.heat, captions=notes)
        self.queue.add(analysis, ExportRequest(format, path, look))

    def close(self) -> None:
        """Stop what is being written."""
        self.queue.close()

    def _connect(self) -> None:
        self.queue.progressed.connect(self._on_queue_progressed)
        self.queue.written.connect(self._on_queue_written)
        self.queue.cancelled.connect(self._on_queue_cancelled)
        self.queue.failed.connect(self.failed)
        self.queue.busy_changed.connect(self.changed)
        self.queue.length_changed.connect(self._on_queue_length_changed)

    @Slot(object)
    def _on_dialog_export_requested(self, request: ExportRequest) -> None:
        self.queue.add(self._exporting_of, request)

    @Slot(object)
    def _on_dialog_choices_made(self, choices: dict[str, Any]) -> None:
        self.choices = choices

    @Slot()
    def _on_dialog_finished(self) -> None:
        analysis, self._exporting_of = self._exporting_of, None
        if analysis is not None:
            self._analysis_refs.release(analysis)

    @Slot(object)
    def _on_queue_progressed(self, progress: Progress) -> None:
        self.told.emit(progress_text(progress))

    @Slot(object)
    def _on_queue_written(self, path: Path) -> None:
        self.told.emit(f"Written: {path}")
        self.written.emit(path)

    @Slot()
    def _on_queue_cancelled(self) -> None:
        self.told.emit("Export cancelled; nothing was written")

    @Slot(int)
    def _on_queue_length_changed(self, count: int) -> None:
        if count:
            self.told.emit(f"{count} more to export after this")

    def commands(self, window: QWidget) -> tuple[Command, ...]:
        """Return the commands that write files, with dialogs over `window`."""
        export, queue = partial(self.open, window), self.queue
        timeline = partial(self.open, window, {"format": "timeline.png"})
        save = partial(self._choose_folder, window)

        def has_analysis() -> bool:
            return self._shown()[0] is not None

        return (
            Command("file.export", "Export...", export, ("Ctrl+E",), has_analysis),
            Command("file.export_timeline", "Export the timeline...", timeline, (), has_analysis),
            Command("file.cancel_export", "Cancel export", queue.cancel, (), lambda: queue.busy),
            Command("file.save_analysis", "Save analysis...", save, (), has_analysis),
        )

    def _choose_folder(self, window: QWidget) -> None:
        title = "Save the analysis in this folder"
        folder_dialog(window, title, partial(self.write, "zarr")).open()

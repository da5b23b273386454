"""The export dialog: settings on the right, the first frame as it will be on the left."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.cancel import Check
from engine.render.export_clip_settings import ClipSettings
from engine.types import Report, UInt8Array
from gui.backend import ExportBackend
from gui.export.form import ExportContext, ExportForm
from gui.export.preview import ExportPreview
from gui.tasks.jobs import JobRunner
from gui.widgets.dialogs import ask_replace
from gui.widgets.form_widgets import SPACING, hint_label

_SIZE = 960, 600
_FORM_PX = 350


class ExportDialog(QDialog):
    """Asks for the settings of an export, which then goes on in the background.

    Parameters
    ----------
    context : ExportContext
        What is exported; its analysis must stay open until `finished`.
    backend : ExportBackend

    Signals
    -------
    export_requested(request) : ExportRequest
    choices_made(choices) : dict
        What to choose the next time.
    """

    export_requested = Signal(object)
    choices_made = Signal(object)

    def __init__(
        self, context: ExportContext, backend: ExportBackend, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._context, self._backend = context, backend
        self.setWindowTitle("Export")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*_SIZE)
        self.form, self.preview = ExportForm(context), ExportPreview()
        self.at_playhead = QCheckBox("Preview at the play&head")
        self.summary, self.export = hint_label(), QPushButton("Export")
        self.export.setObjectName("primary")
        self.export.setDefault(True)
        self.cancel = QPushButton("Cancel")
        self._lay_out()
        self._connect()
        video = context.analysis.header.request.video
        self._sound.submit(lambda report, check: backend.has_sound(video))
        self._refresh()

    def _lay_out(self) -> None:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFixedWidth(_FORM_PX)
        inside = QWidget()
        inside.setObjectName("panel")
        QVBoxLayout(inside).addWidget(self.form)
        area.setWidget(inside)
        left = QVBoxLayout()
        left.addWidget(self.preview, 1)
        left.addWidget(self.at_playhead)
        middle = QHBoxLayout()
        middle.setSpacing(2 * SPACING)
        middle.addLayout(left, 1)
        middle.addWidget(area)
        buttons = QHBoxLayout()
        buttons.addWidget(self.summary, 1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.export)
        layout = QVBoxLayout(self)
        layout.addLayout(middle, 1)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self._sound = JobRunner("sound", self)
        self._sound.finished.connect(self.form.show_sound)
        self.form.changed.connect(self._on_form_changed)
        self.at_playhead.toggled.connect(self._on_form_changed)
        self.export.clicked.connect(self._on_export_clicked)
        self.cancel.clicked.connect(self.reject)

    def _refresh(self) -> None:
        problem = self.form.problem()
        self.export.setEnabled(not problem)
        self.summary.setText(problem or self._in_words())
        if not self.form.chosen_format.is_clip:
            self.preview.say(f"{self.form.chosen_format.title}: nothing to preview.")
        elif not problem:
            self._draw(self.form.clip_settings(), self.form.frames(), self._shown_frame())

    def _draw(self, look: ClipSettings, frames: tuple[int, int], frame: int) -> None:
        analysis, preview = self._context.analysis, self._backend.preview

        def drawn(report: Report, check: Check) -> UInt8Array:
            return preview(analysis, look, frames, frame, report, check)

        self.preview.draw(drawn)

    def _shown_frame(self) -> int:
        first, stop = self.form.frames()
        if not self.at_playhead.isChecked():
            return first
        return min(max(self._context.frame, first), stop - 1)

    def _in_words(self) -> str:
        first, stop = self.form.frames()
        header = self._context.analysis.header
        inside = header.timestamps_s[first - header.start : stop - header.start]
        seconds = float(inside[-1] - inside[0]) + 1 / header.fps if len(inside) else 0.0
        frames = f"{stop - first} frames, {seconds:.1f} s"
        return f"{self.form.chosen_format.title}: {frames}"

    @Slot()
    def _on_form_changed(self) -> None:
        self._refresh()

    @Slot()
    def _on_export_clicked(self) -> None:
        there = self.form.to_ask_for()
        if there is None:
            self._send()
        else:
            ask_replace(self, there, self._send)

    def _send(self) -> None:
        self.choices_made.emit(self.form.choices())
        self.export_requested.emit(self.form.request())
        self.accept()

    def done(self, result: int) -> None:
        """End the threads with the dialog."""
        self.preview.close_runner()
        self._sound.close()
        super().done(result)

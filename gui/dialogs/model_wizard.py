"""Dialog to add a model: its card on the left, checks and a preview on the right."""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from engine.descriptions import CardReport, Finding, ModelInfo
from engine.errors import EngineError, UntrustedCode
from engine.types import UInt8Array
from gui.backend import CardBackend
from gui.dialogs.card_form import CardForm
from gui.dialogs.trust import ask_trust
from gui.explain.results_panel import TopClasses
from gui.tasks.jobs import Failure, JobRunner
from gui.theme import theme
from gui.widgets.picture_strip import image_of
from gui.widgets.plain_text import PlainLabel

_WAIT_MS = 400  # after the last key, before the checks begin
_PICTURE_PX = 112
_COLOURS = {"pass": theme.colours().score, "warn": theme.colours().motion, "fail": "#ff6b6b"}
_ORDER = ("fail", "warn", "pass")
_WORDS = {"pass": "OK", "warn": "Note", "fail": "Error"}


class ModelWizard(QDialog):
    """Fills a model card, with checks as it grows, and saves it.

    Signals
    -------
    saved(info), checked(report)
        After the card is in the list of models; after the checks are shown.
    """

    saved = Signal(object)
    checked = Signal(object)

    def __init__(
        self,
        cards: CardBackend,
        models: Mapping[str, ModelInfo],
        video: Path | None,
        start: int,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._cards, self._video, self._start = cards, video, start
        self.form = CardForm(cards.fields, models)
        self.findings, self.status = PlainLabel(), PlainLabel()
        self.findings.setTextFormat(Qt.TextFormat.RichText)
        self.pictures = PlainLabel()
        self.top = TopClasses()
        self.save = QPushButton("Save")
        self.runner = JobRunner("cards", self)
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_WAIT_MS)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.setWindowTitle("Add a model")
        self.resize(960, 640)
        self.save.setObjectName("primary")
        self.save.setEnabled(False)
        self.status.setObjectName("faint")
        self.status.setText("Choose a network. Empty fields use the network's defaults.")
        self.top.setToolTip("")
        self.pictures.setFixedHeight(_PICTURE_PX)
        for label in (self.findings, self.status):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignTop)
        outer = QHBoxLayout(self)
        outer.addWidget(_scrolled(self.form), 1)
        outer.addWidget(self._right_side(), 1)

    def _right_side(self) -> QWidget:
        side = QWidget()
        layout = QVBoxLayout(side)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.status)
        layout.addWidget(_scrolled(self.findings), 1)
        seen, classes = PlainLabel("What the model sees"), PlainLabel("Top classes of this clip")
        for widget in (seen, self.pictures, classes, self.top, self.save):
            layout.addWidget(widget)
        return side

    def _connect(self) -> None:
        self.form.changed.connect(self._on_form_changed)
        self._wait.timeout.connect(self._check)
        self.runner.finished.connect(self._on_runner_finished)
        self.runner.failed.connect(self._on_runner_failed)
        self.save.clicked.connect(self._on_save_clicked)

    @Slot()
    def _on_form_changed(self) -> None:
        self.save.setEnabled(False)
        self._wait.start()

    @Slot()
    def _check(self) -> None:
        values = self.form.values()
        if not values.keys() & {"network", "endpoint"}:
            return
        self.status.setText("Checking")
        check, video, start = self._cards.check, self._video, self._start
        self.runner.submit(lambda report, cancel: check(values, video, start, report, cancel))

    @Slot(object)
    def _on_runner_finished(self, report: CardReport) -> None:
        self.status.setText(_status_text(report))
        found = report.findings + report.methods
        worst_first = sorted(found, key=lambda finding: _ORDER.index(finding.level))
        self.findings.setText("".join(map(_row, worst_first)))
        self.pictures.setPixmap(_strip(report.seen))
        explained = report.top[0][0] if report.top else ""
        self.top.show_scores(list(report.top), explained, report.unit)
        self.save.setEnabled(not report.failed)
        self.checked.emit(report)

    @Slot(object)
    def _on_runner_failed(self, failure: Failure) -> None:
        self.status.setText(f"{failure.message} {failure.hint}")
        untrusted = failure.untrusted
        if untrusted is not None:
            ask_trust(self, failure, lambda: self._go_on(untrusted))

    def _go_on(self, untrusted: UntrustedCode | str) -> None:
        self._cards.trust(untrusted)
        self._check()

    @Slot()
    def _on_save_clicked(self) -> None:
        try:
            info = self._cards.save(self.form.values())
        except EngineError as error:
            self.status.setText(f"{error} {error.hint}")
            return
        self.saved.emit(info)
        self.accept()

    def done(self, result: int) -> None:
        """Stop the checks, however the dialog is closed."""
        self._wait.stop()
        self.runner.close()
        super().done(result)


def _status_text(report: CardReport) -> str:
    if report.failed:
        return "Something is wrong yet."
    lacking = [finding.check for finding in report.methods if finding.level == "fail"]
    if lacking:
        return f"Ready to be used, but not by {', '.join(lacking)}: choose another method."
    return "Ready to be used."


def _row(finding: Finding) -> str:
    colour, word = _COLOURS[finding.level], _WORDS[finding.level]
    return (
        f'<p><b style="color: {colour}">{word}</b> <b>{html.escape(finding.check)}</b><br>'
        f"{html.escape(finding.text)}</p>"
    )


def _strip(pictures: UInt8Array) -> QPixmap:
    """Join pictures (n, h, w, 3) side by side into a pixmap."""
    if not len(pictures):
        return QPixmap()
    row = QPixmap.fromImage(image_of(np.concatenate(list(pictures), axis=1)))
    return row.scaledToHeight(_PICTURE_PX, Qt.TransformationMode.SmoothTransformation)


def _scrolled(widget: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setWidget(widget)
    return area

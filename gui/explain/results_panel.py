"""The Results panel: what it is of, verdict, changing share, badges, top classes, motion peaks."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QGraphicsOpacityEffect, QSizePolicy, QWidget

from engine.diagnostics.reliability import Badge
from engine.utils.score_text import score_text
from gui.explain.badges import Badges
from gui.explain.evidence_view import EvidenceView
from gui.explain.peak_list import PeakList
from gui.explain.separation_settings import SeparationSettings
from gui.state.curves import CurveSet
from gui.state.peaks import Peak
from gui.theme import theme
from gui.widgets.form_widgets import hbox, heading, hint_label, later_heading, notice_label, vbox
from gui.widgets.hint_link import HintLink
from gui.widgets.plain_text import PlainLabel

_ROWS = 5
_CLASSES, _VALUES = "Top classes at this frame", "Values at this frame"
_ROW_PX = 24
_FADED = 0.4
_PARTIAL = "partial"
_NOT_YET = "This frame is not explained yet."


class TopClasses(QWidget):
    """Bars of the top classes at the playhead. A click or Enter explains one.

    Signals
    -------
    chosen(label) : str
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[tuple[str, float]] = []
        self._unit: str | None = None
        self._explained = ""
        self._row = 0
        self.setFixedHeight(_ROWS * _ROW_PX)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("Top classes")
        keys = "Up, Down and Enter do it too"
        self.setToolTip(f"Click a class to explain it in every window ({keys})")

    def show_scores(
        self, rows: list[tuple[str, float]], explained: str, unit: str | None = None
    ) -> None:
        """Show names with probabilities, or values in a unit, and which of them is explained."""
        self.rows, self._explained, self._unit = rows, explained, unit
        if rows:  # without any it keeps its place, so that nothing jumps while frames go by
            self.setFixedHeight(len(rows) * _ROW_PX)
        self._row = max(0, min(self._row, len(rows) - 1))
        self.update()

    def _draw_row(self, painter: QPainter, row: QRect, label: str, score: float) -> None:
        colours, explained = theme.colours(), label == self._explained
        painter.fillRect(row, QColor(colours.field))
        bar = QColor(colours.score if explained else colours.border)
        bar.setAlpha(110 if explained else 255)
        share = score if self._unit is None else 0.0  # a value fills no part of a whole
        painter.fillRect(row.adjusted(0, 0, round((share - 1) * row.width()), 0), bar)
        painter.setPen(QColor(colours.text))
        inside = row.adjusted(8, 0, -8, 0)
        middle = Qt.AlignmentFlag.AlignVCenter
        text = score_text(score, self._unit)
        room = inside.width() - max(48, painter.fontMetrics().horizontalAdvance(text) + 8)
        name = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, room)
        painter.drawText(inside, middle | Qt.AlignmentFlag.AlignLeft, name)
        painter.drawText(inside, middle | Qt.AlignmentFlag.AlignRight, text)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a bar a class, and a frame around the one that Enter chooses."""
        painter = QPainter(self)
        if not self.rows:
            painter.setPen(QColor(theme.colours().faint))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignTop, _NOT_YET)
        for position, (label, score) in enumerate(self.rows):
            row = QRect(0, position * _ROW_PX + 2, self.width(), _ROW_PX - 4)
            self._draw_row(painter, row, label, score)
            if self.hasFocus() and position == self._row:
                painter.setPen(QColor(theme.colours().accent))
                painter.drawRect(row.adjusted(0, 0, -1, -1))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the class under the pointer."""
        position = int(event.position().y()) // _ROW_PX
        if position < len(self.rows):
            self.chosen.emit(self.rows[position][0])

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go up and down, and choose."""
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(Qt.Key(event.key()))
        if step is not None:
            self._row = max(0, min(self._row + step, len(self.rows) - 1))
            self.update()
        elif self.rows and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(self.rows[self._row][0])
        else:
            super().keyPressEvent(event)


class ResultsPanel(QWidget):
    """Separation settings, and the numbers of the clip and of the frame at the playhead.

    Signals
    -------
    help_requested(page) : str
        The user wants to read a page of the guide on the numbers.
    tests_requested()
        The user wants to see the scores of the clip without its movement.
    """

    help_requested = Signal(str)
    tests_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make_labels()
        self.separation, self.badges, self.top = SeparationSettings(), Badges(), TopClasses()
        self.evidence = EvidenceView()
        self._make_subject()
        self.evidence.tests.clicked.connect(self.tests_requested)
        for link in (self.limits, self.evidence.about):
            link.linkActivated.connect(self.help_requested)
        self.classes = heading(_CLASSES)
        leading = (self.classes, self.top, self.evidence, self.badges, self.notices)
        figure = hbox(self.clip, self.meaning)
        share = later_heading("Changing share of the map")
        texts = (share, figure, self.separation, self.frame, self.conservation, self.limits)
        self.peaks, self.peaks_heading = PeakList(), heading("Motion peaks")
        parts = (*leading, *texts, self.peaks_heading, self.peaks)  # the answer, then its reasons
        vbox(self.numbers, *parts, spacing=6)
        marks = self.failure, self.stale, self.subject
        vbox(self, *marks, self.numbers, spacing=6).addStretch(1)
        self.clear()

    def clear(self) -> None:
        """Show that there is nothing yet."""
        self.evidence.clear()
        self.clip.setText("–")
        self.show_failure("")
        self.show_stale("")
        self.show_subject("")
        self.meaning.setText("How much of the map changes sharply over time.")
        self.frame.setText("")
        hidden = self.limits, self.conservation, self.notices, self.frame
        for part in (*hidden, self.classes, self.top):
            part.hide()
        self.show_badges(())
        self.top.show_scores([], "")
        self._show_peaks(())

    def show_failure(self, text: str) -> None:
        """Show why explaining failed, with earlier results in grey below, or "" that it did not."""
        self.failure.setText(f"Not explained. {text}")
        self.failure.setVisible(bool(text))
        self.faded.setEnabled(bool(text and self.subject.text()))

    def show_stale(self, text: str) -> None:
        """Say that these results are of other settings than those in the panel, or nothing."""
        if text:
            self.stale.say(text)
        self.stale.setVisible(bool(text))

    def show_subject(self, text: str, *, partial: bool = False) -> None:
        """Say what all numbers are of. Those of a part of the windows are small."""
        self.subject.setText(text)
        self.subject.setVisible(bool(text))
        for figure in (self.clip, self.evidence.verdict):
            if figure.property(_PARTIAL) != partial:
                figure.setProperty(_PARTIAL, partial)
                figure.style().polish(figure)

    def show_badges(self, badges: Sequence[Badge]) -> None:
        """Show how far the analysis can be trusted (`engine.diagnostics.reliability`)."""
        self.badges.show_badges(badges)
        advice = " ".join(badge.advice for badge in badges if badge.advice)
        self.evidence.advice.setText(advice)
        self.evidence.advice.setVisible(bool(advice))

    def show_clip(
        self,
        curves: CurveSet,
        conservation: float | None,
        notices: Sequence[str] = (),
        inputs: str = "",
    ) -> None:
        """Show the numbers of the clip, and what the engine wants the user to know.

        Conservation is None where the method does not conserve; ``inputs`` is a sentence on what
        each of several inputs of the network got.
        """
        values = curves.unit is not None
        self.evidence.show_clip(curves.evidence, values=values)
        self.classes.setText(_VALUES if values else _CLASSES)
        self._show_peaks(curves.peaks)
        share = curves.clip_changing_share
        self.limits.setVisible(math.isfinite(share))
        if math.isfinite(share):
            self.clip.setText(f"{share:.0%}")
            self.meaning.setText(_meaning(curves.preset, share))
        told = conservation is not None and math.isfinite(conservation)
        sums = f"Relevance sums to {conservation:.2%} of the score." if told else ""
        self.conservation.setText(" ".join(filter(None, (sums, inputs))))
        self.conservation.setVisible(bool(sums or inputs))
        self.notices.setText("\n".join(notices))
        self.notices.setVisible(bool(notices))

    def show_frame(self, curves: CurveSet, frame: int) -> None:
        """Show the numbers of a frame of the video."""
        self.evidence.show_frame(frame)
        for part in (self.classes, self.top, self.frame):
            part.show()
        i = frame - curves.start
        if not 0 <= i < len(curves.changing_share):
            self.frame.setText("")
            self.top.show_scores([], "")
            return
        share = curves.changing_share[i]
        self.frame.setText(f"This frame: {share:.0%}" if math.isfinite(share) else "")
        scores = curves.probabilities[i]
        values = curves.unit is not None  # stay in their order: they are not of one kind
        order = (np.arange(len(scores)) if values else np.argsort(-scores, kind="stable"))[:_ROWS]
        rows = [(curves.labels[k], float(curves.probabilities[i, k])) for k in order]
        self.top.show_scores(rows, curves.labels[int(curves.targets[i])], curves.unit)

    def _show_peaks(self, peaks: Sequence[Peak]) -> None:
        self.peaks.show_peaks(peaks)
        self.peaks_heading.setVisible(bool(peaks))

    def _make_subject(self) -> None:
        """Make what stands above the numbers, and what they are greyed by."""
        self.subject, self.numbers = hint_label(), QWidget()
        self.subject.setAccessibleName("What these results are of")
        self.stale = HintLink("Back to these settings", "settings")
        self.stale.setObjectName("notice")
        self.faded = QGraphicsOpacityEffect(self.numbers)
        self.faded.setOpacity(_FADED)
        self.faded.setEnabled(False)
        self.numbers.setGraphicsEffect(self.faded)

    def _make_labels(self) -> None:
        self.failure, self.notices = notice_label(), notice_label()
        self.clip, self.meaning = PlainLabel(), PlainLabel()
        self.clip.setObjectName("share")
        self.clip.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.clip.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.meaning.setWordWrap(True)
        self.frame, self.conservation = hint_label(), hint_label()
        self.limits = HintLink("How to read this", "reading-heatmaps")
        self.limits.say("A share of the map, not proof that the model needs the movement.")


def _meaning(preset: str, share: float) -> str:
    if preset == "evidence":
        return (
            f"of the maps' relevance is on what movement changes, {1 - share:.0%} on the picture."
        )
    return f"of the map's relevance changes sharply over time, {1 - share:.0%} stays as it is."

"""What came out: motion share in words, the top classes at the playhead, conservation."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from gui import theme
from gui.curves import CurveSet

_ROWS = 5
_ROW_PX = 26


class TopClasses(QWidget):
    """The five classes scored highest at the playhead, as bars; a click explains one.

    Signals
    -------
    chosen(label) : str
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: list[tuple[str, float]] = []
        self._explained = ""
        self.setFixedHeight(_ROWS * _ROW_PX)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Click a class to explain it in every window")

    def show_scores(self, rows: list[tuple[str, float]], explained: str) -> None:
        """Show names with probabilities, and which of them is explained."""
        self.rows, self._explained = rows, explained
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw a bar a class."""
        painter = QPainter(self)
        for position, (label, score) in enumerate(self.rows):
            row = QRect(0, position * _ROW_PX + 2, self.width(), _ROW_PX - 4)
            painter.fillRect(row, QColor(theme.colours().field))
            bar = QColor(
                theme.colours().score if label == self._explained else theme.colours().border
            )
            bar.setAlpha(110 if label == self._explained else 255)
            painter.fillRect(row.adjusted(0, 0, round((score - 1) * row.width()), 0), bar)
            painter.setPen(QColor(theme.colours().text))
            inside = row.adjusted(8, 0, -8, 0)
            middle = Qt.AlignmentFlag.AlignVCenter
            room = inside.width() - 48
            name = painter.fontMetrics().elidedText(label, Qt.TextElideMode.ElideRight, room)
            painter.drawText(inside, middle | Qt.AlignmentFlag.AlignLeft, name)
            painter.drawText(inside, middle | Qt.AlignmentFlag.AlignRight, f"{score:.0%}")

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the class under the pointer."""
        position = int(event.position().y()) // _ROW_PX
        if position < len(self.rows):
            self.chosen.emit(self.rows[position][0])


class Results(QWidget):
    """Numbers of the clip and of the frame at the playhead."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.clip = QLabel("–")
        self.clip.setObjectName("figure")
        self.meaning = QLabel("of the relevance lies where it changes with the movement.")
        self.meaning.setWordWrap(True)
        self.frame = _faint()
        self.conservation = _faint()
        self.notices = QLabel()
        self.notices.setObjectName("notice")
        self.notices.setWordWrap(True)
        self.top = TopClasses()
        heading = QLabel("Motion share of the clip")
        heading.setObjectName("heading")
        classes = QLabel("Top classes at this frame")
        classes.setObjectName("heading")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        parts = (heading, self.clip, self.meaning, self.frame, self.conservation, self.notices)
        for part in (*parts, classes, self.top):
            layout.addWidget(part)
        self.clear()

    def clear(self) -> None:
        """Show that there is nothing yet."""
        self.clip.setText("–")
        self.meaning.setText("Explain the video to see how much of the decision is movement.")
        self.frame.setText("")
        self.conservation.hide()
        self.notices.hide()
        self.top.show_scores([], "")

    def show_clip(
        self, curves: CurveSet, conservation: float | None, notices: Sequence[str] = ()
    ) -> None:
        """Show the numbers of the clip, and what the engine wants the user to know.

        Conservation is None where the method does not conserve.
        """
        share = curves.clip_motion_share
        if math.isfinite(share):
            self.clip.setText(f"{share:.0%}")
            self.meaning.setText(
                f"of the relevance changes sharply over time: movement. "
                f"The other {1 - share:.0%} stays in place: scenery and still parts."
            )
        if conservation is not None and math.isfinite(conservation):
            self.conservation.setText(f"Relevance sums to {conservation:.2%} of the score.")
        self.conservation.setVisible(conservation is not None and math.isfinite(conservation))
        self.notices.setText("\n".join(notices))
        self.notices.setVisible(bool(notices))

    def show_frame(self, curves: CurveSet, frame: int) -> None:
        """Show the numbers of a frame of the video."""
        i = frame - curves.start
        if not 0 <= i < len(curves.motion_share):
            self.frame.setText("This frame is not explained yet.")
            self.top.show_scores([], "")
            return
        share = curves.motion_share[i]
        self.frame.setText(f"This frame: {share:.0%}" if math.isfinite(share) else "")
        order = np.argsort(-curves.probabilities[i], kind="stable")[:_ROWS]
        rows = [(curves.labels[k], float(curves.probabilities[i, k])) for k in order]
        self.top.show_scores(rows, curves.labels[int(curves.targets[i])])


def _faint() -> QLabel:
    label = QLabel()
    label.setObjectName("faint")
    label.setWordWrap(True)
    return label

"""Evidence as three bars in bits: told apart by pattern, place and name, not by colour alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.evidence.evidence import ClassBits, Evidence
from engine.evidence.summary import ClipEvidence
from gui.state.evidence_words import bits_text
from gui.theme import theme

_HEAD_PX = 18
_TEXT_PX = 19
_BAR_PX = 10
_ROW_PX = _TEXT_PX + _BAR_PX + 9
_INTERVAL_PX = 4  # below the bar
_END_PX = 2.5
_LAST_PX = 22
_LEAST_PX = 220
_GAP_PX = 12
_OWN_SHARE = 0.38  # of the width, for the name of the class
_UNTOLD_OPACITY = 0.4
_TRACK_ALPHA = 90
_LEAST_BITS = 1.0  # full width where nothing can be told: what is next to nothing looks so
_NAMES = "Movement", "Several pictures", "One picture"
_MEANINGS = (
    "Lost when the same frames come in another order",
    "What several frames show beyond one, in any order",
    "What a single frame says beyond the prior",
)


@dataclass(frozen=True, slots=True)
class BitsRow:
    """A part of the evidence: its bits, and those of one class, which may be negative."""

    name: str
    bits: float
    of_class: float


class BitsBars(QWidget):
    """Movement, several pictures and one picture, each with its bits and those of the class.

    The length of a bar is its share of all bits; the line below the first is the interval of the
    share of movement. Where nothing can be told the bars are faint.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: tuple[BitsRow, ...] = ()
        self._label = ""
        self._interval = math.nan, math.nan
        self._full = _LEAST_BITS
        self._is_told = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(_HEAD_PX + 3 * _ROW_PX + _LAST_PX)

    def show_evidence(
        self, evidence: Evidence | ClipEvidence, of_class: ClassBits, label: str
    ) -> None:
        """Show evidence, and the bits of the class of that name."""
        bits = evidence.order_bits, evidence.frames_bits, evidence.still_bits
        own = of_class.order, of_class.frames, of_class.still
        rows = zip(_NAMES, bits, own, strict=True)
        self.rows = (
            *(BitsRow(*row) for row in rows),
            BitsRow("Together", sum(bits), of_class.total),
        )
        self._label = label
        told = self._is_told = evidence.is_told
        self._interval = evidence.interval if told else (math.nan, math.nan)
        self._full = sum(bits) if told else max(sum(bits), _LEAST_BITS)
        self.setAccessibleName("; ".join(self._sentence(row) for row in self.rows))
        self._explain()
        self.update()

    def _sentence(self, row: BitsRow) -> str:
        own = bits_text(row.of_class, signed=True)
        return f"{row.name}: {bits_text(row.bits)} bits, {own} for {self._label}"

    def _explain(self) -> None:
        parts = [f"<b>{n}</b>: {m}." for n, m in zip(_NAMES, _MEANINGS, strict=True)]
        columns = (
            "The first column is of the whole answer, the second of the class alone: by how much "
            "each step raises the logarithm of its probability. It may be negative. The line "
            "below the first bar is the 95 % interval of the share of movement."
        )
        self.setToolTip("".join(f"<p>{text}</p>" for text in (*parts, columns)))

    def sizeHint(self) -> QSize:
        """Size that shows all rows."""
        return QSize(_LEAST_PX, self.height())

    def minimumSizeHint(self) -> QSize:
        """Size in which the names can still be read beside the numbers."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the names of the columns, a bar a part, and the sums."""
        if not self.rows:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = painter.fontMetrics()
        wide = metrics.horizontalAdvance("+00.00") + 2
        own = max(
            wide, min(metrics.horizontalAdvance(self._label), round(_OWN_SHARE * self.width()))
        )
        columns = own + _GAP_PX, 0  # distances from the right
        self._draw_head(painter, own, columns)
        for index, row in enumerate(self.rows):
            top = _HEAD_PX + index * _ROW_PX
            line = QRect(0, top, self.width(), _TEXT_PX)
            self._draw_line(painter, line, row, columns, is_sum=index == 3)
            if index < 3:
                bar = QRect(0, top + _TEXT_PX, self.width(), _BAR_PX)
                self._draw_bar(painter, bar, row, part_brushes()[index])
        self._draw_interval(painter)

    def _draw_head(self, painter: QPainter, own: int, columns: tuple[int, int]) -> None:
        painter.setPen(QColor(theme.colours().faint))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        head = QRect(0, 0, self.width(), _HEAD_PX)
        painter.drawText(head.adjusted(0, 0, -columns[0], 0), right, "bits")
        end = Qt.TextElideMode.ElideRight
        painter.drawText(head, right, painter.fontMetrics().elidedText(self._label, end, own))

    def _draw_line(
        self,
        painter: QPainter,
        line: QRect,
        row: BitsRow,
        columns: tuple[int, int],
        *,
        is_sum: bool,
    ) -> None:
        colours = theme.colours()
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if is_sum:
            painter.setPen(QPen(QColor(colours.border), 1))
            painter.drawLine(line.left(), line.top() - 2, line.right(), line.top() - 2)
        painter.setPen(QColor(colours.faint if is_sum else colours.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, row.name)
        painter.drawText(line.adjusted(0, 0, -columns[0], 0), right, bits_text(row.bits))
        painter.setPen(QColor(colours.faint))
        painter.drawText(line, right, bits_text(row.of_class, signed=True))

    def _draw_bar(self, painter: QPainter, bar: QRect, row: BitsRow, brush: QBrush) -> None:
        track = QColor(theme.colours().border)
        track.setAlpha(_TRACK_ALPHA)
        painter.fillRect(bar, track)
        if self._full <= 0 or not math.isfinite(row.bits):
            return
        bar.setWidth(round(min(row.bits / self._full, 1.0) * bar.width()))
        if bar.width() < 1:
            return
        painter.setOpacity(1.0 if self._is_told else _UNTOLD_OPACITY)
        painter.fillRect(bar, brush)
        if brush.style() != Qt.BrushStyle.SolidPattern:
            painter.setPen(brush.color())
            painter.drawRect(bar.adjusted(0, 0, -1, -1))
        painter.setOpacity(1.0)

    def _draw_interval(self, painter: QPainter) -> None:
        """Draw the interval as a line with ends, below the bar of movement."""
        low, high = self._interval
        if not math.isfinite(low):
            return
        y = _HEAD_PX + _TEXT_PX + _BAR_PX + _INTERVAL_PX
        left, right = (max(min(x, 1.0), 0.0) * (self.width() - 2) + 1 for x in (low, high))
        painter.setPen(QPen(QColor(theme.colours().text), 1.2))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        for x in (left, right):
            painter.drawLine(QPointF(x, y - _END_PX), QPointF(x, y + _END_PX))


def part_brushes() -> tuple[QBrush, QBrush, QBrush]:
    """Return the brushes of movement, several pictures and one picture, as they are shown."""
    colours = theme.colours()
    return (
        QBrush(QColor(colours.motion)),
        QBrush(QColor(colours.several), Qt.BrushStyle.BDiagPattern),
        QBrush(QColor(colours.static)),
    )

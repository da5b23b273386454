"""Scores before and after, as two bars each: told apart by pattern and place, not colour alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.utils.score_text import score_text
from gui.theme import theme

_LEGEND_PX = 22
_TEXT_PX = 20
_BAR_PX = 7
_GAP_PX = 2
_ROW_PX = _TEXT_PX + 2 * _BAR_PX + _GAP_PX + 10
_SWATCH_PX = 16
_LEAST_PX = 200
_TRACK_ALPHA = 90
_UNKNOWN = "–"


@dataclass(frozen=True, slots=True)
class Pair:
    """A name with two probabilities, 0 to 1, nan if unknown, or with two values in a unit."""

    name: str
    before: float
    after: float
    unit: str | None = None

    @property
    def texts(self) -> tuple[str, str]:
        """Both for people."""
        if self.unit is None:
            return percent(self.before), percent(self.after)
        return score_text(self.before, self.unit), score_text(self.after, self.unit)

    @property
    def change(self) -> str:
        """The difference for people: in percentage points, or of the values."""
        if self.unit is None:
            return points_text(self.points)
        return f"{self.after - self.before:+.3g}".replace("-", "−")

    @property
    def shares(self) -> tuple[float, float]:
        """Lengths of the bars, 0 to 1: of values, compared with the larger."""
        most = 1.0 if self.unit is None else max(abs(self.before), abs(self.after)) or 1.0
        return abs(self.before) / most, abs(self.after) / most

    @property
    def points(self) -> float:
        """The difference in percentage points, of the whole percents that are shown."""
        if not (math.isfinite(self.before) and math.isfinite(self.after)):
            return math.nan
        return float(round(100 * self.after) - round(100 * self.before))


def percent(share: float) -> str:
    """Format a share without a line break, "62 %", or a dash if unknown."""
    return f"{share:.0%}".replace("%", "\u00a0%") if math.isfinite(share) else _UNKNOWN


def points_text(points: float) -> str:
    """Format signed percentage points, "−61", or a dash if unknown."""
    if not math.isfinite(points):
        return _UNKNOWN
    rounded = round(points)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else '±'}{abs(rounded)}"


class ScoreBars(QWidget):
    """Names with two bars each: before, solid, and after, hatched.

    Parameters
    ----------
    before, after : str
        What the bars are called in the legend.
    """

    def __init__(self, before: str, after: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._names = before, after
        self.pairs: tuple[Pair, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.show_pairs(())

    def show_pairs(self, pairs: Sequence[Pair]) -> None:
        """Show these, from the top down."""
        self.pairs = tuple(pairs)
        self.setAccessibleName("; ".join(self._sentence(pair) for pair in self.pairs))
        self.setFixedHeight(_LEGEND_PX + len(self.pairs) * _ROW_PX)
        self.update()

    def _sentence(self, pair: Pair) -> str:
        before, after = self._names
        texts = pair.texts
        return f"{pair.name}: {before} {texts[0]}, {after} {texts[1]}"

    def _draw_legend(self, painter: QPainter) -> None:
        left, brushes = 0, _brushes()
        for name, brush in zip(self._names, brushes, strict=True):
            swatch = QRect(left, (_LEGEND_PX - _BAR_PX) // 2, _SWATCH_PX, _BAR_PX)
            _draw_bar(painter, swatch, brush)
            painter.setPen(QColor(theme.colours().faint))
            width = painter.fontMetrics().horizontalAdvance(name)
            text = QRect(swatch.right() + 6, 0, width + 2, _LEGEND_PX)
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, name)
            left = text.right() + 16

    def _draw_pair(self, painter: QPainter, row: QRect, pair: Pair) -> None:
        colours, metrics = theme.colours(), painter.fontMetrics()
        figures = " → ".join(pair.texts)
        change = pair.change
        line = QRect(row.left(), row.top(), row.width(), _TEXT_PX)
        right = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
        painter.setPen(QColor(colours.text))
        painter.drawText(line, right, change)
        change_px = max(map(metrics.horizontalAdvance, ("−100", change))) + 8
        painter.setPen(QColor(colours.faint))
        painter.drawText(line.adjusted(0, 0, -change_px, 0), right, figures)
        room = line.width() - change_px - metrics.horizontalAdvance(figures) - 10
        name = metrics.elidedText(pair.name, Qt.TextElideMode.ElideRight, room)
        painter.setPen(QColor(colours.text))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
        self._draw_bars(painter, row.adjusted(0, _TEXT_PX + 1, 0, 0), pair)

    def _draw_bars(self, painter: QPainter, row: QRect, pair: Pair) -> None:
        track = QColor(theme.colours().border)
        track.setAlpha(_TRACK_ALPHA)
        for index, (share, brush) in enumerate(zip(pair.shares, _brushes(), strict=True)):
            bar = QRect(row.left(), row.top() + index * (_BAR_PX + _GAP_PX), row.width(), _BAR_PX)
            painter.fillRect(bar, track)
            if math.isfinite(share):
                bar.setWidth(round(min(max(share, 0.0), 1.0) * row.width()))
                _draw_bar(painter, bar, brush)

    def sizeHint(self) -> QSize:
        """Size that shows all rows."""
        return QSize(_LEAST_PX, self.height())

    def minimumSizeHint(self) -> QSize:
        """Size in which a name can still be read beside its figures."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the legend and the rows."""
        painter = QPainter(self)
        self._draw_legend(painter)
        for index, pair in enumerate(self.pairs):
            row = QRect(0, _LEGEND_PX + index * _ROW_PX, self.width(), _ROW_PX)
            self._draw_pair(painter, row, pair)


def _brushes() -> tuple[QBrush, QBrush]:
    colours = theme.colours()
    hatched = QBrush(QColor(colours.motion), Qt.BrushStyle.BDiagPattern)
    return QBrush(QColor(colours.static)), hatched


def _draw_bar(painter: QPainter, bar: QRect, brush: QBrush) -> None:
    """Fill a bar, with an outline if hatched, so that its end is seen."""
    if bar.width() < 1:
        return
    painter.fillRect(bar, brush)
    if brush.style() != Qt.BrushStyle.SolidPattern:
        painter.setPen(brush.color())
        painter.drawRect(bar.adjusted(0, 0, -1, -1))

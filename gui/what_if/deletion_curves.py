"""Scores while more and more of the clip is frozen, as two small curves."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.what_if.checks import FreezeCheck
from gui.theme import theme
from gui.widgets.score_bars import percent

_HEIGHT_PX = 132
_LEGEND_PX = 22
_AXIS_PX = 18
_LEFT_PX = 50
_SWATCH_PX = 16
_DOT_PX = 2.5
_NAMES = "Motion first", "Others first"


class DeletionCurves(QWidget):
    """Probability against the share that is frozen: motion first, solid, and others, dashed.

    The axis is that of square roots: most happens where little is frozen.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._check: FreezeCheck | None = None
        self.setFixedHeight(_HEIGHT_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_check(self, check: FreezeCheck) -> None:
        """Show the curves of a check."""
        self._check = check
        rows = zip(check.shares, check.motion_curve, check.others_curve, strict=True)
        said = [f"{percent(s)} frozen: {percent(m)} and {percent(o)}" for s, m, o in rows]
        self.setAccessibleName("Motion frozen first, and others first: " + "; ".join(said))
        self.setToolTip("<br>".join(said))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw legend, axes and curves."""
        if self._check is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_legend(painter)
        top, bottom = _LEGEND_PX + 6, self.height() - _AXIS_PX
        plot = QRectF(_LEFT_PX, top, self.width() - _LEFT_PX - 6, bottom - top)
        self._draw_axes(painter, plot)
        curves = self._check.motion_curve, self._check.others_curve
        for pen, curve in zip(_pens(), curves, strict=True):
            self._draw_curve(painter, plot, pen, curve)

    def _draw_legend(self, painter: QPainter) -> None:
        left = 0
        for name, pen in zip(_NAMES, _pens(), strict=True):
            painter.setPen(pen)
            painter.drawLine(left, _LEGEND_PX // 2, left + _SWATCH_PX, _LEGEND_PX // 2)
            painter.setPen(QColor(theme.colours().faint))
            width = painter.fontMetrics().horizontalAdvance(name)
            text = QRect(left + _SWATCH_PX + 6, 0, width + 2, _LEGEND_PX)
            painter.drawText(text, Qt.AlignmentFlag.AlignVCenter, name)
            left = text.right() + 16

    def _draw_axes(self, painter: QPainter, plot: QRectF) -> None:
        colours, right = theme.colours(), Qt.AlignmentFlag.AlignRight
        for share in (0.0, 0.5, 1.0):
            y = plot.bottom() - share * plot.height()
            painter.setPen(QPen(QColor(colours.border), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(QColor(colours.faint))
            text = QRectF(0, y - 9, _LEFT_PX - 6, 18)
            painter.drawText(text, right | Qt.AlignmentFlag.AlignVCenter, percent(share))
        below = QRectF(plot.left(), plot.bottom() + 1, plot.width(), _AXIS_PX)
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, "0\u00a0%")
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, "frozen")
        painter.drawText(below, right, "100\u00a0%")

    def _draw_curve(
        self, painter: QPainter, plot: QRectF, pen: QPen, curve: Sequence[float]
    ) -> None:
        assert self._check is not None
        points = [
            QPointF(plot.left() + share**0.5 * plot.width(), plot.bottom() - score * plot.height())
            for share, score in zip(self._check.shares, curve, strict=True)
        ]
        painter.setPen(pen)
        painter.drawPolyline(points)
        painter.setBrush(pen.color())
        painter.setPen(Qt.PenStyle.NoPen)
        for point in points:
            painter.drawEllipse(point, _DOT_PX, _DOT_PX)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def _pens() -> tuple[QPen, QPen]:
    colours = theme.colours()
    return (QPen(QColor(colours.motion), 2), QPen(QColor(colours.static), 2, Qt.PenStyle.DashLine))

"""Small pictures on buttons, drawn as paths in the colour of the text."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from gui.theme import theme

SIDE_PX = 16
_SCALE = 3  # drawn larger, so that it is sharp on any screen


def icon(name: str) -> QIcon:
    """Return the icon of a name in `SHAPES`, in the colours of the theme that is shown."""
    made = QIcon()
    for mode, colour in (
        (QIcon.Mode.Normal, theme.colours().text),
        (QIcon.Mode.Disabled, theme.colours().disabled),
    ):
        made.addPixmap(_drawn(SHAPES[name], QColor(colour)), mode)
    return made


def _drawn(shape: Callable[[QPainter], None], colour: QColor) -> QPixmap:
    pixmap = QPixmap(SIDE_PX * _SCALE, SIDE_PX * _SCALE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(_SCALE, _SCALE)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    shape(painter)
    painter.end()
    return pixmap


def _triangle(left: float, right: float) -> Callable[[QPainter], None]:
    """Return a triangle that points from one column to the other."""

    def draw(painter: QPainter) -> None:
        corners = [QPointF(left, 3), QPointF(right, 8), QPointF(left, 13)]
        painter.drawPolygon(QPolygonF(corners))

    return draw


def _bar(left: float, width: float = 2) -> Callable[[QPainter], None]:
    def draw(painter: QPainter) -> None:
        painter.drawRect(QRectF(left, 3, width, 10))

    return draw


def _all(*shapes: Callable[[QPainter], None]) -> Callable[[QPainter], None]:
    def draw(painter: QPainter) -> None:
        for shape in shapes:
            shape(painter)

    return draw


def _bracket(column: float, reach: float) -> Callable[[QPainter], None]:
    def draw(painter: QPainter) -> None:
        _outlined(painter)
        path = QPainterPath(QPointF(column + reach, 3))
        for x, y in ((column, 3), (column, 13), (column + reach, 13)):
            path.lineTo(x, y)
        painter.drawPath(path)

    return draw


def _outlined(painter: QPainter) -> None:
    painter.setPen(QPen(painter.brush().color(), 1.8))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _cross(painter: QPainter) -> None:
    _outlined(painter)
    painter.drawLine(QPointF(4, 4), QPointF(12, 12))
    painter.drawLine(QPointF(12, 4), QPointF(4, 12))


def _round(painter: QPainter) -> None:
    colour = painter.brush().color()
    _outlined(painter)
    painter.drawArc(QRectF(2.5, 3.5, 11, 9), 60 * 16, 300 * 16)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(9, 0.5), QPointF(14, 3.6), QPointF(9, 6.7)]))


def _there_and_back(painter: QPainter) -> None:
    colour = painter.brush().color()
    _outlined(painter)
    painter.drawLine(QPointF(3, 5), QPointF(12, 5))
    painter.drawLine(QPointF(4, 11), QPointF(13, 11))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(11, 2), QPointF(15, 5), QPointF(11, 8)]))
    painter.drawPolygon(QPolygonF([QPointF(5, 8), QPointF(1, 11), QPointF(5, 14)]))


def _once(painter: QPainter) -> None:
    colour = painter.brush().color()
    _outlined(painter)
    painter.drawLine(QPointF(2, 8), QPointF(10, 8))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([QPointF(8, 4), QPointF(12, 8), QPointF(8, 12)]))
    painter.drawRect(QRectF(12.5, 3, 1.8, 10))


SHAPES: dict[str, Callable[[QPainter], None]] = {
    "play": _triangle(4, 13),
    "pause": _all(_bar(4, 3), _bar(9, 3)),
    "forward": _all(_bar(3), _triangle(7, 13)),
    "back": _all(_triangle(9, 3), _bar(11)),
    "last": _all(_triangle(3, 11), _bar(11)),
    "first": _all(_bar(3), _triangle(13, 5)),
    "in": _bracket(5, 5),
    "out": _bracket(11, -5),
    "clear": _cross,
    "off": _once,
    "loop": _round,
    "ping-pong": _there_and_back,
}

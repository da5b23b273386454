"""One pane: a titled picture with its legend, painted by QPainter, and its mouse signals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import cv2
import numpy as np
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QHelpEvent,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QToolTip, QWidget

from engine import render
from engine.types import UInt8Array
from gui.theme import theme
from gui.widgets.picture_strip import image_of
from gui.widgets.plain_text import tip

TITLE_PX = 24
BAR_PX = 62
_BAR_WIDTH_PX = 10
_LEGEND_PX = 44
_NOTCH = 120
_ZOOM_A_NOTCH = 1.25


class Layer(Protocol):
    """Something painted over the picture, in fractions of what the pane shows."""

    def paint(self, painter: QPainter, picture: QRect) -> None:
        """Paint over the picture, which is at these pixels."""


class Pane(QWidget):
    """Shows a picture that already has the size of the pane, its title, and a message.

    Parameters
    ----------
    title : str
        Above the picture.
    has_bar : bool
        Whether room is kept for a colour bar.

    Signals
    -------
    hovered(x, y), left()
        The pointer is over the picture, in fractions of it; or has gone.
    zoom_requested(factor, x, y), pan_requested(across, down), reset_requested()
        Wheel, drag, double click; in fractions of the picture.
    pressed(x, y), moved(x, y), released()
        Drawing with the left button, while `drawing` is set.
    title_dropped(position), menu_requested(position)
        The title was dragged there, or a menu is wanted there; global positions.
    """

    hovered = Signal(float, float)
    left = Signal()
    zoom_requested = Signal(float, float, float)
    pan_requested = Signal(float, float)
    reset_requested = Signal()
    pressed = Signal(float, float)
    moved = Signal(float, float)
    released = Signal()
    title_dropped = Signal(QPoint)
    menu_requested = Signal(QPoint)

    def __init__(self, title: str, has_bar: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._has_bar = has_bar
        self.image: QImage | None = None  # while there is a message instead
        self._legend: QImage | None = None
        self._scale, self._scale_text = 0.0, ""
        self.badge = ""  # beside the title
        self.message = ""  # in place of the picture
        self._pressed_at: QPointF | None = None
        self._drags_title = False
        self.drawing = False
        self.layer: Layer | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.set_title(title)

    def set_title(self, title: str) -> None:
        """Show another title."""
        self.title = title
        self.setAccessibleName(title)
        self.update()

    def room(self) -> tuple[int, int]:
        """Return width and height for the picture, in device pixels."""
        ratio = self.devicePixelRatioF()
        area = self._area()
        return round(area.width() * ratio), round(area.height() * ratio)

    def show_picture(self, picture: UInt8Array, badge: str = "") -> None:
        """Show a picture, uint8 RGB (H, W, 3), with a mark beside the title."""
        height, width = picture.shape[:2]
        # four bytes a pixel, as the window's own surface: painting need not convert
        pixels = cv2.cvtColor(picture, cv2.COLOR_RGB2BGRA)
        image = QImage(pixels.tobytes(), width, height, width * 4, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(self.devicePixelRatioF())
        self.image, self.message, self.badge = image, "", badge
        self.update()

    def show_message(self, message: str) -> None:
        """Show a text in place of a picture."""
        self.image, self.message, self.badge = None, message, ""
        self.update()

    def show_scale(self, scale: float, look: render.HeatLook, text: str = "") -> None:
        """Show a colour bar from -scale to +scale, or none for 0, and what the scale is."""
        self._scale, self._scale_text, self._legend = scale, text, None
        if self._has_bar and scale > 0:
            height = max(self._area().height(), 2)
            self._legend = image_of(render.colour_bar((_BAR_WIDTH_PX, height), look))
        self.update()

    def show_legend(self, draw: Callable[[int], UInt8Array]) -> None:
        """Show a square legend in place of a colour bar, drawn for its side in pixels."""
        self._scale = 0.0
        self._legend = image_of(draw(_LEGEND_PX))
        self.update()

    def picture_rect(self) -> QRect:
        """Return the place of the picture, in logical pixels."""
        area = self._area()
        if self.image is None:
            return area
        size = self.image.deviceIndependentSize().toSize()
        size = size.scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = area.left() + (area.width() - size.width()) // 2
        top = area.top() + (area.height() - size.height()) // 2
        return QRect(left, top, size.width(), size.height())

    def _area(self) -> QRect:
        right = BAR_PX if self._has_bar else 0
        return self.rect().adjusted(0, TITLE_PX, -right, 0)

    def _place(self, position: QPointF) -> tuple[float, float]:
        """Convert a position to fractions of the picture, also outside 0 to 1."""
        picture = self.picture_rect()
        across = (position.x() - picture.left()) / max(picture.width(), 1)
        return across, (position.y() - picture.top()) / max(picture.height(), 1)

    def _paint_title(self, painter: QPainter, left: int) -> None:
        painter.setPen(QColor(theme.colours().text))
        line = QRect(left, 0, self.width() - left, TITLE_PX)
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(line, align, self.title)
        if self.badge:
            painter.setPen(QColor(theme.colours().faint))
            used = painter.fontMetrics().horizontalAdvance(self.title) + 12
            room = line.adjusted(used, 0, 0, 0)
            elide = Qt.TextElideMode.ElideRight
            text = painter.fontMetrics().elidedText(self.badge, elide, room.width())
            painter.drawText(room, align, text)

    def _paint_legend(self, painter: QPainter, picture: QRect) -> None:
        if self._legend is None:
            return
        left = picture.right() + 7
        if not self._scale:
            painter.drawImage(QPoint(left + 4, picture.top()), self._legend)
            return
        bar = QRect(left, picture.top(), _BAR_WIDTH_PX, picture.height())
        painter.drawImage(bar, self._legend)
        painter.setPen(QColor(theme.colours().faint))
        font = painter.font()
        font.setPixelSize(10)
        painter.setFont(font)
        align = Qt.AlignmentFlag.AlignLeft
        text = QRect(bar.right() + 4, bar.top(), BAR_PX, bar.height())
        painter.drawText(text, align | Qt.AlignmentFlag.AlignTop, self._top_text())
        painter.drawText(text, align | Qt.AlignmentFlag.AlignVCenter, "0")
        painter.drawText(text, align | Qt.AlignmentFlag.AlignBottom, f"-{self._scale:.1e}")

    def _top_text(self) -> str:
        return f"{self._scale:.1e}" + (f"\n{self._scale_text}" if self._scale_text else "")

    def sizeHint(self) -> QSize:
        """Return the size that fits four of them in a small window."""
        return QSize(420, 280)

    def minimumSizeHint(self) -> QSize:
        """Return the smallest useful size."""
        return QSize(120, 80)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw title, picture, legend and layer."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.colours().background))
        picture = self.picture_rect()
        self._paint_title(painter, picture.left())
        if self.image is not None:
            painter.drawImage(picture, self.image)
            self._paint_legend(painter, picture)
            if self.layer is not None:
                self.layer.paint(painter, picture)
            return
        painter.fillRect(picture, QColor(theme.colours().panel))
        painter.setPen(QColor(theme.colours().faint))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(picture.adjusted(16, 8, -16, -8), flags, self.message)

    def event(self, event: QEvent) -> bool:
        """Show all of the title where it is shortened, and nothing over the picture."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            over_title = event.pos().y() < TITLE_PX and self.badge
            QToolTip.showText(event.globalPos(), tip(self.badge) if over_title else "", self)
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to draw, to pan, or to drag the title."""
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._drags_title = event.position().y() < TITLE_PX
        self._pressed_at = event.position()
        if self._draws(event.button()):
            self.pressed.emit(*self._place(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw, pan, or tell what is under the pointer."""
        place = self._place(event.position())
        over = 0 <= place[0] < 1 and 0 <= place[1] < 1
        self.hovered.emit(*place) if over and self.image is not None else self.left.emit()
        if self._pressed_at is None or self._drags_title:
            return
        if self.drawing and event.buttons() & Qt.MouseButton.LeftButton:
            self.moved.emit(*place)
            return
        before = self._place(self._pressed_at)
        self._pressed_at = event.position()
        self.pan_requested.emit(before[0] - place[0], before[1] - place[1])

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End drawing, panning or dragging."""
        began, self._pressed_at = self._pressed_at, None
        if began is None:
            return
        if self._drags_title:
            far = (event.position() - began).manhattanLength()
            if far >= QApplication.startDragDistance():
                self.title_dropped.emit(event.globalPosition().toPoint())
        elif self._draws(event.button()):
            self.released.emit()

    def _draws(self, button: Qt.MouseButton) -> bool:
        return self.drawing and button == Qt.MouseButton.LeftButton and not self._drags_title

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Fit the picture to the pane again."""
        if not self.drawing:
            self.reset_requested.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer."""
        notches = event.angleDelta().y() / _NOTCH
        place = np.clip(self._place(event.position()), 0, 1)
        self.zoom_requested.emit(_ZOOM_A_NOTCH**notches, float(place[0]), float(place[1]))
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of this pane."""
        self.menu_requested.emit(event.globalPos())

    def leaveEvent(self, event: object) -> None:
        """Tell that nothing is under the pointer."""
        self.left.emit()

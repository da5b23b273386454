"""One pane: a titled picture with, for heat, a colour bar; painted by QPainter."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine import render
from engine.types import UInt8Array
from gui import theme

TITLE_PX = 24
BAR_PX = 62
_BAR_WIDTH_PX = 10


class Pane(QWidget):
    """Shows a picture that already has the size of the pane, its title, and a message.

    Parameters
    ----------
    title : str
        Above the picture.
    has_bar : bool
        Whether room is kept for a colour bar.
    """

    def __init__(self, title: str, has_bar: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = title
        self._has_bar = has_bar
        self._image: QImage | None = None
        self._bar: QImage | None = None
        self._scale = 0.0
        self._badge = ""
        self._message = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)

    @property
    def image(self) -> QImage | None:
        """The picture shown; None while there is a message instead."""
        return self._image

    @property
    def message(self) -> str:
        """What stands in place of the picture."""
        return self._message

    @property
    def badge(self) -> str:
        """The mark beside the title."""
        return self._badge

    def room(self) -> tuple[int, int]:
        """Width and height for the picture, in device pixels."""
        ratio = self.devicePixelRatioF()
        area = self._area()
        return round(area.width() * ratio), round(area.height() * ratio)

    def show_picture(self, picture: UInt8Array, badge: str = "") -> None:
        """Show a picture, uint8 RGB (H, W, 3), with a mark beside the title."""
        height, width = picture.shape[:2]
        image = QImage(picture.tobytes(), width, height, width * 3, QImage.Format.Format_RGB888)
        image.setDevicePixelRatio(self.devicePixelRatioF())
        self._image, self._message, self._badge = image, "", badge
        self.update()

    def show_message(self, message: str) -> None:
        """Show a text in place of a picture."""
        self._image, self._message, self._badge = None, message, ""
        self.update()

    def show_scale(self, scale: float, look: render.HeatLook) -> None:
        """Give the colour bar its numbers: -scale to +scale; 0 hides it."""
        self._scale = scale
        self._bar = None
        if self._has_bar and scale > 0:
            height = max(self._area().height(), 2)
            bar = render.colour_bar((_BAR_WIDTH_PX, height), look)
            self._bar = QImage(
                bar.tobytes(),
                _BAR_WIDTH_PX,
                height,
                _BAR_WIDTH_PX * 3,
                QImage.Format.Format_RGB888,
            )
        self.update()

    def _area(self) -> QRect:
        right = BAR_PX if self._has_bar else 0
        return self.rect().adjusted(0, TITLE_PX, -right, 0)

    def _picture_rect(self) -> QRect:
        area = self._area()
        if self._image is None:
            return area
        size = self._image.deviceIndependentSize().toSize()
        size = size.scaled(area.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = area.left() + (area.width() - size.width()) // 2
        top = area.top() + (area.height() - size.height()) // 2
        return QRect(left, top, size.width(), size.height())

    def _paint_title(self, painter: QPainter) -> None:
        painter.setPen(QColor(theme.colours().text))
        line = QRect(2, 0, self.width(), TITLE_PX)
        align = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(line, align, self.title)
        if self._badge:
            painter.setPen(QColor(theme.colours().faint))
            left = painter.fontMetrics().horizontalAdvance(self.title) + 14
            painter.drawText(line.adjusted(left, 0, 0, 0), align, self._badge)

    def _paint_bar(self, painter: QPainter, picture: QRect) -> None:
        if self._bar is None:
            return
        bar = QRect(picture.right() + 7, picture.top(), _BAR_WIDTH_PX, picture.height())
        painter.drawImage(bar, self._bar)
        painter.setPen(QColor(theme.colours().faint))
        font = painter.font()
        font.setPixelSize(10)
        painter.setFont(font)
        align = Qt.AlignmentFlag.AlignLeft
        text = QRect(bar.right() + 4, bar.top(), BAR_PX, bar.height())
        painter.drawText(text, align | Qt.AlignmentFlag.AlignTop, f"{self._scale:.1e}")
        painter.drawText(text, align | Qt.AlignmentFlag.AlignVCenter, "0")
        painter.drawText(text, align | Qt.AlignmentFlag.AlignBottom, f"-{self._scale:.1e}")

    def sizeHint(self) -> QSize:
        """Size that fits four of them in a small window."""
        return QSize(420, 280)

    def minimumSizeHint(self) -> QSize:
        """Smallest useful size."""
        return QSize(200, 140)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw title, picture and colour bar."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.colours().background))
        self._paint_title(painter)
        picture = self._picture_rect()
        if self._image is not None:
            painter.drawImage(picture, self._image)
            self._paint_bar(painter, picture)
            return
        painter.fillRect(picture, QColor(theme.colours().panel))
        painter.setPen(QColor(theme.colours().faint))
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(picture.adjusted(16, 16, -16, -16), flags, self._message)

"""A few small pictures side by side, in rows that fit the width."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.types import UInt8Array
from gui.theme import theme

_COLUMNS = 4
_GAP_PX = 4
_CAPTION_PX = 16


class PictureStrip(QWidget):
    """Pictures with a caption each, four a row."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: list[QImage] = []
        self.captions: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_pictures(self, pictures: UInt8Array, captions: Sequence[str]) -> None:
        """Show pictures, uint8 RGB (n, h, w, 3), each with its caption."""
        self._images = [image_of(picture) for picture in pictures]
        self.captions = tuple(captions)
        self._fit()
        self.update()

    def _cell(self) -> QSize:
        """Size of a picture with its caption."""
        if not self._images:
            return QSize(0, 0)
        width = (self.width() - (_COLUMNS - 1) * _GAP_PX) // _COLUMNS
        first = self._images[0]
        return QSize(width, width * first.height() // first.width() + _CAPTION_PX)

    def _fit(self) -> None:
        rows = -(-len(self._images) // _COLUMNS)
        self.setFixedHeight(rows * (self._cell().height() + _GAP_PX))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the height that the pictures need at this width."""
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the pictures, and their captions below them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        font = painter.font()
        font.setPixelSize(11)
        painter.setFont(font)
        painter.setPen(QColor(theme.colours().faint))
        cell = self._cell()
        for index, (image, caption) in enumerate(zip(self._images, self.captions, strict=True)):
            left = index % _COLUMNS * (cell.width() + _GAP_PX)
            top = index // _COLUMNS * (cell.height() + _GAP_PX)
            picture = QRect(left, top, cell.width(), cell.height() - _CAPTION_PX)
            painter.drawImage(picture, image)
            below = QRect(left, picture.bottom() + 1, cell.width(), _CAPTION_PX)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, caption)


def image_of(picture: UInt8Array) -> QImage:
    """Convert a picture, uint8 RGB (H, W, 3), to one of Qt."""
    height, width = picture.shape[:2]
    data = np.ascontiguousarray(picture).tobytes()
    return QImage(data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()

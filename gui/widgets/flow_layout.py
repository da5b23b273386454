"""A layout that wraps widgets like words of a text."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QLayout, QLayoutItem, QWidget


class FlowLayout(QLayout):
    """Wraps widgets into lines like words.

    Parameters
    ----------
    line_px, gap_px : int
        Height of a line, and the space between two widgets and between two lines.
    """

    def __init__(self, line_px: int, gap_px: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._line_px, self._gap_px = line_px, gap_px
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def _placed(self, width: int) -> list[QRect]:
        """Return the rectangle of each item, cut to the width of a line."""
        places: list[QRect] = []
        x = y = 0
        for item in self._items:
            size = item.sizeHint().boundedTo(QSize(width, self._line_px))
            if x and x + size.width() > width:
                x, y = 0, y + self._line_px + self._gap_px
            places.append(QRect(QPoint(x, y), size))
            x += size.width() + self._gap_px
        return places

    def addItem(self, item: QLayoutItem) -> None:
        """Append an item."""
        self._items.append(item)

    def count(self) -> int:
        """Return the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Return the item at an index, or None."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Remove and return the item at an index, or None."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:
        """Return True: a narrow line holds fewer items."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of all lines."""
        places = self._placed(width)
        return places[-1].bottom() + 1 if places else 0

    def sizeHint(self) -> QSize:
        """Return the minimum size, since the parent gives the width."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Return the height of one line, or nothing without items."""
        return QSize(0, self._line_px if self._items else 0)

    def setGeometry(self, place: QRect) -> None:
        """Place the items in their lines."""
        super().setGeometry(place)
        for item, inside in zip(self._items, self._placed(place.width()), strict=True):
            item.setGeometry(inside.translated(place.topLeft()))

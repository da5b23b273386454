"""Chips that say at a glance how far an analysis can be trusted, each with colour, word and why."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QLayout, QLayoutItem, QToolTip, QWidget

from engine.diagnostics.reliability import Badge
from gui.theme import theme

_HEIGHT_PX = 24
_SIDE_PX = 9
_DOT_PX = 8
_GAP_PX = 6


_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
_WORST_FIRST = ("bad", "mind", "good")


class FlowLayout(QLayout):
    """Widgets in lines, as words in a text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)

    def _placed(self, width: int) -> list[QRect]:
        """Where each item lies in that width; an item as wide as a line is cut to it."""
        places: list[QRect] = []
        x = y = 0
        for item in self._items:
            size = item.sizeHint().boundedTo(QSize(width, _HEIGHT_PX))
            if x and x + size.width() > width:
                x, y = 0, y + _HEIGHT_PX + _GAP_PX
            places.append(QRect(QPoint(x, y), size))
            x += size.width() + _GAP_PX
        return places

    def addItem(self, item: QLayoutItem) -> None:
        """Add an item behind the others."""
        self._items.append(item)

    def count(self) -> int:
        """How many items there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Item of that number, or None."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Take out the item of that number, if there is one."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:
        """Fewer items fit into a line where it is narrow."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Height of all lines."""
        places = self._placed(width)
        return places[-1].bottom() + 1 if places else 0

    def sizeHint(self) -> QSize:
        """As the least size: the width is given from outside."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """One line."""
        return QSize(0, _HEIGHT_PX if self._items else 0)

    def setGeometry(self, place: QRect) -> None:
        """Put the items into their lines."""
        super().setGeometry(place)
        for item, inside in zip(self._items, self._placed(place.width()), strict=True):
            item.setGeometry(inside.translated(place.topLeft()))


class Chip(QWidget):
    """One badge; its explanation is shown on hover, click, Enter and Space."""

    def __init__(self, badge: Badge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.badge = badge
        self.setFixedHeight(_HEIGHT_PX)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{badge.level}: {badge.text}")
        self.setAccessibleDescription(badge.explanation)
        text, explanation = html.escape(badge.text), html.escape(badge.explanation)
        self.setToolTip(f"<p><b>{text}</b></p><p>{explanation}</p>")

    def _explain(self) -> None:
        place = self.mapToGlobal(self.rect().bottomLeft())
        QToolTip.showText(place, self.toolTip(), self)

    def sizeHint(self) -> QSize:
        """Room for dot, word and text."""
        self.ensurePolished()
        metrics = self.fontMetrics()
        words = metrics.horizontalAdvance(f"{self.badge.level}  ")
        words += metrics.horizontalAdvance(self.badge.text) + 1
        return QSize(words + _DOT_PX + _GAP_PX + 2 * _SIDE_PX, _HEIGHT_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the chip in the colours of the scheme."""
        colours, painter = theme.colours(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        level = QColor(_colour_of(self.badge))
        painter.setPen(QColor(colours.text) if self.hasFocus() else QColor(colours.border))
        painter.setBrush(QColor(colours.field))
        painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), _HEIGHT_PX / 2, _HEIGHT_PX / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(level)
        painter.drawEllipse(_SIDE_PX, (_HEIGHT_PX - _DOT_PX) // 2, _DOT_PX, _DOT_PX)
        self._draw_words(painter, level)

    def _draw_words(self, painter: QPainter, level: QColor) -> None:
        metrics, middle = self.fontMetrics(), Qt.AlignmentFlag.AlignVCenter
        inside = self.rect().adjusted(_SIDE_PX + _DOT_PX + _GAP_PX, 0, -_SIDE_PX, 0)
        painter.setPen(level)
        painter.drawText(inside, middle, self.badge.level)
        inside.setLeft(inside.left() + metrics.horizontalAdvance(f"{self.badge.level}  "))
        painter.setPen(QColor(theme.colours().text))
        end = Qt.TextElideMode.ElideRight
        painter.drawText(inside, middle, metrics.elidedText(self.badge.text, end, inside.width()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Show the explanation, which a touch screen cannot hover for."""
        self._explain()

    def event(self, event: QEvent) -> bool:
        """Claim Enter and Space before the window's shortcuts do."""
        is_override = event.type() == QEvent.Type.ShortcutOverride
        if is_override and isinstance(event, QKeyEvent) and event.key() in _KEYS:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Show the explanation on Enter and Space."""
        if event.key() in _KEYS:
            self._explain()
        else:
            super().keyPressEvent(event)


class Badges(QWidget):
    """The chips of an analysis, in lines; takes no room without any."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: list[Chip] = []
        self._badges: tuple[Badge, ...] = ()
        self._flow = FlowLayout(self)
        self.hide()

    def show_badges(self, badges: Sequence[Badge]) -> None:
        """Show badges, what is bad first; the same ones again change nothing."""
        ordered = tuple(sorted(badges, key=lambda badge: _WORST_FIRST.index(badge.level)))
        if ordered == self._badges:
            return  # a chip that has the focus, or shows its explanation, keeps it
        self._badges = ordered
        for chip in self.chips:
            self._flow.removeWidget(chip)
            chip.hide()  # deleted later: until then it must not be seen
            chip.deleteLater()
        self.chips = [Chip(badge) for badge in ordered]
        for chip in self.chips:
            self._flow.addWidget(chip)
        self.setVisible(bool(badges))


def _colour_of(badge: Badge) -> str:
    colours = theme.colours()
    return {"good": colours.score, "mind": colours.motion, "bad": colours.damage}[badge.level]

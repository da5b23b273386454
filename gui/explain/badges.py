"""Reliability badges of an analysis, each with a colour, a word and a reason."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from engine.diagnostics.reliability import Badge
from gui.theme import theme
from gui.widgets.flow_layout import FlowLayout

_HEIGHT_PX = 24
_SIDE_PX = 9
_DOT_PX = 8
_GAP_PX = 6
_KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)
_WORDS = {"error": "Error", "caution": "Caution", "ok": "OK"}  # the worst first


class Chip(QWidget):
    """One badge, explained on hover, click, Enter and Space."""

    def __init__(self, badge: Badge, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.badge, self._word = badge, _WORDS[badge.level]
        self.setFixedHeight(_HEIGHT_PX)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(f"{self._word}: {badge.text}")
        self.setAccessibleDescription(badge.explanation)
        text, explanation = html.escape(badge.text), html.escape(badge.explanation)
        self.setToolTip(f"<p><b>{text}</b></p><p>{explanation}</p>")

    def _explain(self) -> None:
        place = self.mapToGlobal(self.rect().bottomLeft())
        QToolTip.showText(place, self.toolTip(), self)

    def sizeHint(self) -> QSize:
        """Return the size of dot, word and text."""
        self.ensurePolished()
        metrics = self.fontMetrics()
        words = metrics.horizontalAdvance(f"{self._word}  ")
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
        painter.drawText(inside, middle, self._word)
        inside.setLeft(inside.left() + metrics.horizontalAdvance(f"{self._word}  "))
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
    """The chips of an analysis in lines, hidden without any."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chips: list[Chip] = []
        self._badges: tuple[Badge, ...] = ()
        self._lines = FlowLayout(_HEIGHT_PX, _GAP_PX, self)
        self.hide()

    def show_badges(self, badges: Sequence[Badge]) -> None:
        """Show badges, the worst first. The same badges again change nothing."""
        ordered = tuple(sorted(badges, key=lambda badge: list(_WORDS).index(badge.level)))
        if ordered == self._badges:
            return  # a chip that has the focus, or shows its explanation, keeps it
        self._badges = ordered
        for chip in self.chips:
            self._lines.removeWidget(chip)
            chip.hide()  # deleted later: until then it must not be seen
            chip.deleteLater()
        self.chips = [Chip(badge) for badge in ordered]
        for chip in self.chips:
            self._lines.addWidget(chip)
        self.setVisible(bool(badges))


def _colour_of(badge: Badge) -> str:
    colours = theme.colours()
    return {"ok": colours.score, "caution": colours.motion, "error": colours.damage}[badge.level]

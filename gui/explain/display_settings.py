"""Settings of the heatmap: colours, opacity, gamma, polarity and scale, with a preview."""

from __future__ import annotations

import math
from contextlib import ExitStack
from typing import cast

from PySide6.QtCore import QRect, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QPushButton, QSlider, QWidget

from engine.render import COLOURS, POLARITIES, HeatLook, Polarity, colour_bar
from gui.theme import theme
from gui.widgets.form_widgets import Form, WheelGuard, choice, hbox, narrow, vbox
from gui.widgets.number_edits import NumberEdit
from gui.widgets.picture_strip import image_of

_STRIP_PX = 18
_GAMMA = (0.2, 3.0)
_PERCENT = 100
_FIXED = 1  # row of the box that chooses the scale
_MOST = 1e9


class ColourStrip(QWidget):
    """Colours from the most negative relevance to the most positive, with their numbers."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.look = HeatLook()
        self._scale = 0.0
        self.setFixedHeight(_STRIP_PX + self.fontMetrics().height() + 4)
        self.setAccessibleName("Preview of the colours")

    def show_look(self, look: HeatLook, scale: float) -> None:
        """Show a look and the relevance of full colour, 0 if unknown."""
        self.look, self._scale = look, scale
        self.update()

    def texts(self) -> tuple[str, str, str]:
        """Return the texts at the left end, in the middle and at the right end."""
        if self._scale > 0:
            return f"-{self._scale:.2g}", "0", f"+{self._scale:.2g}"
        return "against", "0", "for the class"

    def sizeHint(self) -> QSize:
        """Return a usual width and the fixed height."""
        return QSize(200, self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the strip as `engine.render` colours the panes."""
        painter = QPainter(self)
        upright = colour_bar((_STRIP_PX, max(self.width(), 2)), self.look)
        painter.drawImage(0, 0, image_of(upright[::-1].swapaxes(0, 1)))
        painter.setPen(QColor(theme.colours().faint))
        below = QRect(0, _STRIP_PX + 2, self.width(), self.height() - _STRIP_PX - 2)
        sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter)
        for text, side in zip(self.texts(), (*sides, Qt.AlignmentFlag.AlignRight), strict=True):
            painter.drawText(below, side, text)


class DisplaySettings(QWidget):
    """Edits a `HeatLook`.

    Signals
    -------
    look_changed(look) : HeatLook
        The user has changed it.
    """

    look_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clip_scale = 0.0
        self._make_widgets()
        self._lay_out()
        self._guard = WheelGuard(self)
        self._guard.watch(self)
        self.show_look(HeatLook(), 0.0)
        self._connect()

    def look(self) -> HeatLook:
        """Return the look as set in the widgets."""
        fixed = self.scale_kind.currentIndex() == _FIXED
        return HeatLook(
            colours=self.colours.currentText(),
            opacity=self.opacity.value() / _PERCENT,
            gamma=self.gamma.value(),
            polarity=cast("Polarity", self.polarity.currentData()),
            scale=self.scale.value() if fixed else None,
        )

    def show_look(self, look: HeatLook, clip_scale: float) -> None:
        """Show a look without telling anyone.

        Parameters
        ----------
        look : HeatLook
        clip_scale : float
            Absolute relevance that gets the full colour where one scale serves the whole clip;
            0 or nan while there is none.
        """
        self._clip_scale = clip_scale if math.isfinite(clip_scale) and clip_scale > 0 else 0.0
        if look != self.look():
            self._fill_in(look)
        self.scale.setEnabled(look.scale is not None)
        if look.scale is None and self._clip_scale:
            with QSignalBlocker(self.scale):
                self.scale.setValue(self._clip_scale)
        scale = self._clip_scale if look.scale is None else look.scale
        self.strip.show_look(self.look(), scale)

    def _fill_in(self, look: HeatLook) -> None:
        edits = (self.colours, self.opacity, self.gamma, self.polarity, self.scale_kind, self.scale)
        with ExitStack() as blocked:
            for edit in edits:
                blocked.enter_context(QSignalBlocker(edit))
            self.colours.setCurrentText(look.colours)
            self.opacity.setValue(round(look.opacity * _PERCENT))
            self.gamma.setValue(look.gamma)
            self.polarity.setCurrentIndex(self.polarity.findData(look.polarity))
            self.scale_kind.setCurrentIndex(0 if look.scale is None else _FIXED)
            if look.scale is not None:
                self.scale.setValue(look.scale)

    def _make_widgets(self) -> None:
        self.colours = narrow(QComboBox())
        self.colours.addItems(list(COLOURS))
        titles = ("For and against", "Only for", "Only against")
        self.polarity = choice(dict(zip(POLARITIES, titles, strict=True)))
        self.strip = ColourStrip()
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, _PERCENT)
        self.opacity.setToolTip("How far the full colour covers the picture")
        self.gamma = NumberEdit()
        self.gamma.setRange(*_GAMMA)
        self.gamma.setSingleStep(0.1)
        self.gamma.setToolTip("Below 1 faint relevance shows more, above 1 less")
        self.scale_kind = narrow(QComboBox())
        self.scale_kind.addItems(["One for the clip", "Fixed"])
        self.scale_kind.setToolTip("Fixed: to compare clips in the same colours")
        self.scale = _Scale()
        self.scale.setAccessibleName("Relevance that gets the full colour")
        self.reset_button = QPushButton("Back to the defaults")

    def _lay_out(self) -> None:
        rows = Form()
        rows.add("Colours", self.colours)
        rows.add_wide(self.strip)
        rows.add("Opacity", self.opacity)
        rows.add("Gamma", self.gamma)
        rows.add("Shows", self.polarity)
        rows.add("Scale", hbox(self.scale_kind, self.scale))
        vbox(self, rows, self.reset_button).addStretch(1)

    def _connect(self) -> None:
        for combo in (self.colours, self.polarity, self.scale_kind):
            combo.currentIndexChanged.connect(self._on_edit_changed)
        for edit in (self.opacity, self.gamma, self.scale):
            edit.valueChanged.connect(self._on_edit_changed)
        self.reset_button.clicked.connect(self._on_reset_clicked)

    @Slot()
    def _on_edit_changed(self) -> None:
        self._tell(self.look())

    @Slot()
    def _on_reset_clicked(self) -> None:
        self._tell(HeatLook())

    def _tell(self, look: HeatLook) -> None:
        self.show_look(look, self._clip_scale)
        self.look_changed.emit(look)


class _Scale(NumberEdit):
    """A positive number of any size, in as few digits as tell it."""

    def __init__(self) -> None:
        super().__init__(digits=4)
        self.setDecimals(12)
        self.setRange(1e-12, _MOST)
        self.setValue(1.0)
        self.setStepType(NumberEdit.StepType.AdaptiveDecimalStepType)

    def sizeHint(self) -> QSize:
        """Return the size of the digits shown, not of all possible digits."""
        digits = self.fontMetrics().horizontalAdvance("0.0001234")
        return QSize(digits + 40, super().sizeHint().height())

"""Settings of the heatmap: colours, opacity, gamma, polarity, scale and ground, with a preview."""

from __future__ import annotations

import math
from contextlib import ExitStack
from typing import cast

from PySide6.QtCore import QRect, QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QComboBox, QPushButton, QSlider, QWidget

from engine.render import GROUNDS, PERCENTILES, POLARITIES, Ground, HeatLook, Polarity, colour_bar
from gui.explain.colour_search import ColourSearch
from gui.theme import theme
from gui.widgets.form_widgets import Form, WheelGuard, choice, hbox, narrow, vbox
from gui.widgets.number_edits import NumberEdit, WholeNumberEdit
from gui.widgets.picture_strip import image_of

_STRIP_PX = 18
_NUMBER_PX = 64
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
            middle = f"0 (full: {self.look.scale_text})" if self.look.scale_text else "0"
            return f"-{self._scale:.2g}", middle, f"+{self._scale:.2g}"
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
            colours=self.colours.name(),
            opacity=self.opacity.value() / _PERCENT,
            gamma=self.gamma.value(),
            polarity=cast("Polarity", self.polarity.currentData()),
            scale=self.scale.value() if fixed else None,
            ground=cast("Ground", self.ground.currentData()),
            percentile=None if fixed else self.percentile.currentData(),
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
        if look != self.look() or self.opacity.value() != self.opacity_number.value():
            self._fill_in(look)
        self.scale.setEnabled(look.scale is not None)
        self.percentile.setEnabled(look.scale is None)
        if look.scale is None and self._clip_scale:
            with QSignalBlocker(self.scale):
                self.scale.setValue(self._clip_scale)
        scale = self._clip_scale if look.scale is None else look.scale
        self.strip.show_look(self.look(), scale)

    def _fill_in(self, look: HeatLook) -> None:
        self.colours.show_name(look.colours)
        with ExitStack() as blocked:
            for edit in (*self._choices(), *self._numbers()):
                blocked.enter_context(QSignalBlocker(edit))
            for opacity in (self.opacity, self.opacity_number):
                opacity.setValue(round(look.opacity * _PERCENT))
            self.ground.setCurrentIndex(self.ground.findData(look.ground))
            self._fill_in_percentile(look)
            self.gamma.setValue(look.gamma)
            self.polarity.setCurrentIndex(self.polarity.findData(look.polarity))
            self.scale_kind.setCurrentIndex(0 if look.scale is None else _FIXED)
            if look.scale is not None:
                self.scale.setValue(look.scale)

    def _fill_in_percentile(self, look: HeatLook) -> None:
        if self.percentile.findData(look.percentile) < 0:  # of a session file
            self.percentile.addItem(f"{look.percentile:g} %", look.percentile)
        self.percentile.setCurrentIndex(self.percentile.findData(look.percentile))

    def _choices(self) -> tuple[QComboBox, ...]:
        return self.polarity, self.scale_kind, self.ground, self.percentile

    def _numbers(self) -> tuple[QSlider | WholeNumberEdit | NumberEdit, ...]:
        return self.opacity, self.opacity_number, self.gamma, self.scale

    def _make_widgets(self) -> None:
        self.colours = ColourSearch()
        titles = ("For and against", "Only for", "Only against")
        self.polarity = choice(dict(zip(POLARITIES, titles, strict=True)))
        self.strip = ColourStrip()
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, _PERCENT)
        self.opacity_number = WholeNumberEdit()
        self.opacity_number.setRange(0, _PERCENT)
        self.opacity_number.setSuffix(" %")
        self.opacity_number.setFixedWidth(_NUMBER_PX)
        self.opacity_number.setButtonSymbols(WholeNumberEdit.ButtonSymbols.NoButtons)
        for opacity in (self.opacity, self.opacity_number):
            opacity.setToolTip("How far the full colour covers the picture")
            opacity.setAccessibleName("Opacity")
        grounds = ("Grey, dimmed", "In its own colours")
        self.ground = choice(dict(zip(GROUNDS, grounds, strict=True)))
        self.ground.setToolTip("The frame below the heat; grey leaves all colour to relevance")
        self.gamma = NumberEdit()
        self.gamma.setRange(*_GAMMA)
        self.gamma.setSingleStep(0.1)
        self.gamma.setToolTip("Below 1 faint relevance shows more, above 1 less")
        self._make_scale()
        self.reset_button = QPushButton("Back to the defaults")

    def _make_scale(self) -> None:
        self.scale_kind = narrow(QComboBox())
        self.scale_kind.addItems(["One for the clip", "Fixed"])
        self.scale_kind.setMinimumContentsLength(2)  # beside its number, in a narrow window
        self.scale_kind.setToolTip("Fixed: to compare clips in the same colours")
        texts = {100.0: "Maximum"}
        percents = {value: texts.get(value, f"{value:g} %") for value in PERCENTILES}
        self.percentile = choice({None: "Usual (99.5 %)", **percents})
        self.percentile.setToolTip(
            "Share of the relevance values of the clip, by size, that stay below the full colour.\n"
            "Fewer show faint relevance, and make the strongest all look alike.\n"
            "Usual: the median over parts of the clip; others are measured once all is explained."
        )
        self.scale = _Scale()
        self.scale.setAccessibleName("Relevance that gets the full colour")

    def _lay_out(self) -> None:
        rows = Form()
        rows.add("Colours", self.colours)
        rows.add_wide(self.strip)
        rows.add("Opacity", hbox(self.opacity, self.opacity_number))
        rows.add("Gamma", self.gamma)
        rows.add("Shows", self.polarity)
        rows.add("Frame", self.ground)
        rows.add("Scale", hbox(self.scale_kind, self.scale))
        rows.add("Contrast", self.percentile)
        vbox(self, rows, self.reset_button).addStretch(1)

    def _connect(self) -> None:
        self.colours.chosen.connect(self._on_edit_changed)
        self.opacity_number.valueChanged.connect(self.opacity.setValue)
        for combo in self._choices():
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

"""How relevance is separated into motion and static, with the share that this keeps as motion."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QSlider, QVBoxLayout, QWidget

from engine.render import DEFAULT_OPACITY
from engine.types import DEFAULT_SIGMA, PRESETS
from gui.form_parts import SPACING, Form, faint, heading, narrow, row
from gui.state import ViewState

_SIGMA_STEPS = 20  # a step of the slider is 1/20 sigma
_SIGMA_MOST = 4.0


class SeparationSettings(QWidget):
    """Preset, sigma and opacity.

    Signals
    -------
    preset_changed(preset), sigma_changed(sigma), opacity_changed(opacity)
    """

    preset_changed = Signal(str)
    sigma_changed = Signal(float)
    opacity_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make_widgets()
        self._lay_out()
        self.show_kept(math.nan)
        self.preset.currentTextChanged.connect(self.preset_changed)
        self.sigma.valueChanged.connect(self.sigma_changed)
        self.sigma_slider.valueChanged.connect(self._on_sigma_slider_changed)
        self.opacity.valueChanged.connect(self._on_opacity_changed)

    def show_state(self, state: ViewState) -> None:
        """Show preset, sigma and opacity without telling anyone."""
        with QSignalBlocker(self.preset):
            self.preset.setCurrentText(state.preset)
        with QSignalBlocker(self.sigma):
            self.sigma.setValue(state.sigma)
        with QSignalBlocker(self.sigma_slider):
            self.sigma_slider.setValue(round(state.sigma * _SIGMA_STEPS))
        with QSignalBlocker(self.opacity):
            self.opacity.setValue(round(state.heat.opacity * 100))

    def show_kept(self, share: float) -> None:
        """Show the share of the relevance that is kept as motion, 0 to 1; nan hides it."""
        known = math.isfinite(share)
        self.kept.setVisible(known)
        if known:
            text = self.tr("keeps {} of the relevance as motion")
            self.kept.setText(text.format(f"{share:.0%}"))

    def _make_widgets(self) -> None:
        self.preset = narrow(QComboBox())
        self.preset.addItems(list(PRESETS))
        self.sigma = QDoubleSpinBox()
        self.sigma.setRange(0, 10)
        self.sigma.setSingleStep(0.1)
        self.sigma.setDecimals(2)
        self.sigma.setValue(DEFAULT_SIGMA)
        self.sigma.setAccessibleName(self.tr("Sigma"))
        self.sigma_slider = QSlider(Qt.Orientation.Horizontal)
        self.sigma_slider.setRange(0, round(_SIGMA_MOST * _SIGMA_STEPS))
        self.sigma_slider.setValue(round(DEFAULT_SIGMA * _SIGMA_STEPS))
        self.sigma_slider.setToolTip(self.tr("Higher: only the sharpest changes count as motion"))
        self.sigma_slider.setAccessibleName(self.tr("Sigma"))
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(round(DEFAULT_OPACITY * 100))
        self.kept = faint()

    def _lay_out(self) -> None:
        self.form = rows = Form()
        rows.add(self.tr("Preset"), self.preset)
        rows.add(self.tr("Sigma"), row(self.sigma_slider, self.sigma))
        rows.add_wide(self.kept)
        rows.add(self.tr("Opacity"), self.opacity)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addWidget(heading(self.tr("Motion against static")))
        layout.addLayout(rows)

    @Slot(int)
    def _on_sigma_slider_changed(self, position: int) -> None:
        self.sigma_changed.emit(position / _SIGMA_STEPS)

    @Slot(int)
    def _on_opacity_changed(self, percent: int) -> None:
        self.opacity_changed.emit(percent / 100)

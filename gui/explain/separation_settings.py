"""Settings of the separation into motion and static."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QSlider, QWidget

from engine.types import DEFAULT_SIGMA, PRESETS
from gui.state.view_state import ViewState
from gui.widgets.form_widgets import Form, hbox, narrow, vbox
from gui.widgets.number_edits import NumberEdit

_EVIDENCE = "evidence"
_ABOUT = {
    "evidence": "What movement adds, and what one picture gives",
    "recommended": "Motion is relevance that changes sharply from frame to frame",
    "variation": "Motion is relevance that leaves its place",
    "paper-2020": "As printed in the paper: one-sided, scaled to 0..1",
    "code-2021": "As the authors' published code",
}
_NO_SIGMA = "The two maps of the evidence are computed, not cut by a threshold"
_SIGMA = "Higher: only the sharpest changes count as motion"
_SIGMA_STEPS = 20  # a step of the slider is 1/20 sigma
_SIGMA_MOST = 4.0


class SeparationSettings(QWidget):
    """Preset and sigma.

    Signals
    -------
    preset_changed(preset), sigma_changed(sigma)
    """

    preset_changed = Signal(str)
    sigma_changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._make_widgets()
        self._lay_out()
        self.preset.currentTextChanged.connect(self.preset_changed)
        self.sigma.valueChanged.connect(self.sigma_changed)
        self.sigma_slider.valueChanged.connect(self._on_sigma_slider_changed)

    def show_state(self, state: ViewState) -> None:
        """Show preset and sigma without telling anyone."""
        with QSignalBlocker(self.preset):
            self.preset.setCurrentText(state.preset)
        with QSignalBlocker(self.sigma):
            self.sigma.setValue(state.sigma)
        with QSignalBlocker(self.sigma_slider):
            self.sigma_slider.setValue(round(state.sigma * _SIGMA_STEPS))
        thresholds = self.preset.currentText() != _EVIDENCE
        for widget in (self.sigma, self.sigma_slider):
            widget.setEnabled(thresholds)
            widget.setToolTip(_SIGMA if thresholds else _NO_SIGMA)

    def _make_widgets(self) -> None:
        self.preset = narrow(QComboBox())
        for name in sorted(PRESETS, key=lambda name: name != _EVIDENCE):
            self.preset.addItem(name)
            about = _ABOUT.get(name, "")
            self.preset.setItemData(self.preset.count() - 1, about, Qt.ItemDataRole.ToolTipRole)
        self.preset.setToolTip("What the panes motion and static show of the map")
        self.sigma = NumberEdit()
        self.sigma.setRange(0, 10)
        self.sigma.setSingleStep(0.1)
        self.sigma.setDecimals(2)
        self.sigma.setValue(DEFAULT_SIGMA)
        self.sigma.setAccessibleName("Sigma")
        self.sigma_slider = QSlider(Qt.Orientation.Horizontal)
        self.sigma_slider.setRange(0, round(_SIGMA_MOST * _SIGMA_STEPS))
        self.sigma_slider.setValue(round(DEFAULT_SIGMA * _SIGMA_STEPS))
        self.sigma_slider.setAccessibleName("Sigma")

    def _lay_out(self) -> None:
        self.form = rows = Form()
        rows.add("Preset", self.preset)
        rows.add("Sigma", hbox(self.sigma_slider, self.sigma))
        vbox(self, rows)

    @Slot(int)
    def _on_sigma_slider_changed(self, position: int) -> None:
        self.sigma_changed.emit(position / _SIGMA_STEPS)

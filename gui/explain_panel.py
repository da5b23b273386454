"""What is explained and how: model, method, class, range, preset, sigma; start and stop."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSlider,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.render import DEFAULT_OPACITY
from engine.types import DEFAULT_SIGMA, PRESETS, MethodInfo, ModelInfo, Progress
from gui.state import ViewState

FOLLOW = "Follow the model (its top class)"
_OWN_WEIGHTS = "Use my own weights..."
_SIGMA_STEPS = 20  # a step of the slider is 1/20 sigma
_SIGMA_MOST = 4.0


@dataclass(frozen=True, slots=True)
class Wish:
    """What the user wants explained; the fields of `engine.types.Request` that are chosen here."""

    model: str
    weights: Path | None
    method: str
    target: str | None
    frames: tuple[int, int]


class ExplainPanel(QWidget):
    """The settings and the one primary button.

    Signals
    -------
    explain_requested(wish), cancel_requested(), model_changed(), add_model_requested(),
    preset_changed(preset), sigma_changed(sigma), opacity_changed(opacity)
    """

    explain_requested = Signal(object)
    cancel_requested = Signal()
    model_changed = Signal()
    add_model_requested = Signal()
    preset_changed = Signal(str)
    sigma_changed = Signal(float)
    opacity_changed = Signal(float)

    def __init__(
        self,
        models: Mapping[str, ModelInfo],
        methods: Mapping[str, MethodInfo],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.weights: Path | None = None
        self._make_choices(models, methods)
        self._make_filter()
        self._make_buttons()
        self._lay_out()
        self._connect()
        self._show_about()

    def wish(self) -> Wish:
        """What is chosen now."""
        text = self.target.currentText().strip()
        return Wish(
            model=self.model.currentData(),
            weights=self.weights,
            method=self.method.currentData(),
            target=None if text in ("", FOLLOW) else text,
            frames=(self.first.value(), self.last.value() + 1),
        )

    def set_video(self, frame_count: int) -> None:
        """Offer the frames of a video."""
        for box in (self.first, self.last):
            box.setRange(0, max(frame_count - 1, 0))
        self.first.setValue(0)
        self.last.setValue(max(frame_count - 1, 0))
        self.explain.setEnabled(frame_count > 0)

    def extend_video(self, frame_count: int) -> None:
        """Offer more frames of the same video; a chosen end stays."""
        to_the_end = self.last.value() == self.last.maximum()
        for box in (self.first, self.last):
            box.setMaximum(max(frame_count - 1, 0))
        if to_the_end:
            self.last.setValue(self.last.maximum())

    def set_labels(self, labels: tuple[str, ...]) -> None:
        """Offer the classes of a model, keeping the one that was chosen if it has it."""
        chosen = self.target.currentText()
        self.target.clear()
        self.target.addItems([FOLLOW, *labels])
        self.target.setCurrentText(chosen if chosen in labels else FOLLOW)

    def add_model(self, model: ModelInfo) -> None:
        """List a model, in place of one of the same name, and choose it."""
        row = self.model.findData(model.name)
        if row >= 0:
            self.model.removeItem(row)
        self._models[model.name] = model
        self._list_model(model)
        self.model.setCurrentIndex(self.model.count() - 1)

    def choose_target(self, label: str) -> None:
        """Choose a class and explain it."""
        self.target.setCurrentText(label)
        self._on_explain_clicked()

    def show_state(self, state: ViewState) -> None:
        """Show preset, sigma and opacity without telling anyone."""
        for widget in (self.preset, self.sigma, self.sigma_slider, self.opacity):
            widget.blockSignals(True)
        self.preset.setCurrentText(state.preset)
        self.sigma.setValue(state.sigma)
        self.sigma_slider.setValue(round(state.sigma * _SIGMA_STEPS))
        self.opacity.setValue(round(state.heat.opacity * 100))
        for widget in (self.preset, self.sigma, self.sigma_slider, self.opacity):
            widget.blockSignals(False)

    def show_busy(self, busy: bool) -> None:
        """Turn between Explain and Cancel."""
        self.explain.setVisible(not busy)
        self.cancel.setVisible(busy)
        self.progress.setVisible(busy)
        self.status.setText("Starting" if busy else "")

    def show_progress(self, progress: Progress) -> None:
        """Show stage, windows done and time left."""
        self.progress.setRange(0, progress.total)
        self.progress.setValue(progress.done)
        self.status.setText(progress_text(progress))

    def _make_choices(
        self, models: Mapping[str, ModelInfo], methods: Mapping[str, MethodInfo]
    ) -> None:
        self.model, self.method, self.target = QComboBox(), QComboBox(), QComboBox()
        self.about = QLabel()
        self.about.setObjectName("faint")
        self.about.setWordWrap(True)
        self._models = dict(models)
        for model in models.values():
            self._list_model(model)
        self._offer_methods(methods)
        self.target.setEditable(True)
        self.target.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.target.addItem(FOLLOW)
        completer = QCompleter(self.target.model(), self.target)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.target.setCompleter(completer)
        self.file = QPushButton(_OWN_WEIGHTS)
        self.file.setToolTip("Use your own weights file for this model")
        self.add = QPushButton("Add model...")
        self.add.setToolTip("Describe a network of your own")
        for combo in (self.model, self.method, self.target):
            combo.setMinimumContentsLength(16)
            policy = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            combo.setSizeAdjustPolicy(policy)

    def _list_model(self, model: ModelInfo) -> None:
        self.model.addItem(model.title, model.name)
        row = self.model.count() - 1
        self.model.setItemData(row, _model_card(model), Qt.ItemDataRole.ToolTipRole)

    def _offer_methods(self, methods: Mapping[str, MethodInfo]) -> None:
        """List the methods by family; the card of each is its tooltip."""
        family = ""
        for method in methods.values():
            if family and method.family != family:
                self.method.insertSeparator(self.method.count())
            family = method.family
            self.method.addItem(method.title, method.name)
            self.method.setItemData(
                self.method.count() - 1, _card(method), Qt.ItemDataRole.ToolTipRole
            )
        self.method.setMaxVisibleItems(self.method.count())

    def _make_filter(self) -> None:
        self.preset = QComboBox()
        self.preset.addItems(list(PRESETS))
        self.sigma = QDoubleSpinBox()
        self.sigma.setRange(0, 10)
        self.sigma.setSingleStep(0.1)
        self.sigma.setDecimals(2)
        self.sigma.setValue(DEFAULT_SIGMA)
        self.sigma_slider = QSlider(Qt.Orientation.Horizontal)
        self.sigma_slider.setRange(0, round(_SIGMA_MOST * _SIGMA_STEPS))
        self.sigma_slider.setValue(round(DEFAULT_SIGMA * _SIGMA_STEPS))
        self.sigma_slider.setToolTip("Higher: only the sharpest changes count as motion")
        self.opacity = QSlider(Qt.Orientation.Horizontal)
        self.opacity.setRange(0, 100)
        self.opacity.setValue(round(DEFAULT_OPACITY * 100))
        self.first, self.last = QSpinBox(), QSpinBox()
        for box in (self.first, self.last):
            box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)

    def _make_buttons(self) -> None:
        self.explain = QPushButton("Explain")
        self.explain.setObjectName("primary")
        self.explain.setEnabled(False)
        self.cancel = QPushButton("Cancel")
        self.cancel.hide()
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.status = QLabel()
        self.status.setObjectName("faint")
        self.status.setWordWrap(True)

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setSpacing(8)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Model", self.model)
        form.addRow("", self.about)
        form.addRow("", self.file)
        form.addRow("", self.add)
        form.addRow("Method", self.method)
        form.addRow("Class", self.target)
        form.addRow("Frames", _row(self.first, QLabel("to"), self.last))
        separation = QFormLayout()
        separation.setSpacing(8)
        separation.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        separation.addRow("Preset", self.preset)
        separation.addRow("Sigma", _row(self.sigma_slider, self.sigma))
        separation.addRow("Opacity", self.opacity)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(_heading("Explain"))
        layout.addLayout(form)
        for widget in (self.explain, self.cancel, self.progress, self.status):
            layout.addWidget(widget)
        layout.addWidget(_heading("Motion against static"))
        layout.addLayout(separation)

    def _connect(self) -> None:
        self.explain.clicked.connect(self._on_explain_clicked)
        self.cancel.clicked.connect(self.cancel_requested)
        self.file.clicked.connect(self._on_file_clicked)
        self.add.clicked.connect(self.add_model_requested)
        self.model.currentIndexChanged.connect(self._on_model_changed)
        self.preset.currentTextChanged.connect(self.preset_changed)
        self.sigma.valueChanged.connect(self.sigma_changed)
        self.sigma_slider.valueChanged.connect(self._on_sigma_slider_changed)
        self.opacity.valueChanged.connect(self._on_opacity_changed)

    @Slot()
    def _on_explain_clicked(self) -> None:
        self.explain_requested.emit(self.wish())

    @Slot()
    def _on_file_clicked(self) -> None:
        kinds = "Weights (*.pth *.pt *.safetensors);;All files (*)"
        path, _ = QFileDialog.getOpenFileName(self, "Weights of this model", "", kinds)
        if path:
            self.weights = Path(path)
            self.file.setText(self.weights.name)
            self.model_changed.emit()

    @Slot()
    def _on_model_changed(self) -> None:
        self.weights = None
        self.file.setText(_OWN_WEIGHTS)
        self._show_about()
        self.model_changed.emit()

    def _show_about(self) -> None:
        """Show what the download of the chosen model is, before it begins."""
        model = self._models.get(self.model.currentData())
        known = model is not None and model.download_mb is not None
        if model is not None and known:
            licence = model.licence.partition(";")[0]  # the tooltip has the rest
            self.about.setText(
                f"{model.download_mb:.1f} MB to download once; {model.accuracy}. {licence}."
            )
        self.about.setVisible(known)

    @Slot(int)
    def _on_sigma_slider_changed(self, position: int) -> None:
        self.sigma_changed.emit(position / _SIGMA_STEPS)

    @Slot(int)
    def _on_opacity_changed(self, percent: int) -> None:
        self.opacity_changed.emit(percent / 100)


def _card(method: MethodInfo) -> str:
    """A method in a few lines; as rich text, which tooltips wrap."""
    return (
        f"<p><b>{html.escape(method.summary)}</b></p>"
        f"<p>{html.escape(method.trust)}</p>"
        f"<p>Cost: {html.escape(method.cost)}. <i>{html.escape(method.source)}</i></p>"
    )


def _model_card(model: ModelInfo) -> str:
    """A model in a few lines, as rich text."""
    size = "" if model.download_mb is None else f"Download: {model.download_mb:.1f} MB, once."
    licence = f"Licence: {model.licence}." if model.licence else ""
    rows = (
        f"<b>{html.escape(model.summary)}</b>",
        *map(html.escape, (model.accuracy, licence, size)),
    )
    return "".join(f"<p>{row}</p>" for row in rows if row)


def progress_text(progress: Progress) -> str:
    """Progress in words: "Explaining: 3 of 18, 12 s left"."""
    text = progress.stage
    if progress.total:
        if "Downloading" in progress.stage:
            text += f": {progress.done / progress.total:.0%}"
        else:
            text += f": {progress.done} of {progress.total}"
    if progress.seconds_left is not None:
        text += f", {max(round(progress.seconds_left), 0)} s left"
    return text


def _row(*widgets: QWidget) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(8)
    for widget in widgets:
        layout.addWidget(widget, 1 if isinstance(widget, QComboBox | QSlider | QSpinBox) else 0)
    return row


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName("heading")
    return label

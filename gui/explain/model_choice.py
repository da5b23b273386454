"""Choice of the model and of the user's own weights for it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QPushButton, QWidget

from engine.descriptions import ModelInfo
from engine.utils.paths import hub_folder
from gui.explain.missing import Missing
from gui.tasks.jobs import Failure
from gui.widgets.dialogs import file_dialog
from gui.widgets.form_widgets import Form, choose_even_unknown, hbox, hint_label, narrow
from gui.widgets.plain_text import in_one_line, plain, tip


class ModelChoice(QWidget):
    """The list of models, with download size, accuracy and licence below.

    Attributes
    ----------
    models : dict of str to ModelInfo
        The models that are here.

    Signals
    -------
    changed()
        Another model, or other weights for it.
    add_requested()
        The user wants to describe a network of their own.
    """

    changed = Signal()
    add_requested = Signal()

    def __init__(self, models: Mapping[str, ModelInfo], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.weights: Path | None = None
        self.models = dict(models)
        self.model = narrow(QComboBox())
        self.about = hint_label()
        self.file = QPushButton("Own weights...")
        self.file.setToolTip("Use your own weights file for this model")
        self.add = QPushButton("Add model...")
        self.add.setToolTip("Describe a network of your own")
        self.input = narrow(QComboBox())
        self.input.setAccessibleName("Input")
        self.input.setToolTip("Which of the network's inputs the map shows")
        for model in models.values():
            self._list(model)
        self.form = Form()
        self.form.add("Model", self.model)
        self.form.add("Input", self.input)
        self._input_parts = self.form.names[-1], self.input
        self.form.add_wide(self.about)
        self.form.add_wide(hbox(self.file, self.add))
        self.setLayout(self.form)
        self.show_downloads()
        self._offer_inputs()
        self.model.currentIndexChanged.connect(self._on_model_changed)
        self.file.clicked.connect(self._on_file_clicked)
        self.add.clicked.connect(self.add_requested)

    def add_model(self, model: ModelInfo) -> None:
        """List a model, in place of one of the same name, and choose it."""
        old = self.model.findData(model.name)
        if old >= 0:
            self.model.removeItem(old)
        self.models[model.name] = model
        self._list(model)
        self.model.setCurrentIndex(self.model.count() - 1)

    def choose_model(self, name: str) -> None:
        """Choose a model, also one that is not here."""
        choose_even_unknown(self.model, name, name)

    def missing_input(self) -> Missing | None:
        """Return the chosen input if the model is known not to have it."""
        name, model = self.input.currentData(), self.models.get(self.model.currentData())
        if name is None or model is None or name in model.inputs:
            return None
        return Missing(f"{model.name} has no input {name}", "Choose another input.")

    def use_weights(self, path: Path | None) -> None:
        """Use a weights file for the chosen model, or its own."""
        self._show_weights(path)
        self.changed.emit()

    @Slot(object)
    def let_go_of_weights(self, failure: Failure) -> None:
        """Go back to the model's own weights where a failure is of the file that is chosen.

        A file that is missing stays chosen: it may come back, and a session names it.
        """
        path = self.weights
        if path is not None and path.name in failure.message and path.is_file():
            self.use_weights(None)

    def show_downloads(self) -> None:
        """Mark the models whose weights are downloaded by now."""
        for row in range(self.model.count()):
            model = self.models.get(self.model.itemData(row))
            if model is not None:
                mark = ", downloaded" if _is_downloaded(model) else ""
                self.model.setItemText(row, in_one_line(f"{model.label}{mark}"))
        self._show_about()

    def choose_input(self, name: str | None) -> None:
        """Choose an input, also one that the model does not have, or with None all together."""
        choose_even_unknown(self.input, name, str(name))
        self._show_inputs()

    def _offer_inputs(self) -> None:
        """List the inputs of a model that has several. Others have no such row."""
        model = self.models.get(self.model.currentData())
        names = () if model is None else model.inputs
        self.input.clear()
        self.input.addItem("All together", None)
        for name in names:
            self.input.addItem(in_one_line(name), name)
        self._show_inputs()

    def _show_inputs(self) -> None:
        """Show the row of inputs where there is more to choose than "All together"."""
        model = self.models.get(self.model.currentData())
        several = model is not None and len(model.inputs) > 1
        for part in self._input_parts:
            part.setVisible(several or self.input.currentData() is not None)

    def _list(self, model: ModelInfo) -> None:
        self.model.addItem(in_one_line(model.label), model.name)
        last = self.model.count() - 1
        self.model.setItemData(last, _model_card(model), Qt.ItemDataRole.ToolTipRole)

    def _show_about(self) -> None:
        model = self.models.get(self.model.currentData())
        known = model is not None and model.download_mb is not None
        if model is not None and known:
            licence = model.licence.partition(";")[0]  # the tooltip has the rest
            download = f"{model.download_mb:.1f} MB to download once"
            weights = "Downloaded" if _is_downloaded(model) else download
            self.about.setText(f"{weights}; {model.accuracy}. {licence}.")
        self.about.setVisible(known)

    def _show_weights(self, path: Path | None) -> None:
        self.weights = path
        text = "Own weights..." if path is None else path.name
        room = self.file.fontMetrics()
        shown = room.elidedText(in_one_line(text), Qt.TextElideMode.ElideMiddle, 130)
        self.file.setText(shown.replace("&", "&&"))
        about = "Use your own weights file for this model"
        self.file.setToolTip(about if path is None else tip(f"{path}\n{about}"))

    @Slot()
    def _on_model_changed(self) -> None:
        self._show_weights(None)
        self._show_about()
        self._offer_inputs()
        self.changed.emit()

    @Slot()
    def _on_file_clicked(self) -> None:
        kinds = "Weights (*.pth *.pt *.ckpt *.pyth *.bin *.tar *.safetensors);;All files (*)"
        title = "Weights of this model"
        file_dialog(self, title, self.use_weights, kinds).open()


def _is_downloaded(model: ModelInfo) -> bool:
    return bool(model.file) and (hub_folder() / model.file).is_file()


def _model_card(model: ModelInfo) -> str:
    """Return a model's card as rich text."""
    size = "" if model.download_mb is None else f"Download: {model.download_mb:.1f} MB, once."
    licence = f"Licence: {model.licence}." if model.licence else ""
    rows = (
        f"<b>{html.escape(plain(model.summary))}</b>",
        *map(html.escape, (model.accuracy, licence, size)),
    )
    return "".join(f"<p>{text}</p>" for text in rows if text)

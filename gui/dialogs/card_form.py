"""The fields of a model card, in words as they are typed."""

from __future__ import annotations

import html
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFormLayout, QHBoxLayout, QLineEdit, QPushButton, QWidget

from engine.descriptions import ModelInfo
from gui.backend import CardField
from gui.widgets.dialogs import file_dialog

_FIRST = ("name", "network", "checkpoint", "labels")
_NETWORK_FILES = "Networks (*.py *.pt2 *.pt);;All files (*)"


class CardForm(QWidget):
    """One row per key. Empty fields are not in the card.

    Signals
    -------
    changed()
        After each edit.
    """

    changed = Signal()

    def __init__(self, fields: tuple[CardField, ...], models: Mapping[str, ModelInfo]) -> None:
        super().__init__()
        self.edits: dict[str, QLineEdit | QComboBox] = {}
        layout = QFormLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        first = [field for field in fields if field.name in _FIRST]
        for field in (*first, *(field for field in fields if field not in first)):
            edit = self._edit(field, models)
            self.edits[field.name] = edit
            browsed = field.is_file or field.name == "network"
            row = _with_button(edit, partial(self._browse, field.name)) if browsed else edit
            layout.addRow(_title(field.name), row)

    def values(self) -> dict[str, str]:
        """Return texts by key, without empty ones."""
        texts = {name: _text(edit).strip() for name, edit in self.edits.items()}
        return {name: text for name, text in texts.items() if text}

    def set_value(self, name: str, text: str) -> None:
        """Fill in a field."""
        edit = self.edits[name]
        if isinstance(edit, QLineEdit):
            edit.setText(text)
        else:
            index = edit.findData(text)
            edit.setCurrentText(text if index < 0 else edit.itemText(index))

    def _edit(self, field: CardField, models: Mapping[str, ModelInfo]) -> QLineEdit | QComboBox:
        edit: QLineEdit | QComboBox
        if field.name == "network":
            edit = _combo(("",), editable=True)
            for model in models.values():
                edit.addItem(model.label, model.name)
        elif field.choices:
            edit = _combo(("", *field.choices), editable=False)
        else:
            edit = QLineEdit()
            edit.setPlaceholderText(field.example)
        edit.setToolTip(f"<p>{html.escape(field.text)}</p>")
        changed = edit.textChanged if isinstance(edit, QLineEdit) else edit.currentTextChanged
        changed.connect(self.changed)
        return edit

    def _browse(self, name: str) -> None:
        kinds = _NETWORK_FILES if name == "network" else "All files (*)"

        def take(path: Path) -> None:
            self.set_value(name, f"{path}:build" if path.suffix == ".py" else str(path))

        file_dialog(self, _title(name), take, kinds).open()


def _title(key: str) -> str:
    """Return the words that stand for a key beside its field."""
    return key.replace("_", " ").capitalize()


def _text(edit: QLineEdit | QComboBox) -> str:
    if isinstance(edit, QLineEdit):
        return edit.text()
    key = edit.itemData(edit.findText(edit.currentText()))
    return edit.currentText() if key is None else str(key)


def _combo(items: tuple[str, ...], *, editable: bool) -> QComboBox:
    combo = QComboBox()
    combo.setEditable(editable)
    combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    combo.addItems(list(items))
    combo.setMinimumContentsLength(16)
    combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return combo


def _with_button(edit: QWidget, slot: object) -> QWidget:
    row = QWidget()
    button = QPushButton("...")
    button.setToolTip("Choose a file")
    button.clicked.connect(slot)
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(edit, 1)
    layout.addWidget(button)
    return row

"""The options of a method as a form made from their descriptions."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import QSignalBlocker, Signal, SignalInstance, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from engine.descriptions import MethodInfo, OptionInfo
from gui.explain.missing import Missing
from gui.widgets.form_widgets import Collapsible, Form, narrow, vbox
from gui.widgets.number_edits import NumberEdit, WholeNumberEdit

Value = str | float | bool
Edit = QComboBox | QCheckBox | QSpinBox | QDoubleSpinBox | QLineEdit

_INT_LIMIT = 2**31 - 1  # of QSpinBox
_FLOAT_LIMIT = 1e9
_DECIMALS = 6
_DIGITS = 10


class MethodOptions(QWidget):
    """One row per option. Options at their defaults are not passed to the method.

    Signals
    -------
    changed()
        After each change of a value.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.edits: dict[str, Edit] = {}
        self._defaults: dict[str, Value] = {}
        self._infos: dict[str, OptionInfo] = {}
        self._kept: dict[str, Value] = {}  # given values that the form cannot show as they are
        self._form = QWidget()
        self.reset_button = QPushButton("Back to the defaults")
        self.reset_button.clicked.connect(self.reset)
        content = QWidget()
        self._column = vbox(content, self._form, self.reset_button)
        self.collapsible = Collapsible("Options", content)
        vbox(self, self.collapsible)

    def set_method(self, method: MethodInfo | None) -> None:
        """Offer the options of a method at their defaults, and none of one that is not here."""
        options = () if method is None else method.options
        self._infos = {option.name: option for option in options}
        self._kept = {}
        self._form.hide()  # deleted later: until then it must not be seen
        self._form.deleteLater()
        self._form, rows = QWidget(), Form()
        self._form.setLayout(rows)
        self.edits = {option.name: _edit(option) for option in options}
        for option in options:
            rows.add(_title(option.name), self.edits[option.name])
            self._watch(option.name, self.edits[option.name])
        self._column.insertWidget(0, self._form)
        self._defaults = {name: _value(edit) for name, edit in self.edits.items()}
        self.setVisible(bool(self.edits))
        self._on_edit_changed()

    def values(self) -> tuple[tuple[str, Value], ...]:
        """Return names and values that differ from the defaults."""
        values = {name: _value(edit) for name, edit in self.edits.items()}
        changed = {name: value for name, value in values.items() if value != self._defaults[name]}
        return tuple((changed | self._kept).items())

    def missing(self) -> tuple[Missing, ...]:
        """Return the given values that the method cannot take."""
        misfits = (misfit(name, value, self._infos) for name, value in self._kept.items())
        remedy = 'Set it anew, or press "Back to the defaults".'
        return tuple(Missing(text, remedy) for text in misfits if text)

    def set_values(self, values: tuple[tuple[str, Value], ...]) -> None:
        """Set some options and reset the others.

        A value that the form cannot show, or the method cannot take, is kept as it is until the
        user changes that option.
        """
        given = dict(values)
        for name, edit in self.edits.items():
            usual = self._defaults[name]
            with QSignalBlocker(edit):
                _set(edit, _fitting(edit, given.get(name, usual), usual))
        self._kept = {
            name: value
            for name, value in given.items()
            if name not in self.edits or not _same(_value(self.edits[name]), value)
        }
        self._on_edit_changed()

    @Slot()
    def reset(self) -> None:
        """Set every option to its default."""
        self.set_values(())

    @Slot()
    def _on_edit_changed(self) -> None:
        count = len(self.values())
        self.collapsible.set_title(f"Options ({count} changed)" if count else "Options")
        self.reset_button.setEnabled(count > 0)
        self.changed.emit()

    def _watch(self, name: str, edit: Edit) -> None:
        if isinstance(edit, QComboBox):
            changed: SignalInstance = edit.currentTextChanged
        elif isinstance(edit, QCheckBox):
            changed = edit.toggled
        elif isinstance(edit, QLineEdit):
            changed = edit.textChanged
        else:
            changed = edit.valueChanged
        changed.connect(partial(self._forget, name))
        changed.connect(self._on_edit_changed)

    def _forget(self, name: str, *_: object) -> None:
        """Give up a value that was kept, as the user has set another."""
        self._kept.pop(name, None)


def _edit(option: OptionInfo) -> Edit:
    edit: Edit
    if option.choices:
        edit = narrow(QComboBox())
        edit.addItems(list(option.choices))
    elif option.kind == "bool":
        edit = QCheckBox()
    elif option.kind == "int":
        edit = WholeNumberEdit()
        low, high = _limits(option, _INT_LIMIT)
        edit.setRange(int(low), int(high))
    elif option.kind == "float":
        edit = NumberEdit(digits=_DIGITS)
        edit.setDecimals(_DECIMALS)
        edit.setRange(*_limits(option, _FLOAT_LIMIT))
        edit.setStepType(NumberEdit.StepType.AdaptiveDecimalStepType)
    else:
        edit = QLineEdit()
    _set(edit, option.default)
    edit.setToolTip(f"<p>{html.escape(option.text)}</p>")
    edit.setAccessibleName(_title(option.name))
    return edit


def _limits(option: OptionInfo, most: float) -> tuple[float, float]:
    low = -most if option.low is None else max(option.low, -most)
    return low, most if option.high is None else min(option.high, most)


def _value(edit: Edit) -> Value:
    if isinstance(edit, QComboBox):
        return edit.currentText()
    if isinstance(edit, QCheckBox):
        return edit.isChecked()
    if isinstance(edit, QLineEdit):
        return edit.text().strip()
    return edit.value()


def misfit(name: str, value: Value, options: Mapping[str, OptionInfo]) -> str:
    """Return why a method cannot take the value of an option, or ""."""
    option = options.get(name)
    if option is None:
        return f"the method has no option {name}"
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if option.kind in ("int", "float"):
        low = -math.inf if option.low is None else option.low
        high = math.inf if option.high is None else option.high
        whole = option.kind == "float" or float(value).is_integer() if number else False
        fits = number and whole and low <= float(value) <= high
    elif option.choices:
        fits = value in option.choices
    else:
        fits = type(value) is type(option.default)
    return "" if fits else f"the option {name} cannot be {value}"


def _same(shown: Value, given: Value) -> bool:
    return shown == given and isinstance(shown, bool) == isinstance(given, bool)


def _fitting(edit: Edit, value: Value, usual: Value) -> Value:
    """Return a value clamped to the edit, or its default if of another type."""
    if not isinstance(edit, QSpinBox | QDoubleSpinBox):
        return value if type(value) is type(usual) else usual
    if isinstance(value, bool) or not isinstance(value, int | float):
        return usual
    return min(max(value, edit.minimum()), edit.maximum())


def _set(edit: Edit, value: Value) -> None:
    if isinstance(edit, QComboBox):
        edit.setCurrentText(str(value))
    elif isinstance(edit, QCheckBox):
        edit.setChecked(bool(value))
    elif isinstance(edit, QLineEdit):
        edit.setText(str(value))
    elif isinstance(edit, QSpinBox):
        edit.setValue(int(value))
    else:
        edit.setValue(float(value))


def _title(name: str) -> str:
    """Return the label of an option: "Box (px)" for "box_px"."""
    words, _, unit = name.rpartition("_")
    if unit in ("px", "s", "ms"):
        return f"{words.replace('_', ' ').capitalize()} ({unit})"
    return name.replace("_", " ").capitalize()

from __future__ import annotations

import locale
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QAbstractSpinBox
from pytestqt.qtbot import QtBot

import gui
from gui.main_window.window import MainWindow
from gui.widgets.number_edits import NumberEdit, WholeNumberEdit, plain_number, use_plain_numbers

LOCALES = ("de_DE", "tr_TR", "fr_FR", "ar_EG", "fa_IR", "hi_IN", "en_IN", "de_CH")


@pytest.fixture(params=LOCALES)
def elsewhere(request: pytest.FixtureRequest) -> Iterator[None]:
    """Another locale as Qt's default."""
    before = QLocale()
    QLocale.setDefault(QLocale(request.param))
    yield
    QLocale.setDefault(before)


def typed(qtbot: QtBot, edit: QAbstractSpinBox, text: str) -> None:
    edit.selectAll()
    for character in text:
        edit.lineEdit().insert(character)  # QTest knows no keys of other scripts
    qtbot.keyClick(edit, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.7", 0.7),
        ("0,7", 0.7),
        ("1.000", 1.0),
        ("1,25", 1.25),
        ("٠٫٧", 0.7),
        ("०.७", 0.7),
        ("۰٫۷", 0.7),
        ("\u22121,5", -1.5),
    ],
)
def test_number_edit_reads_points_and_commas_alike(
    elsewhere: None, qtbot: QtBot, text: str, value: float
) -> None:
    edit = NumberEdit()
    edit.setRange(-5000, 5000)
    edit.setDecimals(3)
    qtbot.addWidget(edit)
    typed(qtbot, edit, text)
    assert edit.value() == value
    assert edit.text() == f"{value:.3f}"
    edit.setValue(1234.5)
    assert edit.text() == "1234.500"


def test_number_edit_shows_few_digits_with_a_point(elsewhere: None, qtbot: QtBot) -> None:
    edit = NumberEdit(digits=4)
    edit.setDecimals(6)
    edit.setRange(0, 1e6)
    qtbot.addWidget(edit)
    edit.setValue(0.25)
    assert edit.text() == "0.25"


@pytest.mark.parametrize("text", ["1,000", "12,500", "-1,234", "1,000.5", "1.000,5", "1,2,3"])
def test_numbers_that_may_be_meant_in_two_ways_are_refused(qtbot: QtBot, text: str) -> None:
    with pytest.raises(ValueError, match=r"point|comma"):
        plain_number(text)
    edit = NumberEdit()
    edit.setRange(-1e6, 1e6)
    edit.setValue(3)
    qtbot.addWidget(edit)
    edit.selectAll()
    edit.lineEdit().insert(text)
    edit.interpretText()
    assert edit.value() == 3


@pytest.mark.parametrize(("text", "value"), [("1234", 1234), ("१२", 12), ("-5", -5)])
def test_whole_number_edit_reads_digits(
    elsewhere: None, qtbot: QtBot, text: str, value: int
) -> None:
    edit = WholeNumberEdit()
    edit.setRange(-9999, 9999)
    qtbot.addWidget(edit)
    typed(qtbot, edit, text)
    assert (edit.value(), edit.text()) == (value, str(value))


@pytest.mark.parametrize("text", ["1,000", "1.000", "2,5", "2.5"])
def test_whole_number_edit_takes_no_pasted_fraction_or_group(qtbot: QtBot, text: str) -> None:
    edit = WholeNumberEdit()
    edit.setRange(0, 9999)
    edit.setValue(7)
    qtbot.addWidget(edit)
    edit.selectAll()
    edit.lineEdit().insert(text)
    edit.interpretText()
    assert edit.value() == 7


def test_every_number_field_of_the_window_is_one_of_these(window: MainWindow) -> None:
    fields = window.findChildren(QAbstractSpinBox)
    assert len(fields) > 5
    assert all(isinstance(field, NumberEdit | WholeNumberEdit) for field in fields)


def test_no_other_number_fields_are_made() -> None:
    for path in Path(gui.__file__).parent.rglob("*.py"):
        if path.name != "number_edits.py":
            text = path.read_text(encoding="utf-8")
            assert "SpinBox()" not in text, path
            assert re.search(r"class .*SpinBox\)", text) is None, path
            assert "QLocale" not in text, path


def test_use_plain_numbers_serves_qt_and_c_libraries() -> None:
    before = QLocale()
    try:
        QLocale.setDefault(QLocale("de_DE"))
        use_plain_numbers()
        assert QLocale().toString(1234.5) == "1234.5"
        assert locale.localeconv()["decimal_point"] == "."
    finally:
        QLocale.setDefault(before)


def test_start_under_another_locale_leaves_buttons_and_numbers_as_they_are() -> None:
    code = (
        "import sys; from PySide6.QtWidgets import QApplication, QMessageBox\n"
        "from gui.widgets.number_edits import *\n"
        "app = QApplication(sys.argv[:1]); use_plain_numbers(); edit = NumberEdit()\n"
        "box = QMessageBox(); ok = box.addButton(QMessageBox.StandardButton.Ok)\n"
        "print(edit.valueFromText('0,7'), edit.textFromValue(0.7), ok.text())"
    )
    env = os.environ | {"LC_ALL": "de_DE.UTF-8", "LANG": "de_DE.UTF-8", "LANGUAGE": "de"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0.7", "0.70", "OK"]

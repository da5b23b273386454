"""Fields for numbers that are read and shown in one way, whatever the locale of the system.

Digits are 0 to 9, the decimal point is a point, and nothing groups digits. A comma typed becomes
a point as it is typed; a pasted "1,000", which may mean one or one thousand, is refused.
"""

from __future__ import annotations

import locale
import re
import unicodedata

from PySide6.QtCore import QLocale
from PySide6.QtGui import QValidator
from PySide6.QtWidgets import QDoubleSpinBox, QSpinBox, QWidget

_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
_SIGNS = str.maketrans({"\u2212": "-", "\u066b": ",", "\uff0c": ",", "\uff0e": "."})
_MARKS = re.compile("[\u061c\u200e\u200f]")  # of direction, around digits of other scripts


def use_plain_numbers() -> None:
    """Read and show numbers alike in Qt and in C libraries, whatever the system's locale.

    To be called once the application is made: Qt then takes over the locale of the system.
    """
    QLocale.setDefault(QLocale.c())
    locale.setlocale(locale.LC_NUMERIC, "C")  # decoders read numbers of files by it


def plain_number(text: str) -> str:
    """Return a number as typed anywhere with the digits 0 to 9 and a decimal point.

    Parameters
    ----------
    text : str
        Digits of any script, with a point or a comma; also what is typed halfway.

    Raises
    ------
    ValueError
        If it has several points or commas, or one comma that may group digits: "1,000".
    """
    plain = _MARKS.sub("", text).strip().translate(_SIGNS)
    plain = "".join(_plain_digit(character) for character in plain)
    if plain.count(",") + plain.count(".") > 1:
        raise ValueError("several decimal points")
    if _GROUPED.fullmatch(plain):
        raise ValueError("a comma that may group digits")
    return plain.replace(",", ".")


def _plain_digit(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


class NumberEdit(QDoubleSpinBox):
    """A number.

    Parameters
    ----------
    digits : int or None
        Significant digits shown at most, without zeros behind the last; None shows all decimals.
    """

    def __init__(self, digits: int | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._digits = digits
        self.setLocale(QLocale.c())

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Return whether a text is a number, and the text as it is shown."""
        try:
            return super().validate(plain_number(text), position)
        except ValueError:
            return QValidator.State.Invalid, text, position

    def valueFromText(self, text: str) -> float:
        """Return the number that a text means."""
        return super().valueFromText(plain_number(text))

    def textFromValue(self, value: float) -> str:
        """Return the text of a number."""
        if self._digits is None:
            return super().textFromValue(value)
        return QLocale.c().toString(value, "g", self._digits)


class WholeNumberEdit(QSpinBox):
    """A whole number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setLocale(QLocale.c())

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        """Return whether a text is a whole number, and the text as it is shown."""
        try:
            plain = plain_number(text)
        except ValueError:
            plain = ","
        if "." in plain or "," in plain:
            return QValidator.State.Invalid, text, position
        return super().validate(plain, position)

    def valueFromText(self, text: str) -> int:
        """Return the number that a text means."""
        return super().valueFromText(plain_number(text))

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QPushButton
from pytestqt.qtbot import QtBot

from gui.theme import theme
from gui.theme.theme import DARK, LIGHT, SCHEMES, Colours, apply_theme


@pytest.fixture
def application(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Iterator[QApplication]:
    """The application, given back the look that it has in other tests."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    palette, style = application.palette(), application.style().objectName()
    monkeypatch.setattr(theme, "_shown", theme.colours())
    yield application
    application.setStyleSheet("")
    application.setStyle(style)
    application.setPalette(palette)


def luminance(colour: str) -> float:
    parts = (QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF())
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    """As WCAG has it, 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("name", "shown"), [("dark", DARK), ("light", LIGHT)])
def test_scheme_colours_the_application(
    application: QApplication, name: str, shown: Colours
) -> None:
    apply_theme(application, SCHEMES[name])
    palette = application.palette()
    assert theme.colours() == shown
    assert palette.color(QPalette.ColorRole.WindowText) == QColor(shown.text)
    disabled = palette.color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert disabled == QColor(shown.disabled)
    assert shown.accent in application.styleSheet()


def test_scheme_of_the_system_is_dark_where_it_has_none(application: QApplication) -> None:
    apply_theme(application, Qt.ColorScheme.Light)
    apply_theme(application, SCHEMES["system"])
    known = application.styleHints().colorScheme() == Qt.ColorScheme.Light
    assert theme.colours() == (LIGHT if known else DARK)
    apply_theme(application, Qt.ColorScheme.Unknown)
    assert theme.colours() == (LIGHT if known else DARK)


def test_primary_button_is_painted_in_the_accent(application: QApplication, qtbot: QtBot) -> None:
    button = QPushButton("")
    button.setObjectName("primary")
    qtbot.addWidget(button)
    button.resize(120, 32)
    button.show()
    for scheme, shown in ((Qt.ColorScheme.Dark, DARK), (Qt.ColorScheme.Light, LIGHT)):
        apply_theme(application, scheme)
        inside: QRect = button.rect().adjusted(10, 10, -10, -10)
        assert button.grab().toImage().pixelColor(inside.topLeft()) == QColor(shown.accent)


@pytest.mark.parametrize("shown", [DARK, LIGHT], ids=["dark", "light"])
def test_texts_stand_out_from_every_surface(shown: Colours) -> None:
    for surface in (shown.background, shown.panel, shown.field):
        assert contrast(shown.text, surface) >= 7
        assert contrast(shown.faint, surface) >= 4.5
        for meaning in (shown.motion, shown.static, shown.score, shown.damage):
            assert contrast(meaning, surface) >= 3
    assert contrast(shown.on_accent, shown.accent) >= 4.5


@pytest.mark.parametrize("shown", [DARK, LIGHT], ids=["dark", "light"])
def test_colours_are_all_written_in_full(shown: Colours) -> None:
    for each in fields(shown):
        text = getattr(shown, each.name)
        assert QColor(text).name() == text

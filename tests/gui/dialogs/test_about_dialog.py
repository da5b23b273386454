from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui.dialogs import about_dialog as about
from gui.dialogs.about_dialog import AboutDialog, as_lines, versions
from gui.theme import theme


@pytest.fixture
def dialog(qtbot: QtBot) -> AboutDialog:
    dialog = AboutDialog("2 CPU cores & <no GPU>")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # qtbot closes it
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


def test_versions_are_those_installed() -> None:
    found = dict(versions())
    assert found["PyTorch"] == metadata.version("torch")
    assert found["PyAV"] == metadata.version("av")
    assert found["Motion Inspector"] == metadata.version("motion-inspector")
    assert found["Qt"].startswith("6.")
    assert all(found.values())


def test_versions_do_not_load_torch() -> None:
    asked = (
        "import sys; from gui.dialogs.about_dialog import versions; "
        "versions(); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", asked], timeout=60, check=False).returncode == 0


def test_version_of_what_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(about, "_PACKAGE", "no-such-package-here")
    assert dict(versions())["Motion Inspector"] == "not installed"


def test_dialog_names_device_paper_and_licence(dialog: AboutDialog) -> None:
    assert "2 CPU cores &amp; &lt;no GPU&gt;" in dialog.table.text()
    assert "2003.14285" in dialog.paper.text()
    assert "MIT" in dialog.licence.text()


def test_copy_gives_lines_for_a_report(dialog: AboutDialog) -> None:
    QTest.mouseClick(dialog.copy, Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert copied.startswith(as_lines(versions()))
    assert copied.endswith("Computes on: 2 CPU cores & <no GPU>")


def test_link_follows_the_scheme(dialog: AboutDialog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theme, "_shown", theme.LIGHT)
    QApplication.sendEvent(dialog, QEvent(QEvent.Type.PaletteChange))
    assert theme.LIGHT.static in dialog.paper.text()


def test_escape_closes_the_dialog(dialog: AboutDialog) -> None:
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()

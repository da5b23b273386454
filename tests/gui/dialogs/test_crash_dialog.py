from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from gui.dialogs.crash_dialog import CrashDialog

VERSIONS = (("Motion Inspector", "0.1"), ("Python", "3.11"))


@pytest.fixture
def dialog(qtbot: QtBot, tmp_path: Path) -> CrashDialog:
    dialog = CrashDialog("The session was saved to x.json", VERSIONS, tmp_path)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # qtbot closes it
    qtbot.addWidget(dialog)
    dialog.add("KeyError: 'a <b>'", "Traceback of the first")
    dialog.open()
    return dialog


def click(button: QPushButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def test_dialog_tells_error_and_where_work_is(dialog: CrashDialog) -> None:
    assert dialog.message.text() == "KeyError: 'a <b>'"
    assert dialog.message.textFormat() == Qt.TextFormat.PlainText
    assert dialog.saved.text() == "The session was saved to x.json"
    assert not dialog.count.isVisible()


def test_more_errors_are_counted_and_appended(dialog: CrashDialog) -> None:
    dialog.add("ValueError: b", "Traceback of the second")
    assert dialog.message.text() == "KeyError: 'a <b>'"
    assert dialog.count.text() == "2 errors so far"
    text = dialog.details.toPlainText()
    assert text.index("the first") < text.index("the second")


def test_error_that_never_ends_is_not_appended_for_ever(dialog: CrashDialog) -> None:
    for number in range(500):
        dialog.add("again", f"Traceback {number}")
    assert dialog.count.text() == "501 errors so far"
    assert dialog.details.toPlainText().count("Traceback") == 20
    assert dialog.details.toPlainText().endswith("The log has those that followed.")


def test_details_are_copied_with_versions(dialog: CrashDialog) -> None:
    click(dialog.copy)
    copied = QGuiApplication.clipboard().text()
    assert copied == "Motion Inspector: 0.1\nPython: 3.11\n\nTraceback of the first"
    assert dialog.isVisible()


def test_log_folder_is_opened(
    dialog: CrashDialog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr("gui.dialogs.crash_dialog.QDesktopServices.openUrl", opened.append)
    click(dialog.open_folder)
    assert [Path(url.toLocalFile()) for url in opened] == [tmp_path]


def test_continue_only_closes(dialog: CrashDialog, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(dialog.quit_requested):
        click(dialog.proceed)
    assert not dialog.isVisible()


def test_quit_closes_and_asks_to_leave(dialog: CrashDialog, qtbot: QtBot) -> None:
    with qtbot.waitSignal(dialog.quit_requested):
        click(dialog.quit)
    assert not dialog.isVisible()


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_keys_continue(dialog: CrashDialog, qtbot: QtBot, key: Qt.Key) -> None:
    with qtbot.assertNotEmitted(dialog.quit_requested):
        QTest.keyClick(dialog, key)
    assert not dialog.isVisible()

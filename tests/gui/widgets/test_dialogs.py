from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog, QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from gui.widgets.dialogs import file_dialog, folder_dialog, save_dialog

KINDS = "Videos (*.mp4);;All files (*)"


@pytest.fixture(autouse=True)
def drawn_by_qt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Qt's own dialog has a line to type into; the system's cannot be driven."""
    opened = QFileDialog.open

    def open_own(dialog: QFileDialog) -> None:
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        opened(dialog)

    monkeypatch.setattr(QFileDialog, "open", open_own)


@pytest.fixture
def parent(qtbot: QtBot) -> QWidget:
    parent = QWidget()
    qtbot.addWidget(parent)
    parent.show()
    return parent


def take(qtbot: QtBot, dialog: QFileDialog, name: object) -> None:
    """Type a name and press the button that takes it."""
    line = dialog.findChild(QLineEdit, "fileNameEdit")
    assert isinstance(line, QLineEdit)
    line.selectAll()
    qtbot.keyClicks(line, str(name))
    press(qtbot, dialog, QDialogButtonBox.ButtonRole.AcceptRole)


def press(qtbot: QtBot, dialog: QFileDialog, role: QDialogButtonBox.ButtonRole) -> None:
    box = dialog.findChild(QDialogButtonBox)
    assert isinstance(box, QDialogButtonBox)
    button = next(button for button in box.buttons() if box.buttonRole(button) == role)
    qtbot.waitUntil(button.isEnabled)  # the folder is looked at in a thread
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_file_dialog_gives_the_file_and_is_gone(
    qtbot: QtBot, parent: QWidget, tmp_path: Path
) -> None:
    (tmp_path / "a.mp4").touch()
    taken: list[Path] = []
    dialog = file_dialog(parent, "Open a video", taken.append, KINDS)
    dialog.setDirectory(str(tmp_path))
    dialog.open()
    assert dialog.windowTitle() == "Open a video"
    assert dialog.nameFilters() == KINDS.split(";;")
    take(qtbot, dialog, "a.mp4")
    assert taken == [tmp_path / "a.mp4"]
    qtbot.waitUntil(lambda: not isValid(dialog))


def test_file_dialog_cancelled_gives_nothing(qtbot: QtBot, parent: QWidget) -> None:
    taken: list[Path] = []
    dialog = file_dialog(parent, "Open", taken.append)
    dialog.open()
    assert dialog.isVisible()
    press(qtbot, dialog, QDialogButtonBox.ButtonRole.RejectRole)
    assert taken == []
    qtbot.waitUntil(lambda: not isValid(dialog))


def test_folder_dialog_gives_a_folder(qtbot: QtBot, parent: QWidget, tmp_path: Path) -> None:
    (tmp_path / "analysis").mkdir()
    taken: list[Path] = []
    dialog = folder_dialog(parent, "Open an analysis", taken.append)
    dialog.setDirectory(str(tmp_path))
    dialog.open()
    take(qtbot, dialog, "analysis")
    assert taken == [tmp_path / "analysis"]


@pytest.mark.parametrize(
    ("typed", "name"), [("b", "b.mp4"), ("b.webm", "b.webm"), ("b.tar.mp4", "b.tar.mp4")]
)
def test_save_dialog_completes_a_name_without_a_suffix(
    qtbot: QtBot, parent: QWidget, tmp_path: Path, typed: str, name: str
) -> None:
    taken: list[Path] = []
    dialog = save_dialog(parent, "Save", taken.append, KINDS, "first.mp4", "mp4")
    dialog.setDirectory(str(tmp_path))
    dialog.open()
    take(qtbot, dialog, typed)
    assert taken == [tmp_path / name]


def test_save_dialog_begins_with_the_name_it_was_given(
    qtbot: QtBot, parent: QWidget, tmp_path: Path
) -> None:
    dialog = save_dialog(parent, "Save", print, KINDS, str(tmp_path / "square.mp4"))
    dialog.open()
    line = dialog.findChild(QLineEdit, "fileNameEdit")
    assert isinstance(line, QLineEdit)
    assert line.text() == "square.mp4"
    assert Path(dialog.directory().absolutePath()) == tmp_path
    press(qtbot, dialog, QDialogButtonBox.ButtonRole.RejectRole)

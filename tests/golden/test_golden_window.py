"""The window in six states, and what it says: pictures, and every word."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QFont, QFontDatabase, QImage
from PySide6.QtWidgets import QApplication, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from engine.annotations.notes import Note
from engine.types import UInt8Array
from gui.export.dialog import ExportDialog
from gui.main_window.window import MainWindow
from gui.state import results
from gui.theme import theme
from gui.theme.theme import SCHEMES, apply_theme
from tests.golden.keeping import same_picture, same_text
from tests.golden.words import commands_in, words_in

SIZE = QSize(1280, 800)
FONTS = Path(matplotlib.get_data_path(), "fonts", "ttf")
FONT_FILES = ("DejaVuSans", "DejaVuSans-Bold")
NOTES = Note(8, 9, "The arm starts to rise"), Note(20, 36, "Full swing: motion leads the decision")


@pytest.fixture(autouse=True)
def fixed_look(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Dark colours, a font that comes with matplotlib and a time; afterwards those of others."""
    palette, style, font = qapp.palette(), qapp.style().objectName(), qapp.font()
    monkeypatch.setattr(theme, "_shown", theme.colours())
    monkeypatch.setattr(results, "time_text", lambda *_: "14:03")
    fonts = [QFontDatabase.addApplicationFont(str(FONTS / f"{name}.ttf")) for name in FONT_FILES]
    qapp.setFont(QFont("DejaVu Sans", 9))
    apply_theme(qapp, SCHEMES["dark"])
    yield
    qapp.setStyleSheet("")
    qapp.setStyle(style)
    qapp.setPalette(palette)
    qapp.setFont(font)
    for number in fonts:
        QFontDatabase.removeApplicationFont(number)


def same(name: str, widget: QWidget, qtbot: QtBot) -> None:
    """Compare picture and words of a widget, once it has drawn itself."""
    if isinstance(widget, MainWindow):
        widget.resize(SIZE)
    qtbot.wait(250)
    same_text(f"window/{name}.txt", words_in(widget))
    same_picture(f"window/{name}.webp", picture_of(widget), factor=8, mean=1.2, share=0.005)


def picture_of(widget: QWidget) -> UInt8Array:
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    return np.array(rows[:, : image.width() * 3].reshape(image.height(), image.width(), 3))


def test_empty_window_is_as_it_was(window: MainWindow, qtbot: QtBot) -> None:
    same("empty", window, qtbot)


def test_commands_are_what_they_were(window: MainWindow) -> None:
    same_text("window/commands.txt", commands_in(window.commands))


def test_opened_window_is_as_it_was(opened: MainWindow, qtbot: QtBot) -> None:
    opened.view.go_to(24)
    same("opened", opened, qtbot)


def test_explained_window_is_as_it_was(explained: MainWindow, qtbot: QtBot) -> None:
    explained.view.go_to(24)
    same("explained", explained, qtbot)


def test_compared_window_with_notes_is_as_it_was(explained: MainWindow, qtbot: QtBot) -> None:
    for note in NOTES:
        explained.notes.notes.add(note)
    explained.comparison.pin()
    explained.panel.method.setCurrentIndex(explained.panel.method.findData("gradient"))
    made = [explained.explained, explained.explain.refilter.finished]
    with qtbot.waitSignals(made, timeout=10_000):
        explained.panel.bar.explain.click()
    explained.docks.show("notes")
    explained.view.go_to(24)
    same("compared", explained, qtbot)


def test_answered_question_is_as_it_was(explained: MainWindow, qtbot: QtBot) -> None:
    explained.docks.show("what_if")
    explained.what_if.layer.add_box((0.35, 0.2, 0.65, 0.8))
    with qtbot.waitSignal(explained.what_if.runner.finished, timeout=10_000):
        explained.what_if.panel.ask.click()
    same("what-if", explained, qtbot)


def test_export_dialog_is_as_it_was(
    explained: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    explained.commands.action("file.export").trigger()
    [dialog] = explained.findChildren(ExportDialog)
    qtbot.waitUntil(lambda: not dialog.preview.runner.busy)
    dialog.form.name.setText("out.mp4")
    dialog.resize(960, 600)
    same("export", dialog, qtbot)
    dialog.reject()


def test_error_box_is_as_it_was(window: MainWindow, qtbot: QtBot) -> None:
    window.open_video(Path("/nowhere/clip.mp4"))
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)))
    [box] = window.findChildren(QMessageBox)
    same_text("window/error.txt", words_in(box))  # its size is that of the font
    box.close()

"""Names from files are shown as they are, in every label, box, menu, list, tooltip and title."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QMenu, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

import gui
from engine.descriptions import ModelInfo
from engine.types import Request
from gui.main_window.window import MainWindow
from gui.tasks.jobs import Failure
from gui.widgets.dialogs import message_box, show_table
from gui.widgets.plain_text import in_one_line, menu_text, plain, tip, title_text
from tests.clips import moving_square, write_clip
from tests.gui.conftest import FakeEngine

HOSTILE = "<b>x</b><img src='http://x/y.png'>&now\u202egpj\x1b[31m"
SPOILT = re.compile("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]")
MARKUP = re.compile(r"<b>x|<img")


def test_plain_replaces_what_is_no_character() -> None:
    assert plain("a\u202eb\x00c\x1bd\ue000") == "a\ufffdb\ufffdc\ufffdd\ue000"
    assert plain("walk\nrun") == "walk\nrun"
    assert in_one_line("walk\n\n run\r\n") == "walk run\ufffd"
    assert plain("Łódź 走る نعم") == "Łódź 走る نعم"


def test_long_names_are_shortened_in_the_middle() -> None:
    assert len(plain("a" * 4999 + "b")) < 1001
    assert plain("a" * 4999 + "b").endswith("b")
    assert len(menu_text("a" * 5000)) <= 80


def test_menus_and_titles_keep_their_marks_to_themselves() -> None:
    assert menu_text("Tom & <b>Jerry</b>\n.mp4") == "Tom && <b>Jerry</b> .mp4"
    assert title_text("a[*].mp4") == "a[*][*].mp4"


def test_tip_escapes_what_may_be_markup() -> None:
    assert tip("/videos/walk.mp4") == "/videos/walk.mp4"
    assert tip("<b>a</b>\nb") == "<p>&lt;b&gt;a&lt;/b&gt;<br>b</p>"


def test_message_box_shows_all_of_its_texts_as_they_are(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    box = message_box(parent, HOSTILE, HOSTILE)
    assert_plain(box)
    box.deleteLater()


def test_table_escapes_names(qtbot: QtBot) -> None:
    parent = QWidget()
    qtbot.addWidget(parent)
    show_table(parent, "About", [(HOSTILE, HOSTILE)])
    (box,) = parent.findChildren(QMessageBox)
    assert MARKUP.search(box.text()) is None
    box.close()


def test_labels_are_made_by_one_class() -> None:
    for path in Path(gui.__file__).parent.rglob("*.py"):
        if path.name not in ("plain_text.py", "hint_link.py"):
            made = re.search(r"\bQLabel\(", path.read_text(encoding="utf-8"))
            assert made is None, path


def assert_plain(root: QWidget) -> None:
    """Assert that nothing below a widget takes a hostile name for markup or for a command."""
    for widget in (root, *root.findChildren(QWidget)):
        for text in texts_of(widget):
            assert SPOILT.search(text) is None, (widget, text)
        if isinstance(widget, QLabel):
            rich = widget.textFormat() == Qt.TextFormat.RichText
            assert rich or widget.textFormat() == Qt.TextFormat.PlainText, (widget, widget.text())
            assert not rich or MARKUP.search(widget.text()) is None, (widget, widget.text())
        for shown in tips_of(widget):
            assert MARKUP.search(shown) is None, (widget, shown)
        if isinstance(widget, QAbstractButton):
            assert re.search(r"(?<!&)&now", widget.text()) is None, widget.text()
        for action in widget.actions():
            assert re.search(r"(?<!&)&now", action.text()) is None, action.text()


def texts_of(widget: QWidget) -> Iterator[str]:
    yield widget.windowTitle()
    if isinstance(widget, QLabel | QAbstractButton):
        yield widget.text()


def tips_of(widget: QWidget) -> Iterator[str]:
    yield widget.toolTip()
    for action in widget.actions():
        yield action.toolTip()
    if isinstance(widget, QComboBox):
        for row in range(widget.count()):
            yield str(widget.itemData(row, Qt.ItemDataRole.ToolTipRole) or "")


@pytest.fixture
def hostile_clip(tmp_path: Path) -> Path:
    """A clip with a name of a stranger."""
    made = write_clip(tmp_path / "plain.mp4", moving_square(12))
    return made.rename(tmp_path / f"{HOSTILE.replace('/', '')}.mp4")


def test_window_shows_names_from_files_as_they_are(
    window: MainWindow, engine: FakeEngine, qtbot: QtBot, hostile_clip: Path
) -> None:
    with qtbot.waitSignal(window.video_opened, timeout=10_000):
        window.open_video(hostile_clip)
    model = ModelInfo(HOSTILE, HOSTILE, HOSTILE, False, HOSTILE, HOSTILE, 3.0, (HOSTILE, "b"))
    window.panel.add_model(model)
    window.panel.set_labels((HOSTILE, "b"))
    window.panel.set_settings(
        Request(
            Path(),
            HOSTILE,
            Path(f"/{HOSTILE}"),
            method=HOSTILE,
            options=((HOSTILE, HOSTILE),),
            target=HOSTILE,
            prior=Path(f"/{HOSTILE}"),
            input=HOSTILE,
        )
    )
    window.explain.results.show_failure(HOSTILE)
    window.explain.told.emit(HOSTILE)
    menu = QMenu(window)
    window.files.list_recent(menu)
    window.tell(Failure(HOSTILE, HOSTILE))
    assert "<b>x" in window.windowTitle()
    assert SPOILT.search(window.statusBar().currentMessage()) is None
    assert_plain(window)
    for box in window.findChildren(QMessageBox):
        box.close()

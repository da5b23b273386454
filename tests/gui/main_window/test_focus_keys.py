from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from gui.main_window.window import MainWindow
from tests.gui.conftest import FakeEngine

_LEFT, _TAB = Qt.MouseButton.LeftButton, Qt.FocusReason.TabFocusReason
_KEY = Qt.Key
Part = Callable[[MainWindow], QWidget]

FIELDS: dict[str, Part] = {
    "place": lambda window: window.transport.entry,
    "frame": lambda window: window.transport.number,
    "sigma": lambda window: window.explain.separation.sigma,
    "class": lambda window: window.panel.target,
    "first frame": lambda window: window.panel.first,
}
GROUNDS: dict[str, Part] = {
    "picture": lambda window: window.panes.panes["video"],
    "timeline": lambda window: window.timeline.plots.view.viewport(),
    "empty ground": lambda window: window.panel,
    "button": lambda window: window.transport.mark_in,
    "slider of the playhead": lambda window: window.transport.slider,
}


@pytest.fixture
def explained(explained: MainWindow) -> MainWindow:
    explained.view.update(preset="recommended")  # which has a sigma
    return explained


def give_keys(part: QWidget, qtbot: QtBot) -> None:
    part.window().activateWindow()
    part.setFocus(_TAB)
    qtbot.waitUntil(part.hasFocus)


def press(qtbot: QtBot, *keys: Qt.Key) -> None:
    """Press keys where the keyboard is."""
    for key in keys:
        focus = QApplication.focusWidget()
        assert focus is not None
        qtbot.keyClick(focus, key)


def write(qtbot: QtBot, text: str) -> None:
    for letter in text:
        focus = QApplication.focusWidget()
        assert focus is not None
        qtbot.keyClicks(focus, letter)


def test_return_and_escape_in_a_field_hand_the_keys_back_and_do_nothing_else(
    explained: MainWindow, qtbot: QtBot
) -> None:
    keys = _KEY.Key_Return, _KEY.Key_Enter, _KEY.Key_Escape
    for (field, part), key in itertools.product(FIELDS.items(), keys):
        before = explained.view.state
        give_keys(part(explained), qtbot)
        press(qtbot, key)
        assert explained.hasFocus(), (field, key)
        assert explained.view.state == before, (field, key)
        press(qtbot, _KEY.Key_Right)
        assert explained.view.state.frame == before.frame + 1, (field, key)


def test_place_and_return_go_there_and_no_further(explained: MainWindow, qtbot: QtBot) -> None:
    press(qtbot, _KEY.Key_G)
    write(qtbot, "15")
    press(qtbot, _KEY.Key_Return)
    assert explained.view.state.frame == 15
    assert explained.hasFocus()


def test_place_that_is_wrong_keeps_the_keys_until_escape(
    explained: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, _KEY.Key_G)
    write(qtbot, "4000")
    press(qtbot, _KEY.Key_Return)
    entry = explained.transport.entry
    assert entry.hasFocus()
    press(qtbot, _KEY.Key_Escape)
    assert explained.hasFocus()
    assert (entry.text(), entry.property("wrong")) == ("", False)


def test_escape_gives_up_what_was_typed(explained: MainWindow, qtbot: QtBot) -> None:
    before, held = explained.view.state, explained.panel.settings()
    for field, typed in {"frame": "12", "sigma": "3", "first frame": "9", "class": "box"}.items():
        part = FIELDS[field](explained)
        give_keys(part, qtbot)
        press(qtbot, _KEY.Key_Home, _KEY.Key_Delete)
        write(qtbot, typed)
        if field == "class":
            press_in_list(explained, qtbot, _KEY.Key_Escape)
            assert part.hasFocus()
        press(qtbot, _KEY.Key_Escape)
        assert explained.hasFocus(), field
        assert (explained.view.state, explained.panel.settings()) == (before, held), field


def press_in_list(window: MainWindow, qtbot: QtBot, key: Qt.Key) -> None:
    popup = window.panel.target.popup
    assert popup.isVisible()
    qtbot.keyClick(popup, key)
    assert not popup.isVisible()


def test_return_in_a_list_of_classes_takes_the_class_and_nothing_else(
    explained: MainWindow, qtbot: QtBot
) -> None:
    before = explained.view.state
    give_keys(explained.panel.target, qtbot)
    explained.panel.target.lineEdit().selectAll()
    write(qtbot, "box")
    press_in_list(explained, qtbot, _KEY.Key_Return)
    assert explained.panel.target.chosen() == "boxing"
    assert explained.view.state == before
    assert explained.hasFocus()


def test_field_keeps_letters_that_are_commands(explained: MainWindow, qtbot: QtBot) -> None:
    before = explained.view.state
    for field in ("frame", "sigma", "first frame"):
        give_keys(FIELDS[field](explained), qtbot)
        write(qtbot, "igocup?[]")
    assert explained.view.state == before


def test_click_beside_a_field_hands_the_keys_back(explained: MainWindow, qtbot: QtBot) -> None:
    for ground, find in GROUNDS.items():
        give_keys(explained.panel.last, qtbot)
        part = find(explained)
        qtbot.mouseClick(part, _LEFT, pos=part.rect().center())
        assert explained.hasFocus(), ground


def test_click_into_a_field_lends_it_the_keys(opened: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(opened.transport.entry, _LEFT)
    assert opened.transport.entry.hasFocus()


def test_player_has_the_keys_from_the_start(opened: MainWindow, qtbot: QtBot) -> None:
    qtbot.waitUntil(opened.hasFocus)


def test_run_begun_with_the_keyboard_leaves_the_keys_to_the_player(
    opened: MainWindow, engine: FakeEngine, qtbot: QtBot
) -> None:
    bar = opened.panel.bar
    for ends in ("finishes", "is cancelled", "fails"):
        engine.gate.clear()
        engine.fails = ends == "fails"
        give_keys(bar.explain, qtbot)
        press(qtbot, _KEY.Key_Space)
        assert not bar.explain.isVisible(), ends
        assert opened.focusWidget() is opened, ends
        if ends == "is cancelled":
            bar.cancel.click()
        engine.gate.set()
        qtbot.waitUntil(bar.explain.isVisible)
        for box in opened.findChildren(QMessageBox):
            box.close()
        assert opened.focusWidget() is opened, ends


def test_button_that_was_reached_with_tab_is_pressed(opened: MainWindow, qtbot: QtBot) -> None:
    before = opened.view.state.frame
    for button in (opened.transport.loop, opened.panel.keep_cuts):
        for key in (_KEY.Key_Space, _KEY.Key_Return):
            give_keys(button, qtbot)
            with qtbot.waitSignal(button.clicked):
                press(qtbot, key)
    assert not opened.view.state.playing
    assert opened.view.state.frame == before


def test_space_plays_after_a_button_was_clicked(opened: MainWindow, qtbot: QtBot) -> None:
    qtbot.mouseClick(opened.transport.loop, _LEFT)
    press(qtbot, _KEY.Key_Space)
    assert opened.view.state.playing
    opened.playback.pause()


def test_space_opens_a_list_of_choices_that_was_reached_with_tab(
    opened: MainWindow, qtbot: QtBot
) -> None:
    combo = opened.panel.method
    give_keys(combo, qtbot)
    press(qtbot, _KEY.Key_Space)
    assert combo.view().isVisible()
    assert not opened.view.state.playing
    combo.hidePopup()


def test_return_chooses_a_class_that_has_the_focus(explained: MainWindow, qtbot: QtBot) -> None:
    top, frame = explained.explain.results.top, explained.view.state.frame
    give_keys(top, qtbot)
    with qtbot.waitSignal(top.chosen):
        press(qtbot, _KEY.Key_Return)
    assert explained.view.state.frame == frame


def test_slider_keeps_its_arrows_when_it_was_reached_with_tab(
    explained: MainWindow, qtbot: QtBot
) -> None:
    slider, before = explained.explain.separation.sigma_slider, explained.view.state
    give_keys(slider, qtbot)
    press(qtbot, _KEY.Key_Right)
    assert explained.view.state.frame == before.frame
    assert explained.view.state.sigma > before.sigma


def test_note_opens_its_editor_where_it_is_seen_and_gives_the_keys_back(
    explained: MainWindow, qtbot: QtBot
) -> None:
    explained.docks.docks["notes"].close()
    press(qtbot, _KEY.Key_N)
    editor = QApplication.focusWidget()
    assert isinstance(editor, QPlainTextEdit)
    qtbot.waitUntil(lambda: not editor.visibleRegion().isEmpty())
    write(qtbot, "I go on")
    press(qtbot, _KEY.Key_Return)
    assert [note.text for note in explained.notes.notes.notes] == ["I go on"]
    assert explained.hasFocus()


def test_text_that_was_edited_from_the_table_gives_the_keys_back_to_it(
    explained: MainWindow, qtbot: QtBot
) -> None:
    press(qtbot, _KEY.Key_N)
    press(qtbot, _KEY.Key_Return)
    table = explained.notes.panel.table
    give_keys(table, qtbot)
    press(qtbot, _KEY.Key_F2)
    write(qtbot, "walks")
    press(qtbot, _KEY.Key_Return)
    assert table.hasFocus()

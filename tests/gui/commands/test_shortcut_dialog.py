from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialogButtonBox, QPushButton, QTreeWidgetItem
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from gui.commands.command import Command, CommandTable
from gui.commands.shortcut_dialog import KeyDialog

_CONTROL = Qt.KeyboardModifier.ControlModifier


def nothing() -> None:
    pass


@pytest.fixture
def table(qtbot: QtBot) -> CommandTable:
    return CommandTable(
        (
            Command("play.toggle", "Play", nothing, ("Space", "K")),
            Command("play.next", "Next frame", nothing, ("Right",)),
            Command("pane.fit", "Fit", nothing),
        ),
        {"&Playback": (("play.toggle", "play.next"),), "&View/&Panes": (("pane.fit",),)},
    )


@pytest.fixture
def dialog(qtbot: QtBot, table: CommandTable) -> KeyDialog:
    dialog = KeyDialog(table)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # qtbot closes it
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def items(dialog: KeyDialog) -> list[QTreeWidgetItem]:
    found = (dialog.tree.topLevelItem(row) for row in range(dialog.tree.topLevelItemCount()))
    return [item for item in found if item is not None]


def rows(dialog: KeyDialog) -> list[tuple[str, str]]:
    return [(item.text(0), item.text(1)) for item in items(dialog) if not item.isHidden()]


def choose(qtbot: QtBot, dialog: KeyDialog, row: int) -> None:
    place = dialog.tree.visualItemRect(items(dialog)[row]).center()
    qtbot.mouseClick(dialog.tree.viewport(), Qt.MouseButton.LeftButton, pos=place)


def press(
    qtbot: QtBot,
    dialog: KeyDialog,
    key: Qt.Key,
    modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    qtbot.keyClick(dialog.keys, key, modifier)


def click(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_dialog_lists_commands_by_menu_with_their_keys(dialog: KeyDialog) -> None:
    assert rows(dialog) == [
        ("Playback > Play", "Space, K"),
        ("Playback > Next frame", "Right"),
        ("View > Panes > Fit", ""),
    ]


@pytest.mark.parametrize(
    ("words", "left"),
    [("fit", ["Fit"]), ("SPACE", ["Play"]), ("playback", ["Play", "Next frame"]), ("zebra", [])],
)
def test_search_leaves_what_has_the_words(
    dialog: KeyDialog, qtbot: QtBot, words: str, left: list[str]
) -> None:
    qtbot.keyClicks(dialog.filter, words)
    assert [text.split(" > ")[-1] for text, _ in rows(dialog)] == left


def test_use_gives_the_chosen_command_the_keys_at_once(
    dialog: KeyDialog, qtbot: QtBot, table: CommandTable
) -> None:
    choose(qtbot, dialog, 2)
    press(qtbot, dialog, Qt.Key.Key_F, _CONTROL)
    assert dialog.conflict.text() == ""
    with qtbot.waitSignal(dialog.saved):
        click(qtbot, dialog.use)
    assert table.keys("pane.fit") == ("Ctrl+F",)
    assert rows(dialog)[2] == ("View > Panes > Fit", "Ctrl+F")
    assert dialog.keys.keySequence().isEmpty()


def test_keys_of_another_command_are_named_before_it_loses_them(
    dialog: KeyDialog, qtbot: QtBot, table: CommandTable
) -> None:
    choose(qtbot, dialog, 1)
    press(qtbot, dialog, Qt.Key.Key_K)
    assert dialog.conflict.text() == "K is used by “Play”, which loses it."
    assert table.keys("play.toggle") == ("Space", "K")
    click(qtbot, dialog.use)
    assert [keys for _, keys in rows(dialog)] == ["Space", "K", ""]


def test_own_keys_are_no_conflict_and_are_not_doubled(
    dialog: KeyDialog, qtbot: QtBot, table: CommandTable
) -> None:
    choose(qtbot, dialog, 0)
    press(qtbot, dialog, Qt.Key.Key_Space)
    assert dialog.conflict.text() == ""
    click(qtbot, dialog.add)
    assert table.keys("play.toggle") == ("K", "Space")


def test_add_keeps_the_keys_there_are(dialog: KeyDialog, qtbot: QtBot, table: CommandTable) -> None:
    choose(qtbot, dialog, 1)
    press(qtbot, dialog, Qt.Key.Key_N)
    click(qtbot, dialog.add)
    assert table.keys("play.next") == ("Right", "N")


def test_none_usual_and_all_usual(dialog: KeyDialog, qtbot: QtBot, table: CommandTable) -> None:
    for row in (0, 1):
        choose(qtbot, dialog, row)
        click(qtbot, dialog.none)
    assert [keys for _, keys in rows(dialog)] == ["", "", ""]
    click(qtbot, dialog.usual)  # of the one chosen last
    assert table.changed_keys() == {"play.toggle": ()}
    with qtbot.waitSignal(dialog.saved):
        click(qtbot, dialog.all_usual)
    assert table.changed_keys() == {}


def test_buttons_wait_for_a_command_and_for_keys(
    dialog: KeyDialog, qtbot: QtBot, table: CommandTable
) -> None:
    with qtbot.assertNotEmitted(dialog.saved):
        for button in (dialog.use, dialog.add, dialog.none, dialog.usual):
            click(qtbot, button)
        choose(qtbot, dialog, 0)
        for button in (dialog.use, dialog.add):
            click(qtbot, button)
    assert table.changed_keys() == {}
    press(qtbot, dialog, Qt.Key.Key_N)
    assert dialog.use.isEnabled()
    choose(qtbot, dialog, 1)
    assert dialog.keys.keySequence().isEmpty()
    assert not dialog.use.isEnabled()


def test_close_button_closes_and_deletes_it(qtbot: QtBot, table: CommandTable) -> None:
    dialog = KeyDialog(table)
    dialog.show()
    box = dialog.findChild(QDialogButtonBox)
    assert isinstance(box, QDialogButtonBox)
    button = box.button(QDialogButtonBox.StandardButton.Close)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not isValid(dialog))

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot
from shiboken6 import isValid

from gui.commands.cheat_sheet import CheatSheet
from gui.commands.command import Command, CommandTable


def nothing() -> None:
    pass


def table_of(*commands: tuple[str, str, tuple[str, ...]]) -> CommandTable:
    menus: dict[str, tuple[str, ...]] = {}
    for menu, text, _ in commands:
        menus[menu] = (*menus.get(menu, ()), text)
    made = (Command(text, text, nothing, keys) for _, text, keys in commands)
    return CommandTable(made, {menu: (names,) for menu, names in menus.items()})


def columns(sheet: CheatSheet) -> list[str]:
    labels = sheet.findChildren(QLabel)
    return [label.text() for label in labels if label.textFormat() == Qt.TextFormat.RichText]


def test_sheet_has_the_keys_of_now_under_their_menu(qtbot: QtBot) -> None:
    table = table_of(
        ("&Play", "Play <on>", ("Space", "K")), ("&Play", "Next", ()), ("&View/&Panes", "Fit", ())
    )
    table.rebind("Fit", ["Ctrl+F"])
    sheet = CheatSheet(table)
    qtbot.addWidget(sheet)
    text = "".join(columns(sheet))
    assert "<b>Play</b>" in text
    assert "Space  K" in text
    assert "Play &lt;on&gt;" in text
    assert "<b>View</b>" in text
    assert "Ctrl+F" in text
    assert "Next" not in text  # it has no key


def test_sheet_spreads_long_menus_over_columns(qtbot: QtBot) -> None:
    keys = [f"Ctrl+{letter}" for letter in "ABCDEFGHIJKL"]
    table = table_of(*((f"Menu {k // 3}", f"Command {k}", (keys[k],)) for k in range(12)))
    sheet = CheatSheet(table)
    qtbot.addWidget(sheet)
    found = columns(sheet)
    assert len(found) == 3
    assert [text.count("<tr>") for text in found] == [3, 6, 3]
    assert "".join(found).index("Command 0") < "".join(found).index("Command 11")


def test_sheet_without_any_key_is_no_error(qtbot: QtBot) -> None:
    sheet = CheatSheet(table_of(("File", "Open", ())))
    qtbot.addWidget(sheet)
    assert columns(sheet) == []


def test_escape_closes_the_sheet(qtbot: QtBot) -> None:
    sheet = CheatSheet(table_of(("File", "Open", ("Ctrl+O",))))
    sheet.show()
    qtbot.keyClick(sheet, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not isValid(sheet))

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.errors import EngineError
from gui.commands.command import Command, CommandTable
from gui.commands.shortcuts import load_keys, save_keys


def nothing() -> None:
    pass


@pytest.fixture
def table(qtbot: QtBot) -> CommandTable:
    return CommandTable(
        (
            Command("play.toggle", "Play", nothing, ("Space", "K")),
            Command("play.next", "Next frame", nothing, ("Right",)),
            Command("view.fit", "Fit", nothing),
        ),
        {"&Playback": (("play.toggle", "play.next"),), "&View": (("view.fit",),)},
    )


def all_keys(table: CommandTable) -> dict[str, tuple[str, ...]]:
    return {name: table.keys(name) for name in table.commands}


def test_keys_are_read_as_they_were_saved(table: CommandTable, tmp_path: Path) -> None:
    path = tmp_path / "settings" / "keys.json"
    table.rebind("play.toggle", ())
    table.rebind("view.fit", ("Ctrl+F", "Space"))
    save_keys(path, table)
    table.reset()
    load_keys(path, table)
    assert all_keys(table) == {
        "play.toggle": (),
        "play.next": ("Right",),
        "view.fit": ("Ctrl+F", "Space"),
    }
    assert [file.name for file in path.parent.iterdir()] == ["keys.json"]


def test_keys_saved_are_those_that_differ(table: CommandTable, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    table.rebind("play.next", ("N",))
    save_keys(path, table)
    assert json.loads(path.read_text(encoding="utf-8")) == {"play.next": ["N"]}


def test_keys_without_a_file_stay_as_at_first(table: CommandTable, tmp_path: Path) -> None:
    load_keys(tmp_path / "nowhere" / "keys.json", table)
    assert table.changed_keys() == {}


def test_keys_of_an_unknown_command_are_passed_over(table: CommandTable, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_text('{"play.dance": ["D"], "play.next": ["N"]}', encoding="utf-8")
    load_keys(path, table)
    assert table.changed_keys() == {"play.next": ("N",)}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "3",
        "[" * 100_000,
        '{"play.next": "N"}',
        '{"play.next": [3]}',
        '{"play.next": null}',
        '{"play.next": [""]}',
        '{"play.next": ["N"], "view.fit": ["no such key"]}',
    ],
    ids=lambda text: text[:20],
)
def test_broken_keys_change_nothing_and_name_the_file(
    table: CommandTable, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(EngineError, match=r"keys\.json") as caught:
        load_keys(path, table)
    assert "Keyboard shortcuts" in caught.value.hint
    assert table.changed_keys() == {}


def test_keys_in_bytes_that_are_no_text_change_nothing(table: CommandTable, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(EngineError, match="cannot be used"):
        load_keys(path, table)
    assert table.changed_keys() == {}


def test_keys_that_cannot_be_saved_say_where(table: CommandTable, tmp_path: Path) -> None:
    (tmp_path / "settings").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(EngineError, match=r"settings.keys\.json"):
        save_keys(tmp_path / "settings" / "keys.json", table)

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from gui.main_window.appearance import WindowLook, load_look, save_look

WHOLE = WindowLook("AdnQ", "AAAA/w==", "dark", {"format": "clip", "speed": 0.5}, "r3d_18")


def write(folder: Path, text: str) -> Path:
    path = folder / "window.json"
    path.write_text(text, encoding="utf-8")
    return path


def test_look_is_read_as_it_was_saved(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there yet"
    save_look(folder, WHOLE)
    assert load_look(folder) == WHOLE
    assert [path.name for path in folder.iterdir()] == ["window.json"]


def test_look_saved_again_replaces_the_old_one(tmp_path: Path) -> None:
    save_look(tmp_path, WHOLE)
    save_look(tmp_path, WindowLook(scheme="light"))
    assert load_look(tmp_path) == WindowLook(scheme="light")


def test_look_without_a_file_is_the_usual_and_no_news(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert load_look(tmp_path / "nowhere") == WindowLook("", "", "system", {})
    assert not caplog.records


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", '"dark"', "[" * 100_000, "\x00", '{"scheme": "dark"'], ids=len
)
def test_look_that_is_no_json_object_is_the_usual_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    path = write(tmp_path, text)
    assert load_look(tmp_path) == WindowLook()
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert str(path) in caplog.text


@pytest.mark.parametrize("value", [None, 3, True, [], {}, "not base64!", "AdnQA", "żółw"])
@pytest.mark.parametrize("key", ["geometry", "docks"])
def test_look_with_a_state_that_is_not_base64_is_the_usual(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, key: str, value: object
) -> None:
    write(tmp_path, json.dumps({"scheme": "dark", key: value}))
    assert load_look(tmp_path) == WindowLook()
    assert key in caplog.text


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scheme", "pink"),
        ("scheme", None),
        ("scheme", ["dark"]),
        ("export", "clip"),
        ("export", [1]),
        ("export", None),
    ],
)
def test_look_with_a_wrong_choice_is_the_usual(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, key: str, value: object
) -> None:
    write(tmp_path, json.dumps({"geometry": "AdnQ", key: value}))
    assert load_look(tmp_path) == WindowLook()
    assert key in caplog.text


@pytest.mark.parametrize("known", [{}, {"scheme": "light"}, {"export": {"a": 1}}])
def test_look_of_another_version_keeps_what_is_known(tmp_path: Path, known: dict[str, Any]) -> None:
    write(tmp_path, json.dumps({**known, "wobble": 3}))
    assert load_look(tmp_path) == WindowLook(**known)


def test_look_that_cannot_be_written_is_logged_and_keeps_the_old_file(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "settings"
    blocked.write_text("a file where the folder should be", encoding="utf-8")
    save_look(blocked, WHOLE)
    assert "cannot be written" in caplog.text
    assert blocked.read_text(encoding="utf-8").startswith("a file")

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.models.cards.reading import read_card

ON_WINDOWS = os.name == "nt"


def card_with(folder: Path, line: str, encoding: str = "utf-8") -> Path:
    path = folder / "card.toml"
    path.write_text(f'name = "a"\n{line}\n', encoding=encoding)
    return path


@pytest.mark.skipif(ON_WINDOWS, reason="there these are paths")
@pytest.mark.parametrize("quoted", [r"'nets\best.pth'", r'"nets\\best.pth"', '"nets/best.pth"'])
def test_backslashes_in_paths_of_a_card_are_slashes(quoted: str, tmp_path: Path) -> None:
    lines = f"network = 'nets\\net.py:build'\ncheckpoint = {quoted}\nlabels = {quoted}"
    card = read_card(card_with(tmp_path, lines))
    assert card.checkpoint == card.labels == tmp_path / "nets" / "best.pth"
    assert card.network == "nets/net.py:build"


@pytest.mark.skipif(ON_WINDOWS, reason="there these are paths")
@pytest.mark.parametrize(
    "path", [r"C:\models\best.pth", "D:/models/best.pth", r"\\server\x\best.pth"]
)
@pytest.mark.parametrize("key", ["checkpoint", "labels", "network"])
def test_absolute_paths_of_windows_are_named(key: str, path: str, tmp_path: Path) -> None:
    network = "" if key == "network" else 'network = "r3d_18"\n'
    with pytest.raises(ModelError, match=f"{key!r} .* is a path of Windows") as caught:
        read_card(card_with(tmp_path, f"{network}{key} = '{path}'"))
    assert f"{key} = 'best.pth'" in caught.value.hint


@pytest.mark.parametrize("path", [r"C:\models\new\a.pth", r"C:\users\me\a.pth", "C:\\nets\\"])
def test_backslashes_in_double_quotes_are_explained(path: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not TOML") as caught:
        read_card(card_with(tmp_path, f'network = "r3d_18"\ncheckpoint = "{path}"'))
    assert "single quotes" in caught.value.hint


def test_backslashes_that_became_other_signs_are_explained(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"'checkpoint' .* a sign that no path has") as caught:
        read_card(card_with(tmp_path, 'network = "r3d_18"\ncheckpoint = "new\\best.pth"'))
    assert "single quotes" in caught.value.hint


def test_key_that_is_there_twice_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not TOML") as caught:
        read_card(card_with(tmp_path, 'name = "b"'))
    assert "twice" in caught.value.hint


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_card_of_windows_editors_is_read(encoding: str, tmp_path: Path) -> None:
    assert read_card(card_with(tmp_path, 'network = "r3d_18"', encoding)).network == "r3d_18"


def test_card_that_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "zeros.toml").symlink_to("/dev/zero")
    (tmp_path / "deep.toml").write_text("a = " + "[" * 100_000)
    for name in ("pipe", "zeros", "deep", "none"):
        with pytest.raises(ModelError, match="model card"):
            read_card(tmp_path / f"{name}.toml")

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from inspector.leftovers import remember_target, tidy


def leave_something(folder: Path) -> None:
    part = folder / ".motion-inspector-0123456789abcdef.part"
    part.mkdir(parents=True)
    (part / "owner.lock").touch()
    (part / "clip.mp4").write_bytes(b"half")


def test_leftovers_go_where_was_exported_to(tmp_path: Path) -> None:
    for name in ("one", "two", "other"):
        leave_something(tmp_path / name)
    remember_target(tmp_path / "one" / "clip.mp4")
    remember_target(tmp_path / "two" / "clip.mp4")
    remember_target(tmp_path / "gone" / "clip.mp4")
    tidy()
    left = {name: len(list((tmp_path / name).iterdir())) for name in ("one", "two", "other")}
    assert left == {"one": 0, "two": 0, "other": 1}


def test_leftovers_go_from_the_place_of_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    leave_something(tmp_path)
    (tmp_path / "motion-inspector-notes").mkdir()  # which somebody may have called so
    tidy()
    assert [path.name for path in tmp_path.iterdir()] == ["motion-inspector-notes"]


def test_list_of_folders_stays_short(export_list: Path, tmp_path: Path) -> None:
    for number in range(40):
        remember_target(tmp_path / str(number % 25) / "clip.mp4")
    lines = export_list.read_text().splitlines()
    assert len(lines) == len(set(lines)) == 20
    assert lines[0] == str(tmp_path / "14")


def test_spoilt_or_locked_list_keeps_nobody_from_working(export_list: Path, tmp_path: Path) -> None:
    export_list.write_bytes(bytes(range(256)))
    tidy()
    export_list.unlink()
    export_list.mkdir()
    remember_target(tmp_path / "clip.mp4")
    tidy()

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector.backend.recent_files import MOST_RECENT, RecentFiles


def test_recent_files_are_the_newest_first(tmp_path: Path) -> None:
    recent = RecentFiles(tmp_path / "settings")
    assert recent.entries() == ()
    files = [tmp_path / f"{number}.mp4" for number in range(15)]
    files[14].write_text("there")
    for file in (*files, files[7]):
        recent.add(file)
    entries = RecentFiles(tmp_path / "settings").entries()
    assert len(entries) == MOST_RECENT
    assert [entry.path for entry in entries[:3]] == [files[7], files[14], files[13]]
    assert [entry.is_there for entry in entries[:3]] == [False, True, False]
    recent.remove(files[7])
    assert recent.entries()[0].path == files[14]
    recent.clear()
    assert recent.entries() == ()


@pytest.mark.parametrize("content", [b"{", b"[3]", b"{}", b"\xff", b"", b"[" * 100_000])
def test_a_broken_list_of_recent_files_is_logged_and_replaced(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "recent.json").write_bytes(content)
    recent = RecentFiles(tmp_path)
    assert recent.entries() == ()
    assert "cannot be used" in caplog.text
    recent.add(tmp_path / "a.mp4")
    assert json.loads((tmp_path / "recent.json").read_text()) == [str(tmp_path / "a.mp4")]


def test_recent_files_that_cannot_be_written_are_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    RecentFiles(tmp_path / "file" / "settings").add(tmp_path / "a.mp4")
    assert "cannot be written" in caplog.text

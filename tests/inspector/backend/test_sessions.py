from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.cancel import Cancelled, CancelToken
from engine.types import Request
from engine.video.content_hash import content_id
from gui.state.session_file import SessionFile
from inspector.backend import sessions
from inspector.backend.sessions import (
    MOST_RECENT,
    Autosave,
    RecentFiles,
    difference,
    find_recoverable,
    forget,
    relink,
)

ROOT = Path(__file__).parents[3]


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "videos" / "walk.mp4"
    path.parent.mkdir()
    path.write_bytes(b"a video" * 100)
    return path


@pytest.fixture
def session(video: Path) -> SessionFile:
    return SessionFile(Request(video), content=content_id(video))


def noted(session: SessionFile, text: str) -> SessionFile:
    return replace(session, notes=({"first": 0, "stop": 1, "text": text},))


def test_autosave_writes_only_what_changed(
    tmp_path: Path, session: SessionFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    autosave = Autosave(tmp_path)
    written: list[str] = []
    write_text = sessions.write_text
    monkeypatch.setattr(
        sessions,
        "write_text",
        lambda path, text, sync: (written.append(text), write_text(path, text, sync=sync)),
    )
    for text in ("a", "a", "b", "b", "a"):
        autosave.save(noted(session, text))
    assert len(written) == 3
    autosave.close()


def test_a_clean_exit_leaves_nothing(tmp_path: Path, session: SessionFile) -> None:
    autosave = Autosave(tmp_path / "state")
    autosave.save(session)
    autosave.close()
    assert not list((tmp_path / "state").iterdir())
    assert find_recoverable(tmp_path / "state") == []


def test_nothing_open_leaves_nothing_to_recover(tmp_path: Path, session: SessionFile) -> None:
    autosave = Autosave(tmp_path / "state")
    autosave.save(session)
    autosave.save(None)
    assert not autosave.path.exists()
    autosave.save(session)
    assert autosave.path.exists()
    autosave.close()


def test_what_a_living_process_has_open_is_not_recovered(
    tmp_path: Path, session: SessionFile
) -> None:
    autosave = Autosave(tmp_path)
    autosave.save(session)
    assert find_recoverable(tmp_path) == []
    autosave.close()


def die_with(session: SessionFile, folder: Path, text: str) -> None:
    """A process that has a session open and is killed."""
    code = f"""
import os, signal
from pathlib import Path
from engine.types import Request
from gui.state.session_file import SessionFile
from inspector.backend.sessions import Autosave
session = SessionFile(
    Request(Path({str(session.request.video)!r})),
    content={session.content!r},
    notes=({{"text": {text!r}}},),
)
autosave = Autosave(Path({str(folder)!r}))
autosave.save(session, Path("mine.mis.json"))
os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode != 0


def test_what_a_killed_process_had_open_is_recovered(tmp_path: Path, session: SessionFile) -> None:
    folder = tmp_path / "state"
    die_with(session, folder, "first")
    die_with(session, folder, "second")
    first = next(path for path in folder.glob("*.json") if "first" in path.read_text())
    os.utime(first, (1, 1))
    found = find_recoverable(folder)
    assert [each.session.notes[0]["text"] for each in found] == ["second", "first"]
    assert found[0].session.request.video == session.request.video
    assert found[0].session.other == {}
    assert found[0].saved_as == ROOT / "mine.mis.json"
    assert found[1].saved_s == 1
    forget(found[0])
    forget(found[0])
    assert len(find_recoverable(folder)) == 1


def test_broken_autosaves_are_passed_over(
    tmp_path: Path, session: SessionFile, caplog: pytest.LogCaptureFixture
) -> None:
    die_with(session, tmp_path, "whole")
    (tmp_path / "1-a.mis.json").write_text("{")
    (tmp_path / "2-b.mis.json").mkdir()
    assert len(find_recoverable(tmp_path)) == 1
    assert len(caplog.records) == 2


def test_no_autosaves_are_no_error(tmp_path: Path) -> None:
    assert find_recoverable(tmp_path / "missing") == []


def test_autosave_that_cannot_write_is_logged_once(
    tmp_path: Path, session: SessionFile, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    autosave = Autosave(tmp_path / "file" / "state")
    for text in "abc":
        assert autosave.save(noted(session, text)) is None
    autosave.close()
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len([record for record in warnings if "cannot be kept" in record.message]) == 1


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


def test_relink_takes_the_video_beside_the_session_first(
    tmp_path: Path, video: Path, session: SessionFile
) -> None:
    copy = tmp_path / "copy.mp4"
    copy.write_bytes(video.read_bytes())
    assert relink(session) == video
    assert relink(replace(session, beside=copy)) == copy
    copy.write_bytes(b"another")
    assert relink(replace(session, beside=copy)) == video


def test_relink_finds_a_video_that_was_moved_and_renamed(
    tmp_path: Path, video: Path, session: SessionFile
) -> None:
    decoy = tmp_path / "deep" / "walk.mp4"
    decoy.parent.mkdir()
    decoy.write_bytes(b"b video" * 100)
    moved = tmp_path / "deep" / "er" / "renamed.mkv"
    moved.parent.mkdir()
    video.rename(moved)
    assert relink(session) is None
    assert relink(session, [tmp_path / "missing", tmp_path]) == moved


def test_relink_finds_a_folder_of_pictures(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.png").write_bytes(bytes([number]))
    session = SessionFile(Request(folder), content=content_id(folder))
    (tmp_path / "new").mkdir()
    folder.rename(tmp_path / "new" / "pictures")
    assert relink(session, [tmp_path]) == tmp_path / "new" / "pictures"


def test_relink_is_bounded_and_can_be_cancelled(
    tmp_path: Path, video: Path, session: SessionFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "z" / "moved.mp4"
    moved.parent.mkdir()
    video.rename(moved)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        relink(session, [tmp_path], token.check)
    with monkeypatch.context() as patch:
        patch.setattr(sessions, "_MOST_FILES", 2)
        assert relink(session, [tmp_path]) is None
    monkeypatch.setattr(sessions, "_MOST_SEARCH_S", -1)
    assert relink(session, [tmp_path]) is None


def test_relink_without_a_known_content_takes_what_is_there(
    tmp_path: Path, video: Path, session: SessionFile
) -> None:
    unknown = replace(session, content="")
    assert relink(unknown) == video
    video.unlink()
    assert relink(unknown, [tmp_path]) is None


def test_another_video_is_warned_of(tmp_path: Path, video: Path, session: SessionFile) -> None:
    other = tmp_path / "other.mp4"
    other.write_bytes(b"another")
    assert difference(session, video) is None
    assert difference(replace(session, content=""), other) is None
    warning = difference(session, other)
    assert warning is not None
    assert "other.mp4" in warning
    assert difference(session, tmp_path / "missing.mp4") is not None

from __future__ import annotations

import logging
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from engine.types import Request
from engine.video.content_hash import content_id
from gui.state.session_file import SessionFile
from inspector.backend import autosave as autosave_module
from inspector.backend.autosave import Autosave, find_recoverable, forget

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
    write_text = autosave_module.write_text
    monkeypatch.setattr(
        autosave_module,
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
from inspector.backend.autosave import Autosave
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

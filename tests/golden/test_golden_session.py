"""A session file of an earlier version: it is read as it was, shown, and written again."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from engine.types import Request
from engine.video.content_hash import content_id
from gui.main_window.window import MainWindow
from gui.session.session_contents import contents_of
from gui.state.session_file import SUFFIX, SessionFile, dump, load, read_session, save_session
from gui.state.view_state import ViewState
from inspector.backend.autosave import Autosave, find_recoverable
from tests.golden.keeping import KEPT, same_bytes, same_json
from tests.golden.sessions import FOLDER, HOME, NOTES, REGION, SESSION

NAME = f"session/full{SUFFIX}"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the paths are those of POSIX")


def test_session_is_written_as_it_was() -> None:
    same_bytes(NAME, dump(SESSION, FOLDER).encode())


def test_session_is_read_as_it_was() -> None:
    text = (KEPT / NAME).read_text(encoding="utf-8")
    found = load(text, FOLDER)
    assert asdict(found) == asdict(SESSION)
    assert contents_of(found) == (NOTES, REGION)
    assert dump(found, FOLDER) == text


def test_session_sets_every_field() -> None:
    plain = asdict(SessionFile(Request(Path("a.mp4")), ViewState()))
    full = asdict(SESSION)
    for part, usual in ((full, plain), *((full[key], plain[key]) for key in ("request", "view"))):
        same = {name for name in part if part[name] == usual[name]}
        assert same <= {"frame_count", "playing", "stand_ins"}  # which no file holds


def test_session_saved_again_is_the_same_file(tmp_path: Path) -> None:
    text = (KEPT / NAME).read_text(encoding="utf-8").replace(str(HOME), str(tmp_path))
    (tmp_path / "sessions").mkdir()
    paths = [tmp_path / "sessions" / f"{name}{SUFFIX}" for name in ("one", "two")]
    paths[0].write_text(text, encoding="utf-8")
    save_session(read_session(paths[0]), paths[1])
    assert paths[1].read_text(encoding="utf-8") == text


def test_autosaved_session_is_recovered(tmp_path: Path) -> None:
    autosave = Autosave(tmp_path / "mine")
    path = autosave.save(SESSION, FOLDER / f"walk{SUFFIX}")
    assert path is not None
    same_bytes(f"session/autosaved{SUFFIX}", path.read_bytes())
    autosave.close()
    (tmp_path / "lost").mkdir()
    shutil.copy(KEPT / "session" / f"autosaved{SUFFIX}", tmp_path / "lost")
    [lost] = find_recoverable(tmp_path / "lost")
    assert lost.saved_as == FOLDER / f"walk{SUFFIX}"
    assert lost.session == replace(SESSION, beside=None)


@pytest.fixture
def shown(window: MainWindow, qtbot: QtBot, clip: Path, tmp_path: Path) -> MainWindow:
    """The window with the golden session opened, on a video of 40 frames."""
    text = (KEPT / NAME).read_text(encoding="utf-8").replace(str(HOME), str(tmp_path))
    text = text.replace(SESSION.content, content_id(clip)).replace(
        '"explain": true', '"explain": false'
    )
    for name in ("sessions", "videos"):
        (tmp_path / name).mkdir()
    shutil.copy(clip, tmp_path / "videos" / "walk.mp4")
    path = tmp_path / "sessions" / f"full{SUFFIX}"
    path.write_text(text.replace('"../videos/walk.analysis"', "null"), encoding="utf-8")
    with qtbot.waitSignal(window.sessions.opened, timeout=10_000):
        window.open_file(path)
    qtbot.waitUntil(lambda: not window.sessions.contents.busy)
    return window


def test_session_is_shown_and_taken_from_the_window_again(
    shown: MainWindow, tmp_path: Path
) -> None:
    session = shown.workspace.snapshot("content")
    assert session is not None
    text = dump(session, tmp_path / "sessions").replace(str(tmp_path), str(HOME))
    same_json("session/of-the-window.json", json.loads(text) | {"layout": list(session.layout)})

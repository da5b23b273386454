from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from engine.cancel import Cancelled, CancelToken
from engine.types import Request
from engine.video.content_hash import content_id
from gui.state.session_file import SessionFile
from inspector.backend import moved_videos
from inspector.backend.moved_videos import difference, relink


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "videos" / "walk.mp4"
    path.parent.mkdir()
    path.write_bytes(b"a video" * 100)
    return path


@pytest.fixture
def session(video: Path) -> SessionFile:
    return SessionFile(Request(video), content=content_id(video))


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
        patch.setattr(moved_videos, "_MOST_FILES", 2)
        assert relink(session, [tmp_path]) is None
    monkeypatch.setattr(moved_videos, "_MOST_SEARCH_S", -1)
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

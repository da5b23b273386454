"""Indexes on disk: found again, dropped when the file or the entry changed, kept within a size."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from engine.utils.paths import CACHE_VARIABLE, cache_folder
from engine.video import open_video
from engine.video.index import index_store
from engine.video.index.index_store import fingerprint, load_index
from tests.engine.video.numbered import Clip, number_in


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return Clip("a.ts", "mpeg2video", frames=12).write(tmp_path)


def entries() -> list[Path]:
    return sorted((cache_folder() / "index").iterdir())


def test_open_video_again_does_not_decode_everything_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_video(path) as video:
        times_s = video.timestamps_s
    monkeypatch.setattr("engine.video.scan.open_index.read_table", None)
    monkeypatch.setattr("engine.video.scan.open_index.Verification", None)
    with open_video(path) as video:
        assert [number_in(picture) for picture in video] == list(range(12))
        assert np.array_equal(video.timestamps_s, times_s)


def test_fingerprint_follows_content_time_and_what_is_asked(path: Path) -> None:
    name = fingerprint(path, None)
    assert fingerprint(path, None) == name
    assert fingerprint(path, 1) != name
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    facts = path.stat()
    path.write_bytes(changed)
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert fingerprint(path, None) != name


def test_load_index_takes_a_broken_entry_as_none(path: Path) -> None:
    open_video(path).close()
    [entry] = entries()
    for content in (b"", b"PK\x03\x04 broken", entry.read_bytes()[:200]):
        entry.write_bytes(content)
        assert load_index(entry.stem) is None
    with open_video(path) as video:
        assert len(video) == 12


def test_save_index_drops_the_least_recently_used(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_video(path).close()
    [first] = entries()
    os.utime(first, (0, 0))
    monkeypatch.setattr(index_store, "MAX_STORE_BYTES", first.stat().st_size * 3 // 2)
    open_video(Clip("b.ts", "mpeg2video", frames=12).write(tmp_path)).close()
    [left] = entries()
    assert left != first


def test_open_video_works_where_nothing_can_be_kept(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file"))
    with open_video(path) as video:
        assert len(video) == 12

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from engine.errors import VideoError
from engine.video import open_video
from engine.video.container.stamp import FileStamp, VideoChangedError, unchanged
from engine.video.content_hash import content_id
from tests.clips import moving_square, write_clip

Change = Callable[[Path, Path], object]


def replace_by(path: Path, other: Path) -> None:
    os.replace(shutil.copy(other, path.with_suffix(".new")), path)


def make_folder(path: Path, other: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES: dict[str, Change] = {
    "other content": lambda path, other: path.write_bytes(other.read_bytes()),
    "shorter": lambda path, other: path.write_bytes(path.read_bytes()[:900]),
    "empty": lambda path, other: path.write_bytes(b""),
    "garbage": lambda path, other: path.write_bytes(b"x" * path.stat().st_size),
    "longer garbage": lambda path, other: path.write_bytes(b"x" * (path.stat().st_size + 9)),
    "gone": lambda path, other: path.unlink(),
    "replaced": replace_by,
    "a folder": make_folder,
}


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("stamps")
    first = write_clip(folder / "walk.mp4", moving_square(40))
    return first, write_clip(folder / "other.mp4", moving_square(90))


@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize("after", [0, 11, 38])
def test_video_that_is_changed_while_open_is_refused_in_one_sentence(
    clips: tuple[Path, Path], tmp_path: Path, how: str, after: int
) -> None:
    path, other = Path(shutil.copy(clips[0], tmp_path)), clips[1]

    def read_all() -> None:
        for number, _ in enumerate(video.frames([*range(40), 3, 20])):
            if number == after:
                CHANGES[how](path, other)

    changed = pytest.raises(VideoChangedError, match=r"walk\.mp4 was changed while it was open")
    with open_video(path, cache_bytes=1, hold=True) as video, changed:
        read_all()
    assert VideoChangedError(path).hint == "Open it again."


def test_frames_of_another_version_are_never_kept(clips: tuple[Path, Path], tmp_path: Path) -> None:
    path = Path(shutil.copy(clips[0], tmp_path))
    with open_video(path) as video:
        first = video[0]
        path.write_bytes(clips[1].read_bytes())
        with pytest.raises(VideoError):
            video[30]
        with pytest.raises(VideoError):
            video[29]
        assert np.array_equal(video[0], first)  # decoded before, and so of the same version


def test_pictures_that_are_changed_while_open_are_refused(tmp_path: Path) -> None:
    import cv2

    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), moving_square(3)[number])
    with open_video(tmp_path, cache_bytes=1) as video:
        assert len(video[0])
        cv2.imwrite(str(tmp_path / "2.png"), np.zeros((64, 96, 3), np.uint8))
        with pytest.raises(VideoChangedError, match=r"2\.png was changed"):
            video[2]


def test_content_id_of_a_file_that_changes_meanwhile_is_not_remembered(
    clips: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.video import content_hash

    path = Path(shutil.copy(clips[0], tmp_path))
    read = content_hash._add_samples

    def slow(digest: object, read_path: Path) -> None:
        path.write_bytes(clips[1].read_bytes())
        read(digest, read_path)  # type: ignore[arg-type]

    monkeypatch.setattr(content_hash, "_add_samples", slow)
    with pytest.raises(VideoChangedError):
        content_id(path)
    monkeypatch.undo()
    assert content_id(path) == content_id(clips[1])


def test_stamp_lets_a_file_grow_and_says_nothing_of_folders(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc" * 99)
    stamp, strict = FileStamp(path, may_grow=True), FileStamp(path)
    folder = FileStamp(tmp_path)
    with path.open("ab") as file:
        file.write(b"more")
    assert (stamp.is_outdated, strict.is_outdated, folder.is_outdated) == (False, True, False)
    path.write_bytes(b"xbc" * 200)
    assert stamp.is_outdated


def test_unchanged_passes_other_errors_on(tmp_path: Path) -> None:
    with pytest.raises(KeyError), unchanged(FileStamp(tmp_path / "none")):
        raise KeyError

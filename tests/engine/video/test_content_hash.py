from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from engine.errors import VideoError
from engine.video.content_hash import content_id, file_id, holds, size_in

LARGE = 20 * 2**20


def write_large(path: Path, **bytes_at: int) -> Path:
    content = bytearray(range(256)) * (LARGE // 256)
    for value, place in bytes_at.items():
        content[place] ^= len(value)
    path.write_bytes(content)
    return path


def test_content_id_is_the_same_wherever_a_file_lies(tmp_path: Path) -> None:
    first = write_large(tmp_path / "a.mp4")
    second = write_large(tmp_path / "b.mkv")
    os.utime(second, (0, 0))
    assert content_id(first) == content_id(second)
    assert size_in(content_id(first)) == LARGE


@pytest.mark.parametrize("place", [0, 2**20 - 1, LARGE - 1, LARGE - 2**20, 2**20, LARGE // 2])
def test_content_id_sees_the_ends_and_the_middle(tmp_path: Path, place: int) -> None:
    whole = content_id(write_large(tmp_path / "a"))
    if place == LARGE // 2:
        place = 2**20 + 31 * (LARGE - 2 * 2**20 - 2**16) // 61  # where a block lies
    assert content_id(write_large(tmp_path / "b", x=place)) != whole


def test_content_id_reads_small_files_whole(tmp_path: Path) -> None:
    for number in range(50):
        content = bytearray(5_000)
        content[number * 100] = 1
        (tmp_path / f"{number}").write_bytes(content)
    assert len({content_id(tmp_path / f"{number}") for number in range(50)}) == 50


def test_content_id_sees_the_size(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    (tmp_path / "b").write_bytes(b"\0")
    assert content_id(tmp_path / "a") != content_id(tmp_path / "b")


def pictures(folder: Path, count: int, **changed: bytes) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:03}.png").write_bytes(b"picture" * (number % 7 + 1))
    for name, content in changed.items():
        (folder / f"{name[1:]}.png").write_bytes(content)
    return folder


def test_content_id_of_pictures_is_that_of_all(tmp_path: Path) -> None:
    first = content_id(pictures(tmp_path / "a", 90))
    assert content_id(pictures(tmp_path / "b", 90)) == first
    assert content_id(pictures(tmp_path / "c", 89)) != first
    assert content_id(pictures(tmp_path / "d", 90, _000=b"another")) != first
    assert content_id(pictures(tmp_path / "e", 90, _037=b"longer than before")) != first
    assert content_id(tmp_path / "a" / "*.png") == first
    assert size_in(first) is None
    assert content_id(pictures(tmp_path / "f", 1)) != first


@pytest.mark.parametrize("name", ["missing.mp4", "empty"])
def test_content_id_names_what_cannot_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(VideoError, match=name) as caught:
        content_id(tmp_path / name)
    assert caught.value.hint


def test_content_id_reads_an_unchanged_file_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_large(tmp_path / "a")
    reads: list[Path] = []

    def add_samples(digest: hashlib.blake2b, path: Path) -> None:
        reads.append(path)
        digest.update(path.read_bytes())

    monkeypatch.setattr("engine.video.content_hash._add_samples", add_samples)
    before = content_id(path)
    assert content_id(path) == before
    assert reads == [path]
    write_large(path, x=2**20)
    os.utime(path, ns=(1, 1))
    assert content_id(path) != before
    assert reads == [path, path]


def test_file_id_reads_every_byte(tmp_path: Path) -> None:
    names = {file_id(write_large(tmp_path / f"{n}", x=n * 399_989)) for n in range(20)}
    assert len(names) == 20


def test_file_id_sees_a_file_that_was_written_again(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"one")
    before = file_id(path)
    path.write_bytes(b"two")
    os.utime(path, ns=(1, 1))
    assert file_id(path) != before


@pytest.mark.parametrize("size", [0, 1000, LARGE])
def test_holds_is_true_of_a_recording_that_went_on_alone(tmp_path: Path, size: int) -> None:
    path = tmp_path / "a"
    whole = write_large(path).read_bytes()[:size]
    path.write_bytes(whole)
    content = content_id(path)
    assert holds(path, content)
    path.write_bytes(whole + b"more")
    assert holds(path, content)
    assert not holds(path, f"{size + 9}-{content}")
    path.write_bytes(b"x" + whole)
    assert not holds(path, content) or not size
    path.write_bytes(whole[1:])
    assert not holds(path, content) or not size

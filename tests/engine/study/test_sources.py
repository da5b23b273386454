"""Sources: folders, patterns, tables, archives; what is wrong with a row is told there."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from engine.errors import EngineError, VideoError
from engine.study.archives import video_of
from engine.study.rows import Row, keyed
from engine.study.sources import rows_of


def rows(source: Path) -> list[Row]:
    return list(rows_of(source))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("walk/a.mp4", "walk/b.mp4", "ride/c.avi", "notes.txt"):
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path / "set"


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, raw in members.items():
            facts = tarfile.TarInfo(name)
            facts.size = len(raw)
            tar.addfile(facts, io.BytesIO(raw))
    return path


def test_rows_of_a_folder_have_its_folders_as_labels(folder: Path) -> None:
    found = [(row.name, row.label, row.by_folder) for row in rows(folder)]
    assert found == [("ride/c.avi", "ride", True), ("walk/a.mp4", "walk", True),
                     ("walk/b.mp4", "walk", True)]  # fmt: skip


def test_rows_of_a_pattern_are_its_files(folder: Path) -> None:
    found = rows(folder / "**" / "*.*")
    assert [row.path[-5:] for row in found] == ["s.txt", "c.avi", "a.mp4", "b.mp4"]
    assert [bool(row.fault) for row in found] == [True, False, False, False]


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_rows_of_a_table_have_its_columns(folder: Path, sign: str) -> None:
    lines = ["Label,path,start,stop", "walk,walk/a.mp4,2,9.0", "ride,ride/c.avi,,",
             "walk,,0,1", "walk,walk/b.mp4,-3,x"]  # fmt: skip
    (folder / "t.csv").write_text("\n".join(lines).replace(",", sign))
    first, second, third, fourth = rows(folder / "t.csv")
    assert (first.start, first.stop, first.label) == (2, 9, "walk")
    assert first.path == str(folder / "walk" / "a.mp4")
    assert (second.start, second.stop, second.fault) == (None, None, "")
    assert third.fault == "Row 3 of t.csv has no path."
    assert fourth.fault == "Row 4 of t.csv: '-3' is no frame number from 0 up."


def test_rows_of_an_archive_have_the_labels_of_their_samples(tmp_path: Path) -> None:
    members = {"s/1.mp4": b"one", "s/1.cls": b"walk\n", "s/2.json": b'{"label": 3}',
               "s/2.mp4": b"two!", "s/3.mp4": b"3", "s/3.json": b"{"}  # fmt: skip
    found = rows(archive(tmp_path / "a.tar", members))
    assert [(row.name, row.label) for row in found] == [
        ("a.tar/s/1.mp4", "walk"), ("a.tar/s/2.mp4", "3"), ("a.tar/s/3.mp4", "")
    ]  # fmt: skip
    with video_of(found[1]) as path:
        assert path.read_bytes() == b"two!"
    assert not path.exists()


def test_video_of_an_archive_that_was_cut_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.tar", {"1.mp4": b"x" * 5000})
    (row,) = rows(path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(VideoError, match="ends within"), video_of(row):
        pass


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("t.csv", b"file,label\n", "no column called path"),
        ("t.csv", b"\xff\xfa\x00", "cannot be read"),
        ("a.tar", b"no archive", "cannot be read as an archive"),
    ],
)
def test_rows_of_a_broken_source_are_refused(
    tmp_path: Path, name: str, raw: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(raw)
    with pytest.raises(EngineError, match=message):
        rows(tmp_path / name)


def test_rows_of_nothing_are_refused(tmp_path: Path) -> None:
    for source in (tmp_path, tmp_path / "none.csv", tmp_path / "*.mp4"):
        with pytest.raises(VideoError):
            rows(source)


def test_keyed_tells_rows_apart_but_not_where_they_lie() -> None:
    row = Row("a.mp4", "/x/a.mp4", 1, 2, "walk")
    found = [key for key, _ in keyed([row, row, Row("a.mp4", "/y/a.mp4", 1, 2, "walk")])]
    assert len(set(found)) == 3
    moved = [key for key, _ in keyed([Row("a.mp4", "/y/a.mp4", 1, 2, "walk")])]
    assert moved == found[:1]

"""Targets that cannot be written: the true cause, nothing left, the old file as it was."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.errors import ExportError
from engine.export.whole_file import listed_file, whole_file
from engine.utils.atomic import AtomicPath
from engine.utils.written_files import LIST_NAME
from engine.video import open_writer
from tests.engine.video.numbered import SIZE, numbered_picture

NUMBERS = (
    *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES),
    *(errno.EIO, errno.ENAMETOOLONG),
)


def write(target: Path) -> None:
    with whole_file(target) as partial:
        partial.write_text("new")


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("step", ["os.fsync", "os.replace", "pathlib.Path.mkdir"])
def test_an_error_of_the_disk_is_told_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int
) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")

    def failing(*given: object, **named: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        patch.setattr(step, failing)
        with pytest.raises(ExportError, match="cannot be written") as caught:
            write(target)
    assert os.strerror(number) in str(caught.value)
    assert caught.value.hint
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no such files")
def test_devices_pipes_folders_and_impossible_names_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    names = ("/dev/null", "/dev/full", tmp_path / "pipe", tmp_path / "folder")
    for name in (*names, tmp_path / "a\0b", tmp_path / ("n" * 300), tmp_path / "gone" / "a"):
        with pytest.raises(ExportError) as caught:
            write(Path(name))
        assert caught.value.hint
    with pytest.raises(ExportError), open_writer(tmp_path / "pipe", 25, SIZE, format="mp4"):
        pass
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert stat.S_ISFIFO(os.stat(tmp_path / "pipe").st_mode)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "pipe"]


def test_a_listed_file_is_replaced_until_it_is_changed(tmp_path: Path) -> None:
    target = tmp_path / "flow.csv"
    for text in ("a", "b"):
        with listed_file(target) as partial:
            partial.write_text(text)
    target.write_text("mine")
    with pytest.raises(ExportError, match="changed since"), listed_file(target):
        pass
    with listed_file(target, overwrite=True) as partial:
        partial.write_text("c")
    assert target.read_text() == "c"
    assert sorted(path.name for path in tmp_path.iterdir()) == [LIST_NAME, "flow.csv"]


def write_pictures(folder: Path) -> None:
    with open_writer(folder, 25, SIZE) as writer:
        for number in range(2000):
            writer.write(numbered_picture(number))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 kB, where one may mount it."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(place)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("no disk can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_told_and_nothing_is_left(small_disk: Path) -> None:
    target = small_disk / "a.bin"
    target.write_text("old")
    with pytest.raises(ExportError, match="No space left") as caught, whole_file(target) as part:
        part.write_bytes(bytes(2**20))
    assert "room" in caught.value.hint
    with pytest.raises(ExportError):
        write_pictures(small_disk / "a.png")
    assert list(small_disk.iterdir()) == [target]
    assert target.read_text() == "old"
    with AtomicPath(target) as part:
        part.write_text("new")

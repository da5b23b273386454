from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from engine.utils.bounded_files import is_regular, open_regular, read_bounded

unix = pytest.mark.skipif(os.name == "nt", reason="there are no such files on Windows")


def test_read_bounded_reads_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_bytes(b"12345")
    assert read_bounded(path, 5) == b"12345"
    with pytest.raises(OSError, match="larger than 0 kB"):
        read_bounded(path, 4)


def test_read_bounded_reads_many_parts(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(range(256)) * 2**13)
    assert read_bounded(path, 2**22) == path.read_bytes()
    with pytest.raises(OSError, match="larger than 1 MB"):
        read_bounded(path, 2**20)


def test_read_bounded_follows_links_to_files(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert read_bounded(tmp_path / "link", 9) == b"x"


@unix
@pytest.mark.parametrize("through_link", [False, True])
@pytest.mark.parametrize("kind", ["pipe", "device", "socket", "folder"])
def test_what_is_no_file_is_refused_by_its_kind(
    kind: str, through_link: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / kind
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path = Path("/dev/zero")
    elif kind == "socket":
        monkeypatch.chdir(tmp_path)  # the path of a socket has a limit of its own
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(kind)
    else:
        path.mkdir()
    if through_link:
        (tmp_path / "link").symlink_to(path)
        path = tmp_path / "link"
    assert not is_regular(path)
    with pytest.raises(OSError, match=f"it is a {kind}"):
        read_bounded(path, 9)


@unix
def test_a_file_exchanged_for_a_pipe_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, pipe, opened = tmp_path / "file", tmp_path / "pipe", os.open
    path.write_bytes(b"x")
    os.mkfifo(pipe)

    def exchange(name: Path, flags: int) -> int:
        pipe.replace(path)
        return opened(name, flags)

    monkeypatch.setattr(os, "open", exchange)
    before = len(os.listdir("/dev/fd"))
    with pytest.raises(OSError, match="it is a pipe"):
        open_regular(path)
    assert len(os.listdir("/dev/fd")) == before


@unix
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a" * 5_000, "name too long"),
        ("a/" * 5_000, "name too long"),
        ("a\0b", "no file can have this name"),
        ("\ud800", "no file can have this name|No such file"),
        ("absent", "No such file"),
    ],
)
def test_impossible_names_are_refused(name: str, reason: str, tmp_path: Path) -> None:
    assert not is_regular(tmp_path / name)
    with pytest.raises(OSError, match=f"(?i){reason}"):
        read_bounded(tmp_path / name, 9)


@unix
def test_a_circle_of_links_is_refused(tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(tmp_path / "other")
    (tmp_path / "other").symlink_to(tmp_path / "one")
    assert not is_regular(tmp_path / "one")
    with pytest.raises(OSError, match="symbolic links"):
        read_bounded(tmp_path / "one", 9)


@unix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="root may read all")
def test_a_file_that_may_not_be_read_says_so(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"x")
    path.chmod(0)
    with pytest.raises(OSError, match="Permission denied"):
        read_bounded(path, 9)


@pytest.mark.skipif(not Path("/proc/self/pagemap").exists(), reason="only Linux has it")
def test_an_endless_file_of_the_system_is_read_no_further_than_the_limit() -> None:
    with pytest.raises(OSError, match="larger than 64 kB"):
        read_bounded(Path("/proc/self/pagemap"), 2**16)

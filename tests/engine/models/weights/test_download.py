from __future__ import annotations

import errno
import os
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine.cancel import Cancelled, never
from engine.errors import ModelError
from engine.models.weights import download as downloading
from engine.models.weights.download import Download, fetch
from engine.types import Progress
from engine.utils.locks import FileLock
from tests.engine.models.conftest import CONTENT, THIRD, WHOLE, Site
from tests.raw_server import Caller, raw_server


def ignore(_progress: Progress) -> None:
    pass


def download_of(url: str, folder: Path) -> Download:
    return Download(url, folder, "net weights", len(CONTENT))


@pytest.mark.parametrize("kind", ["whole", "unsized", "slow", "cut", "once", "norange"])
def test_fetch_gives_the_whole_file_under_its_name(server: str, kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    path = fetch(download_of(f"{server}/{kind}/{WHOLE}", folder), ignore, never)
    assert path == folder / WHOLE
    assert path.read_bytes() == CONTENT
    assert list(folder.iterdir()) == [path]


def test_fetch_reports_bytes_up_to_the_total(server: str, tmp_path: Path) -> None:
    seen: list[Progress] = []
    fetch(download_of(f"{server}/whole/{WHOLE}", tmp_path), seen.append, never)
    assert seen[-1].stage == "Downloading net weights"
    assert (seen[-1].done, seen[-1].total) == (len(CONTENT), len(CONTENT))
    assert seen[-1].seconds_left == 0


def test_fetch_uses_a_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / WHOLE).write_bytes(CONTENT)
    download = download_of(f"http://127.0.0.1:{_closed_port()}/{WHOLE}", tmp_path)
    assert fetch(download, ignore, never) == tmp_path / WHOLE


def test_fetch_refuses_a_damaged_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / WHOLE).write_bytes(CONTENT[:-1])
    with pytest.raises(ModelError, match="is damaged") as caught:
        fetch(download_of(f"http://127.0.0.1/{WHOLE}", tmp_path), ignore, never)
    assert "Delete it" in caught.value.hint


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("broken/net.pth", f"the connection broke after {THIRD} of {len(CONTENT)}"),
        ("whole/net-00000000.pth", "its checksum is wrong"),
        (f"missing/{WHOLE}", "the server answered 404"),
    ],
)
def test_fetch_failure_leaves_nothing(server: str, path: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=reason) as caught:
        fetch(download_of(f"{server}/{path}", tmp_path), ignore, never)
    assert list(tmp_path.iterdir()) == []
    assert f"put {Path(path).name} into {tmp_path}" in caught.value.hint
    assert "goes on" not in caught.value.hint


def test_fetch_takes_a_broken_connection_up_where_it_broke(site: Site, tmp_path: Path) -> None:
    path = fetch(download_of(f"{site.address}/cut/{WHOLE}", tmp_path), ignore, never)
    assert path.read_bytes() == CONTENT
    assert site.starts == [0, THIRD, 2 * THIRD, 3 * THIRD]


def test_fetch_broken_for_good_goes_on_in_the_next_call(site: Site, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"broke after {THIRD} of {len(CONTENT)}") as caught:
        fetch(download_of(f"{site.address}/broken/{WHOLE}", tmp_path), ignore, never)
    assert f"goes on after the {THIRD} bytes" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == [f"{WHOLE}.part"]
    seen: list[Progress] = []
    fetch(download_of(f"{site.address}/whole/{WHOLE}", tmp_path), seen.append, never)
    assert site.starts[-1] == THIRD
    assert (tmp_path / WHOLE).read_bytes() == CONTENT
    assert (seen[-1].done, seen[-1].total) == (len(CONTENT), len(CONTENT))
    assert [path.name for path in tmp_path.iterdir()] == [WHOLE]


@pytest.mark.parametrize("rest", [b"", b"more"])
def test_fetch_part_that_is_complete_is_taken_and_a_longer_one_refused(
    rest: bytes, server: str, tmp_path: Path
) -> None:
    (tmp_path / f"{WHOLE}.part").write_bytes(CONTENT + rest)
    download = download_of(f"{server}/whole/{WHOLE}", tmp_path)
    if rest:
        with pytest.raises(ModelError, match="checksum is wrong"):
            fetch(download, ignore, never)
    else:
        assert fetch(download, ignore, never).read_bytes() == CONTENT
    assert not (tmp_path / f"{WHOLE}.part").exists()


def test_fetch_offline_names_the_file_and_the_folder(tmp_path: Path) -> None:
    download = download_of(f"http://127.0.0.1:{_closed_port()}/{WHOLE}", tmp_path)
    with pytest.raises(ModelError, match=rf"net weights \({WHOLE}\) could not") as caught:
        fetch(download, ignore, never)
    assert str(tmp_path) in caught.value.hint
    assert "--weights" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("reports_before", [0, 1, 2])
def test_fetch_cancelled_goes_on_in_the_next_call(
    site: Site, reports_before: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "_REPORT_EVERY_S", 0)
    seen: list[Progress] = []

    def check() -> None:
        if len(seen) >= reports_before:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(download_of(f"{site.address}/slow/{WHOLE}", tmp_path), seen.append, check)
    assert not (tmp_path / WHOLE).exists()
    assert len(list(tmp_path.iterdir())) == (reports_before > 0)
    fetch(download_of(f"{site.address}/whole/{WHOLE}", tmp_path), ignore, never)
    assert (site.starts[-1] > 0) == (reports_before > 0)
    assert (tmp_path / WHOLE).read_bytes() == CONTENT


OK = b"HTTP/1.1 200 OK\r\n"
LYING: dict[str, tuple[bytes, str]] = {
    "too long": (OK + b"Content-Length: 99999999\r\n\r\n", "announces more than"),
    "far too long": (OK + b"Content-Length: " + b"9" * 4000 + b"\r\n\r\n", "announces more than"),
    "packed": (OK + b"Content-Encoding: gzip\r\n\r\nx", "compressed (gzip)"),
    "unasked part": (b"HTTP/1.1 206 OK\r\nContent-Range: bytes 7-9/10\r\n\r\nabc", "another part"),
    "part of nothing": (b"HTTP/1.1 206 OK\r\n\r\nabc", "another part"),
    "no content": (b"HTTP/1.1 204 OK\r\n\r\n", "answered 204"),
    "shorter": (OK + b"Content-Length: 3\r\n\r\nabcdef", "checksum is wrong"),
    "garbage": (b"\0\0\0", "connection failed"),
    "elsewhere": (b"HTTP/1.1 302 OK\r\nLocation: file:///etc/passwd\r\n\r\n", "not of http"),
}


@pytest.mark.parametrize("name", LYING)
def test_fetch_from_a_lying_server_leaves_nothing(name: str, tmp_path: Path) -> None:
    answer, reason = LYING[name]
    failing = pytest.raises(ModelError, match=re.escape(reason))
    with raw_server(lambda caller: caller.send(answer)) as address, failing as caught:
        fetch(download_of(f"{address}/{WHOLE}", tmp_path), ignore, never)
    assert len(str(caught.value)) < 500
    assert list(tmp_path.iterdir()) == []


def test_fetch_refuses_a_body_without_end(tmp_path: Path) -> None:
    def script(caller: Caller) -> None:
        caller.send(OK + b"Transfer-Encoding: chunked\r\n\r\n")
        caller.flood(b"10000\r\n" + bytes(65536) + b"\r\n")

    with raw_server(script) as address, pytest.raises(ModelError, match="larger than"):
        fetch(download_of(f"{address}/{WHOLE}", tmp_path), ignore, never)
    assert list(tmp_path.iterdir()) == []


def test_fetch_breaks_off_with_a_server_that_hardly_sends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "_STALL_S", 0.1)
    monkeypatch.setattr(downloading, "_TRIES", 1)

    def script(caller: Caller) -> None:
        caller.send(OK + b"\r\n")
        caller.drip()

    with raw_server(script) as address, pytest.raises(ModelError, match="takes too long"):
        fetch(download_of(f"{address}/{WHOLE}", tmp_path), ignore, never)


def test_fetch_of_one_file_by_two_receives_it_once(site: Site, tmp_path: Path) -> None:
    download = download_of(f"{site.address}/slow/{WHOLE}", tmp_path)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: fetch(download, ignore, never), range(2)))
    assert found == [tmp_path / WHOLE] * 2
    assert site.starts == [0]
    assert list(tmp_path.iterdir()) == [tmp_path / WHOLE]


def test_fetch_waiting_for_another_is_cancelled(tmp_path: Path) -> None:
    lock = FileLock.take(tmp_path / f".{WHOLE}.lock")
    assert lock is not None
    seen: list[Progress] = []

    def check() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        fetch(download_of(f"http://127.0.0.1:9/{WHOLE}", tmp_path), seen.append, check)
    assert "another download" in seen[0].stage
    lock.release()


def test_fetch_into_a_full_disk_leaves_nothing(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(downloading, "_copy", full)
    with pytest.raises(ModelError, match="No space left") as caught:
        fetch(download_of(f"{server}/whole/{WHOLE}", tmp_path), ignore, never)
    assert "disk is not full" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_fetch_writes_into_nothing_that_was_planted(server: str, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / f"{WHOLE}.part").symlink_to(precious)
    fetch(download_of(f"{server}/whole/{WHOLE}", folder), ignore, never)
    assert precious.read_bytes() == b"mine"
    (folder / WHOLE).unlink()
    os.mkfifo(folder / f"{WHOLE}.part")
    assert fetch(download_of(f"{server}/whole/{WHOLE}", folder), ignore, never).is_file()


@pytest.mark.parametrize("kind", ["pipe", "folder", "zeros"])
def test_fetch_takes_nothing_for_the_file_that_is_none(kind: str, tmp_path: Path) -> None:
    path = tmp_path / WHOLE
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")
    with pytest.raises(ModelError, match="is damaged"):
        fetch(download_of(f"http://127.0.0.1:9/{WHOLE}", tmp_path), ignore, never)


def test_fetch_into_links_in_a_circle_is_told(server: str, tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(ModelError, match="cannot be kept at"):
        fetch(download_of(f"{server}/whole/{WHOLE}", tmp_path / "a"), ignore, never)


def test_fetch_tells_when_the_folder_cannot_be_made(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    download = download_of(f"{server}/whole/{WHOLE}", tmp_path / "file" / "sub")
    with pytest.raises(ModelError, match="cannot be kept at"):
        fetch(download, ignore, never)


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

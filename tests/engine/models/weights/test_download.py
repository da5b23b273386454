from __future__ import annotations

import socket
from pathlib import Path

import pytest

from engine.cancel import Cancelled, never
from engine.errors import ModelError
from engine.models.weights.download import Download, fetch
from engine.types import Progress
from tests.engine.models.conftest import CONTENT, THIRD, WHOLE, Site


def ignore(_progress: Progress) -> None:
    pass


@pytest.mark.parametrize("kind", ["whole", "unsized", "slow", "cut", "once", "norange"])
def test_fetch_gives_the_whole_file_under_its_name(server: str, kind: str, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    path = fetch(Download(f"{server}/{kind}/{WHOLE}", folder, "net weights"), ignore, never)
    assert path == folder / WHOLE
    assert path.read_bytes() == CONTENT
    assert list(folder.iterdir()) == [path]


def test_fetch_reports_bytes_up_to_the_total(server: str, tmp_path: Path) -> None:
    seen: list[Progress] = []
    fetch(Download(f"{server}/whole/{WHOLE}", tmp_path, "net weights"), seen.append, never)
    assert seen[-1].stage == "Downloading net weights"
    assert (seen[-1].done, seen[-1].total) == (len(CONTENT), len(CONTENT))
    assert seen[-1].seconds_left == 0


def test_fetch_uses_a_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / WHOLE).write_bytes(CONTENT)
    download = Download(f"http://127.0.0.1:{_closed_port()}/{WHOLE}", tmp_path, "net weights")
    assert fetch(download, ignore, never) == tmp_path / WHOLE


def test_fetch_refuses_a_damaged_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / WHOLE).write_bytes(CONTENT[:-1])
    with pytest.raises(ModelError, match="is damaged") as caught:
        fetch(Download(f"http://127.0.0.1/{WHOLE}", tmp_path, "net weights"), ignore, never)
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
        fetch(Download(f"{server}/{path}", tmp_path, "net weights"), ignore, never)
    assert list(tmp_path.iterdir()) == []
    assert f"put {Path(path).name} into {tmp_path}" in caught.value.hint
    assert "goes on" not in caught.value.hint


def test_fetch_takes_a_broken_connection_up_where_it_broke(site: Site, tmp_path: Path) -> None:
    path = fetch(Download(f"{site.address}/cut/{WHOLE}", tmp_path, "net weights"), ignore, never)
    assert path.read_bytes() == CONTENT
    assert site.starts == [0, THIRD, 2 * THIRD, 3 * THIRD]


def test_fetch_broken_for_good_goes_on_in_the_next_call(site: Site, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"broke after {THIRD} of {len(CONTENT)}") as caught:
        fetch(Download(f"{site.address}/broken/{WHOLE}", tmp_path, "net weights"), ignore, never)
    assert f"goes on after the {THIRD} bytes" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == [f"{WHOLE}.part"]
    seen: list[Progress] = []
    fetch(Download(f"{site.address}/whole/{WHOLE}", tmp_path, "net weights"), seen.append, never)
    assert site.starts[-1] == THIRD
    assert (tmp_path / WHOLE).read_bytes() == CONTENT
    assert (seen[-1].done, seen[-1].total) == (len(CONTENT), len(CONTENT))
    assert [path.name for path in tmp_path.iterdir()] == [WHOLE]


@pytest.mark.parametrize("rest", [b"", b"more"])
def test_fetch_part_that_is_complete_is_taken_and_a_longer_one_refused(
    rest: bytes, server: str, tmp_path: Path
) -> None:
    (tmp_path / f"{WHOLE}.part").write_bytes(CONTENT + rest)
    download = Download(f"{server}/whole/{WHOLE}", tmp_path, "net weights")
    if rest:
        with pytest.raises(ModelError, match="checksum is wrong"):
            fetch(download, ignore, never)
    else:
        assert fetch(download, ignore, never).read_bytes() == CONTENT
    assert not (tmp_path / f"{WHOLE}.part").exists()


def test_fetch_offline_names_the_file_and_the_folder(tmp_path: Path) -> None:
    download = Download(f"http://127.0.0.1:{_closed_port()}/{WHOLE}", tmp_path, "net weights")
    with pytest.raises(ModelError, match=rf"net weights \({WHOLE}\) could not") as caught:
        fetch(download, ignore, never)
    assert str(tmp_path) in caught.value.hint
    assert "--weights" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("checks_before", [0, 2, 4])
def test_fetch_cancelled_goes_on_in_the_next_call(
    site: Site, checks_before: int, tmp_path: Path
) -> None:
    checks = iter(range(checks_before))

    def check() -> None:
        if next(checks, None) is None:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(Download(f"{site.address}/slow/{WHOLE}", tmp_path, "net weights"), ignore, check)
    assert not (tmp_path / WHOLE).exists()
    assert len(list(tmp_path.iterdir())) == (checks_before > 0)
    fetch(Download(f"{site.address}/whole/{WHOLE}", tmp_path, "net weights"), ignore, never)
    assert (site.starts[-1] > 0) == (checks_before > 0)
    assert (tmp_path / WHOLE).read_bytes() == CONTENT


def test_fetch_tells_when_the_folder_cannot_be_made(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    download = Download(f"{server}/whole/{WHOLE}", tmp_path / "file" / "sub", "net weights")
    with pytest.raises(ModelError, match="cannot be kept at"):
        fetch(download, ignore, never)


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from engine.cancel import Cancelled, never
from engine.errors import ModelError
from engine.models.download import Download, fetch
from engine.types import Progress
from tests.engine.models.conftest import CONTENT, WHOLE


def ignore(_progress: Progress) -> None:
    pass


@pytest.mark.parametrize("kind", ["whole", "unsized"])
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
        (f"broken/{WHOLE}", f"the connection broke after {len(CONTENT) // 3} of {len(CONTENT)}"),
        ("whole/net-00000000.pth", "its checksum is wrong"),
        (f"missing/{WHOLE}", "the server answered 404"),
    ],
)
def test_fetch_failure_leaves_nothing(server: str, path: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=reason) as caught:
        fetch(Download(f"{server}/{path}", tmp_path, "net weights"), ignore, never)
    assert list(tmp_path.iterdir()) == []
    assert f"put {Path(path).name} into {tmp_path}" in caught.value.hint


def test_fetch_offline_names_the_file_and_the_folder(tmp_path: Path) -> None:
    download = Download(f"http://127.0.0.1:{_closed_port()}/{WHOLE}", tmp_path, "net weights")
    with pytest.raises(ModelError, match=rf"net weights \({WHOLE}\) could not") as caught:
        fetch(download, ignore, never)
    assert str(tmp_path) in caught.value.hint
    assert "--weights" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("checks_before", [0, 1, 2])
def test_fetch_cancelled_leaves_nothing(server: str, checks_before: int, tmp_path: Path) -> None:
    checks = iter(range(checks_before))

    def check() -> None:
        if next(checks, None) is None:
            raise Cancelled

    with pytest.raises(Cancelled):
        fetch(Download(f"{server}/whole/{WHOLE}", tmp_path, "net weights"), ignore, check)
    assert list(tmp_path.iterdir()) == []


def test_fetch_tells_when_the_folder_cannot_be_made(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    download = Download(f"{server}/whole/{WHOLE}", tmp_path / "file" / "sub", "net weights")
    with pytest.raises(ModelError, match="cannot be kept at"):
        fetch(download, ignore, never)


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

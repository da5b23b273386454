"""`AtomicPath` and `remove_leftovers`: what the dead left goes, what the living write stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.utils.atomic import (
    AtomicPath,
    TemporaryFolder,
    atomic_file,
    remove_leftovers,
    write_text,
)

HOLD = """
import sys
from pathlib import Path
from engine.utils.atomic import AtomicPath
unfinished = AtomicPath(Path(sys.argv[1]))
unfinished.path.write_bytes(b"half")
print("ready", flush=True)
sys.stdin.read()
"""


def holder(target: Path) -> subprocess.Popen[bytes]:
    """Another process that writes ``target`` until its input is closed."""
    command = [sys.executable, "-c", HOLD, str(target)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == b"ready"
    return process


def test_leftovers_of_the_living_stay_and_of_the_killed_go(tmp_path: Path) -> None:
    with holder(tmp_path / "a.mp4") as process:
        assert remove_leftovers(tmp_path) == 0
        assert len(list(tmp_path.glob(".*/a.mp4"))) == 1
        process.kill()
    assert remove_leftovers(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []


def test_own_unfinished_stays_until_discarded(tmp_path: Path) -> None:
    first, second = AtomicPath(tmp_path / "a"), AtomicPath(tmp_path / "a")
    assert remove_leftovers(tmp_path) == 0
    assert first.path.parent.is_dir()
    first.discard()
    second.discard()
    assert list(tmp_path.iterdir()) == []


def test_next_export_removes_leftovers(tmp_path: Path) -> None:
    with holder(tmp_path / "a.mp4") as process:
        process.kill()
    AtomicPath(tmp_path / "b.mp4").discard()
    assert list(tmp_path.iterdir()) == []


def test_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / ".motion-inspector-00000000000000b0.part").write_text("a file")
    full = tmp_path / ".motion-inspector-00000000000000f1.part"
    full.mkdir()
    (full / "mine.txt").write_text("no lock beside it")
    (tmp_path / ".motion-inspector-00000000000000e0.part").mkdir()
    os.symlink(full, tmp_path / ".motion-inspector-00000000000000a0.part")
    assert remove_leftovers(tmp_path) == 1
    assert not (tmp_path / ".motion-inspector-00000000000000e0.part").exists()
    assert len(list(tmp_path.iterdir())) == 3


def test_missing_folder_has_no_leftovers(tmp_path: Path) -> None:
    assert remove_leftovers(tmp_path / "missing") == 0


def test_folder_taken_away_while_it_is_claimed_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Path.mkdir
    taken: list[Path] = []

    def mkdir(path: Path, mode: int) -> None:
        made(path, mode)
        if not taken:
            taken.append(path)
            remove_leftovers(tmp_path)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    unfinished = AtomicPath(tmp_path / "a")
    assert unfinished.path.parent.is_dir()
    assert not taken[0].exists()
    unfinished.discard()


def test_disk_without_locks_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: object, *, wait: bool) -> None:
        raise OSError(38, "Function not implemented")

    for module in ("atomic", "locks"):
        monkeypatch.setattr(f"engine.utils.{module}.lock_file", refuse)
    unfinished = AtomicPath(tmp_path / "a")
    unfinished.path.write_bytes(b"whole")
    assert remove_leftovers(tmp_path) == 0
    unfinished.publish()
    unfinished.discard()
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_write_text_replaces_a_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "settings.json"
    target.write_text("old")
    write_text(target, "neu: ü", sync=True)
    assert target.read_bytes() == "neu: ü".encode()
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("unique", [True, False])
def test_atomic_file_keeps_the_old_file_on_an_error(tmp_path: Path, unique: bool) -> None:
    target = tmp_path / "index.npz"
    target.write_text("old")
    with pytest.raises(UnicodeEncodeError), atomic_file(target, unique=unique) as partial:
        partial.write_text("half \udc00", encoding="utf-8")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_atomic_file_tells_of_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_text(tmp_path / "missing" / "a", "text")


def test_atomic_path_publishes_unless_an_error_is_raised(tmp_path: Path) -> None:
    with AtomicPath(tmp_path / "good") as path:
        path.write_text("whole")
    with pytest.raises(UnicodeEncodeError), AtomicPath(tmp_path / "bad") as path:
        path.write_text("half \udc00", encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["good"]


def left_by_a_kill(folder: Path) -> Path:
    room = folder / ".motion-inspector-00000000000dead0.part"
    room.mkdir()
    (room / "owner.lock").touch()
    (room / "half").write_text("half")
    return room


@pytest.mark.skipif(sys.platform == "win32", reason="users are told apart by rights there")
def test_leftovers_of_other_users_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = left_by_a_kill(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: room.stat().st_uid + 1)
    assert remove_leftovers(tmp_path) == 0
    assert (room / "half").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders there")
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_room_whose_lock_is_no_file_stays(tmp_path: Path, kind: str) -> None:
    room, mine = left_by_a_kill(tmp_path), tmp_path / "mine"
    (room / "owner.lock").unlink()
    mine.touch()
    if kind == "link":
        (room / "owner.lock").symlink_to(mine)
    else:
        os.mkfifo(room / "owner.lock")
    assert remove_leftovers(tmp_path) == 0
    assert (room / "half").exists()
    assert mine.exists()


def test_links_in_a_leftover_go_and_what_they_lead_to_stays(tmp_path: Path) -> None:
    room, mine = left_by_a_kill(tmp_path), tmp_path / "mine"
    mine.mkdir()
    (mine / "a.txt").touch()
    (room / "files").symlink_to(mine)
    assert remove_leftovers(tmp_path) == 1
    assert [path.name for path in tmp_path.rglob("*")] == ["mine", "a.txt"]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of temporary files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_temporary_folder_is_for_nobody_else_and_goes(place: Path) -> None:
    left_by_a_kill(place)
    folder = TemporaryFolder()
    (folder.path / "a").touch()
    assert [path.name for path in place.iterdir()] == [folder.path.parent.name]
    if sys.platform != "win32":
        assert {path.stat().st_mode & 0o777 for path in (folder.path, folder.path.parent)} == {
            0o700
        }
    folder.discard()
    folder.discard()
    assert not list(place.iterdir())


def test_temporary_folder_goes_when_nobody_has_it(place: Path) -> None:
    TemporaryFolder()
    assert not list(place.iterdir())


def test_temporary_folder_without_a_place_is_told(place: Path) -> None:
    place.rmdir()
    with pytest.raises(EngineError, match="no place for temporary files") as caught:
        TemporaryFolder()
    assert "TMPDIR" in caught.value.hint


def test_a_folder_of_a_similar_name_is_the_users(tmp_path: Path) -> None:
    for name in ("holiday", "0123456789abcdef0", "0123456789ABCDEF", "empty"):
        folder = tmp_path / f".motion-inspector-{name}.part"
        folder.mkdir()
        if name != "empty":
            (folder / "owner.lock").touch()
            (folder / "letter.txt").touch()
    before = sorted(tmp_path.rglob("*"))
    assert remove_leftovers(tmp_path) == 0
    assert sorted(tmp_path.rglob("*")) == before

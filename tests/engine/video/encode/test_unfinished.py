"""`Unfinished` and `remove_leftovers`: what the dead left goes, what the living write stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.video import remove_leftovers
from engine.video.encode import Unfinished

HOLD = """
import sys
from pathlib import Path
from engine.video.encode import Unfinished
unfinished = Unfinished(Path(sys.argv[1]))
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
    first, second = Unfinished(tmp_path / "a"), Unfinished(tmp_path / "a")
    assert remove_leftovers(tmp_path) == 0
    assert first.path.parent.is_dir()
    first.discard()
    second.discard()
    assert list(tmp_path.iterdir()) == []


def test_next_export_removes_leftovers(tmp_path: Path) -> None:
    with holder(tmp_path / "a.mp4") as process:
        process.kill()
    Unfinished(tmp_path / "b.mp4").discard()
    assert list(tmp_path.iterdir()) == []


def test_files_of_others_stay(tmp_path: Path) -> None:
    (tmp_path / ".motion-inspector-mine.part").write_text("a file")
    full = tmp_path / ".motion-inspector-full.part"
    full.mkdir()
    (full / "mine.txt").write_text("no lock beside it")
    (tmp_path / ".motion-inspector-empty.part").mkdir()
    os.symlink(full, tmp_path / ".motion-inspector-link.part")
    assert remove_leftovers(tmp_path) == 1
    assert not (tmp_path / ".motion-inspector-empty.part").exists()
    assert len(list(tmp_path.iterdir())) == 3


def test_missing_folder_has_no_leftovers(tmp_path: Path) -> None:
    assert remove_leftovers(tmp_path / "missing") == 0


def test_folder_taken_away_while_it_is_claimed_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Path.mkdir
    taken: list[Path] = []

    def mkdir(path: Path) -> None:
        made(path)
        if not taken:
            taken.append(path)
            remove_leftovers(tmp_path)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    unfinished = Unfinished(tmp_path / "a")
    assert unfinished.path.parent.is_dir()
    assert not taken[0].exists()
    unfinished.discard()


def test_disk_without_locks_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr("engine.video.encode.unfinished._lock", refuse)
    unfinished = Unfinished(tmp_path / "a")
    unfinished.path.write_bytes(b"whole")
    assert remove_leftovers(tmp_path) == 0
    unfinished.publish()
    unfinished.discard()
    assert (tmp_path / "a").read_bytes() == b"whole"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.utils.atomic import remove_leftovers


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """A room in a stranger's folder, as of a killed writer, beside a folder of the user's."""
    (tmp_path / "documents/sub").mkdir(parents=True)
    (tmp_path / "documents/thesis.txt").write_text("mine")
    (tmp_path / "documents/sub/notes.txt").write_text("mine")
    room = tmp_path / "shared/.motion-inspector-0000000000000001.part"
    room.mkdir(parents=True)
    (room / "owner.lock").touch()
    return room


def _journal(room: Path, name: str, *dropped: str) -> None:
    facts = {"name": name, "device": 1, "inode": 1, "dropped": dropped}
    (room / "swap.json").write_text(json.dumps(facts))


def _kept(tmp_path: Path) -> bool:
    names = ("thesis.txt", "sub/notes.txt")
    return all((tmp_path / "documents" / name).read_text() == "mine" for name in names)


@pytest.mark.parametrize("link", ["old", "x"])
@pytest.mark.parametrize("target", ["folder", "link", "none"])
def test_remove_leftovers_follows_no_link_out_of_a_room(
    room: Path, tmp_path: Path, link: str, target: str
) -> None:
    (room / link).symlink_to(tmp_path / "documents")
    if target == "folder":
        (room.parent / "x").mkdir()
    elif target == "link":
        (room.parent / "x").symlink_to(tmp_path / "documents")
    _journal(room, "x", "thesis.txt", "sub/notes.txt")
    remove_leftovers(room.parent)
    assert _kept(tmp_path)
    assert not room.exists()


@pytest.mark.parametrize("name", ["", ".", "..", "../documents"])
def test_remove_leftovers_takes_no_journal_of_another_place(
    room: Path, tmp_path: Path, name: str
) -> None:
    (room / "old").mkdir()
    _journal(room, name, "thesis.txt", "documents/thesis.txt")
    remove_leftovers(room.parent)
    assert _kept(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["documents", "shared"]
    assert not list(room.parent.iterdir())


def test_remove_leftovers_leaves_a_room_whose_lock_is_a_link(room: Path, tmp_path: Path) -> None:
    (room / "owner.lock").unlink()
    (room / "owner.lock").symlink_to(tmp_path / "documents/thesis.txt")
    assert remove_leftovers(room.parent) == 0
    assert room.exists()

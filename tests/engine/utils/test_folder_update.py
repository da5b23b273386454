"""`updated_folder`: the new results, and every file of the user's."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import pytest

from engine.errors import ExportError
from engine.utils import folder_swap
from engine.utils.atomic import remove_leftovers
from engine.utils.folder_swap import swap_in
from engine.utils.folder_update import check_conflicts, check_folder_of_its_own, updated_folder
from engine.utils.written_files import LIST_NAME, own_files

NEW = {"clip.mp4": "new", "arrays.zarr/c/0": "new", "annotated/frame-000000.png": "new"}


def fill(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != LIST_NAME)
    return {path.relative_to(folder).as_posix(): path.read_text() for path in files}


def update(folder: Path, files: dict[str, str], *, overwrite: bool = False) -> None:
    with updated_folder(folder, overwrite=overwrite) as new:
        fill(new, files)


@pytest.fixture(params=["exchange", "two renames"])
def any_disk(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "two renames":
        monkeypatch.setattr(folder_swap, "exchange", lambda first, second: False)


@pytest.mark.usefixtures("any_disk")
def test_own_files_are_replaced_unasked_and_others_stay(tmp_path: Path) -> None:
    out = tmp_path / "out"
    update(out, {**NEW, "annotated/frame-000001.png": "of a longer one", "arrays.zarr/c/9": "x"})
    fill(out, {"notes.txt": "mine", "mine/deep/a.txt": "mine", "annotated/me.png": "mine"})
    (out / "empty").mkdir()
    os.symlink("nowhere", out / "link")
    update(out, NEW)
    mine = {"notes.txt": "mine", "mine/deep/a.txt": "mine", "annotated/me.png": "mine"}
    assert contents(out) == NEW | mine
    assert (out / "empty").is_dir()
    assert (out / "link").is_symlink()
    assert own_files(out) == {*NEW, LIST_NAME}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.usefixtures("any_disk")
@pytest.mark.parametrize("name", ["clip.mp4", "arrays.zarr/mine", "clip.mp4/inside"])
def test_a_file_of_the_users_is_replaced_only_if_asked(tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    fill(out, {name: "mine"})
    with pytest.raises(ExportError, match="not written by Motion Inspector") as caught:
        update(out, NEW)
    assert "--overwrite" in caught.value.hint
    assert contents(out) == {name: "mine"}
    update(out, NEW, overwrite=True)
    assert contents(out) == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_changed_result_is_the_users(tmp_path: Path) -> None:
    update(tmp_path / "out", NEW)
    (tmp_path / "out" / "clip.mp4").write_text("cut")
    with pytest.raises(ExportError, match=r"clip\.mp4"):
        check_conflicts(tmp_path / "out", NEW.__contains__, overwrite=False)
    check_conflicts(tmp_path / "out", NEW.__contains__, overwrite=True)


def test_results_of_another_name_stay_and_are_still_own(tmp_path: Path) -> None:
    update(tmp_path / "out", {"clip.mp4": "a"})
    update(tmp_path / "out", {"clip.gif": "b"})
    update(tmp_path / "out", {"clip.mp4": "c"})
    assert contents(tmp_path / "out") == {"clip.mp4": "c", "clip.gif": "b"}


@pytest.mark.parametrize("text", ["[]", "{", '{"kind": "x", "files": {"clip.mp4": "y"}}'])
def test_a_list_that_is_not_ours_vouches_for_nothing(tmp_path: Path, text: str) -> None:
    fill(tmp_path / "out", {LIST_NAME: text, "clip.mp4": "mine"})
    with pytest.raises(ExportError):
        update(tmp_path / "out", NEW)
    assert (tmp_path / "out" / LIST_NAME).read_text() == text


def test_a_link_is_never_followed(tmp_path: Path) -> None:
    fill(tmp_path, {"film.mp4": "mine", "film/a.txt": "mine"})
    (tmp_path / "out").mkdir()
    os.symlink(tmp_path / "film.mp4", tmp_path / "out" / "clip.mp4")
    os.symlink(tmp_path / "film", tmp_path / "out" / "arrays.zarr")
    with pytest.raises(ExportError):
        update(tmp_path / "out", NEW)
    update(tmp_path / "out", NEW, overwrite=True)
    assert contents(tmp_path / "out") == NEW
    assert (tmp_path / "film.mp4").read_text() == (tmp_path / "film/a.txt").read_text() == "mine"


def test_a_folder_by_a_link_is_replaced_where_it_lies(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    os.symlink(tmp_path / "real", tmp_path / "link")
    update(tmp_path / "link", NEW)
    assert (tmp_path / "link").is_symlink()
    assert contents(tmp_path / "real") == NEW


def test_the_working_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ExportError, match="working folder"):
        update(Path(), NEW)


STEPS = {
    "link": "os.link",
    "fsync": "os.fsync",
    "chmod": "pathlib.Path.chmod",
    "exchange": "engine.utils.folder_swap.exchange",
    "hash": "engine.utils.written_files.digest",
}


@pytest.mark.parametrize("step", STEPS)
def test_an_error_at_any_step_leaves_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    update(tmp_path / "out", {"clip.mp4": "old"})
    fill(tmp_path / "out", {"notes.txt": "mine"})

    def failing(*given: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(STEPS[step], failing)
        with pytest.raises((OSError, ExportError), match="No space left"):
            update(tmp_path / "out", NEW)
    assert contents(tmp_path / "out") == {"clip.mp4": "old", "notes.txt": "mine"}
    remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def killed(tmp_path: Path, *, late: dict[str, str] | None = None, renames: int = 2) -> Path:
    """A room as a writer leaves it that is killed after a swap, or after one of two renames."""
    room, out = tmp_path / ".motion-inspector-00000000000dead0.part", tmp_path / "out"
    update(out, {"clip.mp4": "old"})
    fill(out, {"notes.txt": "mine"})
    fill(room / "out", {"clip.mp4": "new"})
    os.link(out / "notes.txt", room / "out" / "notes.txt")
    (room / "owner.lock").touch()
    fill(out, late or {})
    swap_in(room / "out", out, ["clip.mp4", LIST_NAME])
    if renames == 1:
        shutil.move(out, room / "new")
        (room / "out").rename(room / "old")
        (room / "new").rename(room / "out")
    return out


@pytest.mark.parametrize("renames", [1, 2])
def test_what_a_killed_swap_leaves_is_settled(tmp_path: Path, renames: int) -> None:
    out = killed(tmp_path, renames=renames)
    assert remove_leftovers(tmp_path) == 1
    assert contents(out) == {"clip.mp4": "new", "notes.txt": "mine"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_file_that_came_too_late_is_given_back(tmp_path: Path) -> None:
    out = killed(tmp_path, late={"late.txt": "mine", "more/late.txt": "mine"})
    remove_leftovers(tmp_path)
    assert contents(out)["late.txt"] == contents(out)["more/late.txt"] == "mine"


def test_a_file_without_a_place_is_never_removed(tmp_path: Path) -> None:
    out = killed(tmp_path, late={"late.txt": "mine"})
    fill(out, {"late.txt": "another"})
    assert remove_leftovers(tmp_path) == 0
    assert (tmp_path / ".motion-inspector-00000000000dead0.part/out/late.txt").read_text() == "mine"


def test_a_made_up_room_writes_nowhere_else(tmp_path: Path) -> None:
    room, elsewhere = tmp_path / ".motion-inspector-0000000000000bad.part", tmp_path / "elsewhere"
    elsewhere.mkdir()
    os.symlink(elsewhere, tmp_path / "out")
    fill(room, {"owner.lock": "", "out/evil": "x"})
    text = '{"name": "out", "device": 1, "inode": 1, "dropped": []}'
    fill(room, {"swap.json": text})
    remove_leftovers(tmp_path)
    (room / "swap.json").write_text(text.replace("out", ".."))
    remove_leftovers(tmp_path)
    assert not list(elsewhere.iterdir())


@pytest.mark.parametrize("place", ["home", ""])
def test_the_users_home_is_not_replaced(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    with pytest.raises(ExportError, match="your home"):
        check_folder_of_its_own(tmp_path / place)
    check_folder_of_its_own(tmp_path / "home/results")

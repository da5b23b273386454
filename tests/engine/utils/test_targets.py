from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.errors import ExportError
from engine.utils.targets import check_target, check_targets


@pytest.fixture
def film(tmp_path: Path) -> Path:
    film = tmp_path / "real" / "film.mp4"
    film.parent.mkdir()
    film.write_text("mine")
    os.symlink(film, tmp_path / "link.mp4")
    os.symlink(film.parent, tmp_path / "linked")
    os.link(film, tmp_path / "hard.mp4")
    return film


@pytest.mark.parametrize(
    "name",
    ["real/film.mp4", "real/../real/film.mp4", "link.mp4", "linked/film.mp4", "hard.mp4", "real"],
)
def test_what_is_read_is_no_target(film: Path, tmp_path: Path, name: str) -> None:
    with pytest.raises(ExportError, match="read"):
        check_target(tmp_path / name, [film])


@pytest.mark.parametrize("name", ["real/new.mp4", "missing/film.mp4", "real/film.mp4.csv"])
def test_beside_what_is_read_one_may_write(film: Path, tmp_path: Path, name: str) -> None:
    check_target(tmp_path / name, [film, tmp_path / "gone.pth"])


def test_folders_that_are_read_are_no_targets(film: Path, tmp_path: Path) -> None:
    for target in (film.parent, tmp_path, tmp_path / "linked" / "inside", film.parent / "a" / "b"):
        with pytest.raises(ExportError, match="read"):
            check_targets(target, ["new.mp4"], [film.parent])
    check_targets(film.parent, ["new.mp4"], [film])
    with pytest.raises(ExportError, match="read"):
        check_targets(film.parent, ["film.mp4"], [film])


def test_a_name_with_a_nul_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="NUL"):
        check_target(tmp_path / "a\0b", [])

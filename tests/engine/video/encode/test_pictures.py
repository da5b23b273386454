from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import ExportError
from engine.video import open_writer
from engine.video.encode import PicturesWriter

PICTURE = np.full((4, 6, 3), 50, np.uint8)


def write(path: Path, first_number: int = 0) -> Path:
    with open_writer(path, 25, (6, 4), format="png", first_number=first_number) as writer:
        for _ in range(3):
            writer.write(PICTURE)
    return writer.path


@pytest.mark.parametrize("name", ["clip", "clip.png", "clip.PNG"])
def test_pictures_lie_in_a_folder_by_frame_number(name: str, tmp_path: Path) -> None:
    folder = write(tmp_path / name, first_number=118)
    assert folder == tmp_path / "clip"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["frame-000118.png", "frame-000119.png", "frame-000120.png"]


def test_folder_appears_when_all_is_written(tmp_path: Path) -> None:
    with PicturesWriter(tmp_path / "clip", 25, (6, 4)) as writer:
        writer.write(PICTURE)
        assert not (tmp_path / "clip").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["clip"]


def test_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "clip").mkdir()
    assert len(list(write(tmp_path / "clip").iterdir())) == 3


def test_folder_with_files_and_a_file_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "clip")
    (tmp_path / "file").write_text("mine")
    for name in ("clip", "file"):
        with pytest.raises(ExportError, match="cannot be written") as caught:
            write(tmp_path / name, first_number=7)
        assert "another" in caught.value.hint
    assert len(list((tmp_path / "clip").iterdir())) == 3


def test_picture_that_is_lost_is_noticed(tmp_path: Path) -> None:
    def lose_one() -> None:
        with PicturesWriter(tmp_path / "clip", 25, (6, 4)) as writer:
            writer.write(PICTURE)
            writer.write(PICTURE)
            next(tmp_path.glob("*/clip/*.png")).unlink()

    with pytest.raises(ExportError, match="1 of 2 frames"):
        lose_one()
    assert list(tmp_path.iterdir()) == []

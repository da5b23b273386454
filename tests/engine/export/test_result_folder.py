"""Exports never write over what they are made from, nor over files of the user's."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import ExportError
from engine.export import export_clip
from engine.export.job import ExportJob
from engine.export.result_folder import check_result_folder, export_all
from engine.export.whole_folder import save_analysis
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.types import Request
from engine.video import Video, open_video
from tests.clips import moving_square, write_clip
from tests.engine.export.conftest import made_up

FRAMES = 4


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("c") / "c.mp4", moving_square(FRAMES, (64, 64)))


@pytest.fixture
def film(tmp_path: Path, clip: Path) -> Path:
    """A user's video that has the name of a result."""
    film = tmp_path / "mine" / "annotated.mp4"
    film.parent.mkdir()
    shutil.copy(clip, film)
    return film


@pytest.fixture
def video(film: Path) -> Iterator[Video]:
    with open_video(film) as video:
        yield video


@pytest.fixture
def analysis(film: Path, video: Video) -> Iterator[Analysis]:
    with closing(made_up(film, video)) as analysis:
        yield analysis


def write(analysis: Analysis, video: Video, folder: Path, **named: object) -> Path:
    return export_all(analysis, video, folder, preset="recommended", sigma=1.0, **named)  # type: ignore[arg-type]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_source_is_never_replaced(
    analysis: Analysis, video: Video, film: Path, overwrite: bool
) -> None:
    before = film.read_bytes()
    with pytest.raises(ExportError, match="read"):
        check_result_folder(film.parent, Request(film), "mp4", overwrite=overwrite)
    with pytest.raises(ExportError, match="read"):
        write(analysis, video, film.parent, overwrite=overwrite)
    assert [path.name for path in film.parent.iterdir()] == [film.name]
    assert film.read_bytes() == before


def test_a_clip_is_not_written_onto_its_source_or_its_weights(
    analysis: Analysis, video: Video, film: Path, tmp_path: Path
) -> None:
    os.link(film, tmp_path / "hard.mp4")
    os.symlink(film, tmp_path / "link.mp4")
    names = (film, tmp_path / "hard.mp4", tmp_path / "link.mp4")
    for path in names:
        with pytest.raises(ExportError, match="read"):
            export_clip(analysis, video, path)
    with pytest.raises(ExportError, match="read"):
        export_clip(analysis, video, tmp_path / "w.csv.mp4", inputs=[tmp_path / "w.csv.mp4"])
    for path in names:
        assert os.path.samefile(path, film)


def test_an_analysis_is_saved_neither_onto_itself_nor_into_nor_around(
    analysis: Analysis, tmp_path: Path
) -> None:
    whole = ClipSettings("recommended", 1.0)
    job = ExportJob(analysis, tmp_path / "saved", whole, (0, FRAMES))
    save_analysis(job)
    with closing(Analysis.open(tmp_path / "saved")) as opened:
        for place in ("saved", "saved/inside", "saved/arrays.zarr", "."):
            with pytest.raises(ExportError):
                save_analysis(replace(job, analysis=opened, path=tmp_path / place))
    save_analysis(job)
    assert Analysis.open(tmp_path / "saved").frame_count == FRAMES


def test_pictures_of_the_users_are_not_removed(
    analysis: Analysis, video: Video, tmp_path: Path
) -> None:
    pictures = tmp_path / "out" / "annotated"
    pictures.mkdir(parents=True)
    (pictures / "holiday.png").write_text("mine")
    for _ in range(2):
        write(analysis, video, tmp_path / "out", format="png")
    assert (pictures / "holiday.png").read_text() == "mine"
    assert len(list(pictures.iterdir())) == FRAMES + 1
    (pictures / "frame-000001.png").write_text("painted on")
    with pytest.raises(ExportError, match="frame-000001"):
        check_result_folder(tmp_path / "out", analysis.header.request, "png")
    with pytest.raises(ExportError, match="frame-000001"):
        write(analysis, video, tmp_path / "out", format="png")
    assert (pictures / "frame-000001.png").read_text() == "painted on"


def test_numbers_beside_a_clip_replace_only_own_ones(
    analysis: Analysis, video: Video, tmp_path: Path
) -> None:
    walk = tmp_path / "walk.mp4"
    (tmp_path / "walk.csv").write_text("mine")
    with pytest.raises(ExportError, match=r"walk\.csv was not written"):
        export_clip(analysis, video, walk, numbers=True)
    assert not walk.exists()
    (tmp_path / "walk.csv").unlink()
    for _ in range(2):
        export_clip(analysis, video, walk, numbers=True)
    (tmp_path / "walk.json").write_text("mine")
    with pytest.raises(ExportError, match=r"walk\.json"):
        export_clip(analysis, video, walk, numbers=True)
    export_clip(analysis, video, walk, numbers=True, overwrite=True)
    assert (tmp_path / "walk.json").stat().st_size > 100


def test_numbers_that_cannot_be_written_keep_the_clip_away(
    analysis: Analysis, video: Video, tmp_path: Path
) -> None:
    (tmp_path / "walk.json").mkdir()
    with pytest.raises(ExportError):
        export_clip(analysis, video, tmp_path / "walk.mp4", numbers=True, overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "walk.json"]


@pytest.mark.parametrize("part", ["frames_csv.csv.writer", "timeline_picture.Figure.savefig"])
def test_a_full_disk_is_told_by_the_name_of_the_result(
    analysis: Analysis, video: Video, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    def full(*given: object, **named: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(f"engine.export.{part}", full)
    with pytest.raises(ExportError, match=r"out.* cannot be written \(No space left") as caught:
        write(analysis, video, tmp_path / "out", format="gif")
    assert ".part" not in str(caught.value)
    assert "room" in caught.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.cancel import Cancelled, CancelToken, never
from engine.errors import ExportError, VideoError
from engine.export.composition import Composition
from engine.export.formats import EXPORT_FORMATS
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.types import Progress
from engine.video import open_video
from gui.state.export_request import ExportRequest
from inspector.backend import export as exporting
from tests.clips import moving_square, write_clip
from tests.engine.export.conftest import made_up

FRAMES = 20
LOOK = ClipSettings("recommended", 1.0)


def ignore(progress: Progress) -> None:
    """Nobody looks."""


@pytest.fixture
def analysis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Analysis]:
    monkeypatch.setattr(exporting, "remember_target", lambda target: None)
    clip = write_clip(tmp_path / "square.mp4", moving_square(FRAMES, (160, 120)))
    with open_video(clip) as video, closing(made_up(clip, video)) as analysis:
        yield analysis


@pytest.mark.parametrize("key", EXPORT_FORMATS)
def test_each_kind_is_written_under_its_name(key: str, analysis: Analysis, tmp_path: Path) -> None:
    path = tmp_path / f"a{EXPORT_FORMATS[key].suffix}"
    wish = ExportRequest(key, path, LOOK, (3, 9))
    assert exporting.write(analysis, wish, ignore, never) == path
    if key == "png":
        assert len(list(path.iterdir())) == 6
    elif EXPORT_FORMATS[key].is_clip:
        with open_video(path) as written:
            assert len(written) == 6
    elif key == "csv":
        assert len(path.read_text().splitlines()) == 1 + 6
    elif key == "npz":
        with np.load(path) as arrays:
            assert len(arrays["motion"]) == 6
    elif key == "zarr":
        assert Analysis.open(path).frame_count == FRAMES
    elif key == "timeline.svg":
        assert path.read_text().startswith("<?xml")
    else:
        with Image.open(path) as picture:
            assert picture.size == (1600, 500)


@pytest.mark.parametrize("key", EXPORT_FORMATS)
def test_a_range_outside_is_refused_and_nothing_is_left(
    key: str, analysis: Analysis, tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    wish = ExportRequest(key, tmp_path / f"a{EXPORT_FORMATS[key].suffix}", LOOK, (3, FRAMES + 1))
    with pytest.raises(ExportError, match="not all among"):
        exporting.write(analysis, wish, ignore, never)
    assert sorted(tmp_path.iterdir()) == before


def test_a_clip_that_is_cancelled_leaves_nothing(analysis: Analysis, tmp_path: Path) -> None:
    token, before = CancelToken(), sorted(tmp_path.iterdir())
    token.cancel()
    with pytest.raises(Cancelled):
        exporting.write(
            analysis, ExportRequest("mp4", tmp_path / "a.mp4", LOOK), ignore, token.check
        )
    assert sorted(tmp_path.iterdir()) == before


def test_pictures_go_into_a_folder(analysis: Analysis, tmp_path: Path) -> None:
    wish = ExportRequest("mp4", tmp_path / "pictures", LOOK, (3, 5))
    folder = exporting.write(analysis, wish, ignore, never)
    pictures = sorted(folder.iterdir())
    assert [path.name for path in pictures] == ["frame-000003.png", "frame-000004.png"]
    with Image.open(pictures[0]) as picture:
        assert picture.size == (640, picture.height) or picture.width > 640


def test_a_video_that_is_gone_is_told(analysis: Analysis, tmp_path: Path) -> None:
    (tmp_path / "square.mp4").unlink()
    with pytest.raises(VideoError, match=r"square\.mp4"):
        exporting.write(analysis, ExportRequest("mp4", tmp_path / "a.mp4", LOOK), ignore, never)


def test_preview_is_the_picture_of_the_clip(analysis: Analysis) -> None:
    shown = exporting.preview(analysis, LOOK, (2, 12), 7, ignore, never)
    with open_video(analysis.header.request.video) as video:
        expected = Composition(analysis, video, LOOK, (2, 12)).picture(7)
    np.testing.assert_array_equal(shown, expected)

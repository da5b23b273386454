from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import VideoError
from engine.export.whole_folder import whole_folder
from engine.store import Analysis
from engine.store.explained_video import open_explained, with_video
from engine.video.content_hash import content_id
from tests.clips import moving_square, write_clip
from tests.engine.store.analyses import filled


@pytest.fixture
def saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An analysis of clips/square.mp4, which was typed as square.mp4, in clips/results."""
    clip = tmp_path / "clips" / "square.mp4"
    clip.parent.mkdir()
    write_clip(clip, moving_square(8))
    monkeypatch.chdir(clip.parent)
    analysis = filled(tmp_path / "work", steps=8)
    request = replace(analysis.header.request, video=Path("square.mp4"))
    analysis.header = replace(analysis.header, request=request, content=content_id(clip))
    with whole_folder(clip.parent / "results") as partial:
        analysis.save(partial, preset="recommended", sigma=1.0)
    monkeypatch.chdir(tmp_path)
    return clip.parent / "results"


def video_of(folder: Path) -> Path:
    return Analysis.open(folder).header.request.video.resolve()


def test_video_is_found_from_another_folder_and_after_a_move(saved: Path, tmp_path: Path) -> None:
    assert video_of(saved) == tmp_path / "clips" / "square.mp4"
    (tmp_path / "clips").rename(tmp_path / "moved")
    assert video_of(tmp_path / "moved" / "results") == tmp_path / "moved" / "square.mp4"


def test_video_of_the_same_content_is_taken_before_one_at_the_same_place(
    saved: Path, tmp_path: Path
) -> None:
    clip = tmp_path / "clips" / "square.mp4"
    shutil.move(clip, saved / "square.mp4")
    write_clip(clip, moving_square(9))
    assert video_of(saved) == saved / "square.mp4"


def test_video_of_another_content_is_refused(saved: Path, tmp_path: Path) -> None:
    write_clip(tmp_path / "clips" / "square.mp4", moving_square(9))
    with pytest.raises(VideoError, match="is not the video that was explained"):
        open_explained(Analysis.open(saved).header)


def test_results_name_the_video_from_where_they_end_up(saved: Path) -> None:
    about = json.loads((saved / "analysis.json").read_text())["video"]
    assert about["relative"] == "../square.mp4"


def test_pictures_of_a_pattern_are_found_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pictures").mkdir()
    for number in range(8):
        picture = np.full((64, 96, 3), number, np.uint8)
        cv2.imwrite(str(tmp_path / "pictures" / f"{number:02}.png"), picture)
    monkeypatch.chdir(tmp_path / "pictures")
    analysis = filled(tmp_path / "work", steps=8)
    request = replace(analysis.header.request, video=Path("%02d.png"))
    analysis.header = replace(analysis.header, request=request, content=content_id(request.video))
    analysis.save(tmp_path / "results", preset="recommended", sigma=1.0)
    monkeypatch.chdir(tmp_path)
    header = Analysis.open(tmp_path / "results").header
    assert header.request.video == tmp_path / "pictures" / "%02d.png"
    with open_explained(header) as video:
        assert len(video) == 8


def test_missing_video_is_told_with_what_to_do(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "clips" / "square.mp4").unlink()
    with pytest.raises(VideoError, match="explained, is not where it was"):
        open_explained(Analysis.open(saved).header)


def test_with_video_takes_the_same_content_alone(saved: Path, tmp_path: Path) -> None:
    header = Analysis.open(saved).header
    copy = Path(shutil.copy(header.request.video, tmp_path / "copy.mp4"))
    assert with_video(header, copy).request.video == copy
    other = write_clip(tmp_path / "other.mp4", moving_square(8)[::-1])
    with pytest.raises(VideoError, match="is not the video that was explained"):
        with_video(header, other)
    assert with_video(replace(header, content=""), other).request.video == other

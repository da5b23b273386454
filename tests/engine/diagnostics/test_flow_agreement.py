from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from engine.cancel import Cancelled
from engine.diagnostics.flow_agreement import check_against_flow, write_flow_csv
from engine.store import Analysis, Header
from engine.types import ModelSpec, Rect, Request, Window
from engine.video import open_video
from tests.clips import write_clip

FRAMES, WIDTH, HEIGHT, GRID = 12, 192, 128, (8, 12)


def pattern(height: int, width: int, seed: int) -> np.ndarray:
    """Texture that optical flow can follow, uint8 (height, width, 3)."""
    coarse = np.random.default_rng(seed).integers(40, 215, (height // 4 + 1, width // 4 + 1))
    fine = np.kron(coarse, np.ones((4, 4)))[:height, :width]
    return np.repeat(fine[..., None], 3, 2).astype(np.uint8)


def scene() -> np.ndarray:
    """A textured square that moves right by 4 pixels a frame before a still wall."""
    clip = np.repeat(pattern(HEIGHT, WIDTH, 0)[None], FRAMES, 0)
    figure = pattern(48, 48, 1)
    for index, frame in enumerate(clip):
        frame[40:88, 32 + 4 * index : 80 + 4 * index] = figure
    return clip


@pytest.fixture(scope="module")
def video_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "scene.mp4", scene())


def analysis_of(path: Path, relevance: np.ndarray, seen: Rect = Rect(0, 0, 1, 1)) -> Analysis:  # noqa: B008
    """A complete analysis of a clip with given relevance, float32 (T, h, w)."""
    spec = ModelSpec("tiny", ("a", "b"), FRAMES, None, 1, GRID, GRID, (0, 0, 0), (1, 1, 1))
    steps = np.arange(FRAMES, dtype=np.int64)
    times = steps / 15
    header = Header(Request(video=path), spec, (WIDTH, HEIGHT), 15.0, 0, FRAMES, times, steps, seen)
    analysis = Analysis.create(header)
    window = Window(0, steps, 0, np.zeros(2, np.float32), 0, 1.0)
    analysis.append([window], relevance)
    return analysis


def on_figure() -> np.ndarray:
    """Relevance that flickers on the moving square alone."""
    relevance = np.zeros((FRAMES, *GRID), np.float32)
    for index in range(FRAMES):
        left = (32 + 4 * index) // 16
        relevance[index, 3:5, left + 1 : left + 3] = 1 + index % 2
    return relevance


def test_relevance_on_what_moves_is_precise(video_path: Path) -> None:
    analysis = analysis_of(video_path, on_figure())
    with open_video(video_path) as video:
        found = check_against_flow(analysis, video, preset="recommended", sigma=1)
    assert found.overall.precision > 0.85
    assert 0.05 < found.overall.chance < 0.25
    assert found.camera_found.all()
    analysis.close()


def test_relevance_at_random_is_at_chance_level(video_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal((FRAMES, *GRID)).astype(np.float32)
    analysis = analysis_of(video_path, noise)
    with open_video(video_path) as video:
        found = check_against_flow(analysis, video, preset="recommended", sigma=0)
    assert found.overall.precision == pytest.approx(found.overall.chance, abs=0.02)
    assert found.overall.kept > 0.95
    analysis.close()


def test_overall_counts_add_up_over_frames(video_path: Path) -> None:
    analysis = analysis_of(video_path, on_figure())
    with open_video(video_path) as video:
        found = check_against_flow(analysis, video, preset="code-2021", sigma=1)
    assert found.overall.precision == pytest.approx(found.both.sum() / found.kept.sum())
    assert found.overall.chance == pytest.approx(found.moving.sum() / found.cells / FRAMES)
    assert (found.both <= np.minimum(found.kept, found.moving)).all()
    analysis.close()


def test_only_what_the_model_saw_is_compared(video_path: Path) -> None:
    analysis = analysis_of(video_path, on_figure(), Rect(0, 0, 1, 0.25))  # above the square
    with open_video(video_path) as video:
        found = check_against_flow(analysis, video, preset="recommended", sigma=1)
    assert found.overall.chance == 0
    analysis.close()


def test_what_lies_outside_of_the_picture_does_not_move(video_path: Path) -> None:
    analysis = analysis_of(video_path, on_figure(), Rect(-0.5, -0.5, 1.5, 1.5))
    with open_video(video_path) as video:
        found = check_against_flow(analysis, video, preset="recommended", sigma=1)
    whole = analysis_of(video_path, on_figure())
    with open_video(video_path) as video:
        usual = check_against_flow(whole, video, preset="recommended", sigma=1)
    assert found.overall.chance == pytest.approx(usual.overall.chance / 4, rel=0.5)
    for each in (analysis, whole):
        each.close()


def test_the_check_can_be_cancelled(video_path: Path) -> None:
    def check() -> None:
        raise Cancelled

    analysis = analysis_of(video_path, on_figure())
    with open_video(video_path) as video, pytest.raises(Cancelled):
        check_against_flow(analysis, video, preset="recommended", sigma=1, check=check)
    analysis.close()


def test_flow_csv_has_one_row_a_frame(video_path: Path, tmp_path: Path) -> None:
    analysis = analysis_of(video_path, on_figure())
    with open_video(video_path) as video:
        found = check_against_flow(analysis, video, preset="recommended", sigma=1)
    write_flow_csv(found, analysis, tmp_path / "flow.csv")
    rows = list(csv.DictReader((tmp_path / "flow.csv").read_text().splitlines()))
    assert [int(row["frame"]) for row in rows] == list(range(FRAMES))
    assert float(rows[3]["flow_px"]) == pytest.approx(found.energy_px[3])
    assert all(0 <= float(row["moving"]) <= 1 for row in rows)
    analysis.close()


def test_frames_without_a_camera_stay_out(tmp_path: Path) -> None:
    clip = scene()
    clip[6:] = pattern(HEIGHT, WIDTH, 7)  # a cut: between frames 5 and 6 there is no camera
    path = write_clip(tmp_path / "cut.mp4", clip)
    analysis = analysis_of(path, on_figure())
    with open_video(path) as video:
        found = check_against_flow(analysis, video, preset="recommended", sigma=1)
    used = found.camera_found
    assert not used[5]
    assert found.overall.refused == pytest.approx(1 - used.mean())
    assert found.overall.chance == pytest.approx(
        found.moving[used].sum() / found.cells / used.sum()
    )
    write_flow_csv(found, analysis, tmp_path / "flow.csv")
    rows = list(csv.DictReader((tmp_path / "flow.csv").read_text().splitlines()))
    assert (rows[5]["camera_found"], rows[5]["precision"]) == ("0", "")
    analysis.close()


def test_a_still_noisy_video_does_not_move(tmp_path: Path) -> None:
    grain = np.random.default_rng(1).normal(0, 10, (FRAMES, HEIGHT, WIDTH, 3))
    clip = np.clip(pattern(HEIGHT, WIDTH, 0) + grain, 0, 255).astype(np.uint8)
    path = write_clip(tmp_path / "grain.mp4", clip)
    analysis = analysis_of(path, on_figure())
    with open_video(path) as video:
        found = check_against_flow(analysis, video, preset="recommended", sigma=1)
    assert found.overall.chance < 0.01
    analysis.close()

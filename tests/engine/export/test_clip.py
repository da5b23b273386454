from __future__ import annotations

import csv
import json
import os
from contextlib import closing
from pathlib import Path

import av
import numpy as np
import pytest

from engine import render
from engine.cancel import Cancelled, CancelToken
from engine.errors import ExportError
from engine.export import export_clip
from engine.export.clip_layout import pane_size
from engine.export.composition import Composition
from engine.export.result_folder import export_all
from engine.render.export_clip_settings import ClipSettings
from engine.store import Analysis
from engine.types import Progress
from engine.video import Video, open_video
from tests.clips import moving_square, write_clip
from tests.engine.export.conftest import FRAMES, made_up
from tests.engine.video.encode.clicks import click_times, write_clicking
from tests.engine.video.encode.overlays import psnr
from tests.engine.video.numbered import Clip


def test_clip_has_a_frame_for_each_of_the_range(
    analysis: Analysis, video: Video, tmp_path: Path
) -> None:
    path = export_clip(analysis, video, tmp_path / "clip.mp4", frames=(5, 17))
    with open_video(path) as written:
        assert len(written) == 12
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.width % 2 == stream.height % 2 == 0


def test_clip_keeps_the_times_of_the_video(
    analysis: Analysis, video: Video, tmp_path: Path
) -> None:
    path = export_clip(analysis, video, tmp_path / "clip.mp4", frames=(5, 17))
    with open_video(path) as written:
        expected = video.timestamps_s[5:17] - video.timestamps_s[5]
        assert np.abs(written.timestamps_s - expected).max() < 1e-3


def test_clip_of_an_odd_size_is_written(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "tall.mp4", moving_square(4, (70, 222)))
    with open_video(source) as video:
        analysis = made_up(source, video)
        path = export_clip(analysis, video, tmp_path / "clip.mp4")
        analysis.close()
    with open_video(path) as written:
        assert len(written) == 4


def test_clip_shows_the_heat_that_render_draws(analysis: Analysis, video: Video) -> None:
    composition = Composition(analysis, video, ClipSettings("recommended", 1.0), (0, FRAMES))
    picture = composition.picture(7)
    width, height = pane_size(video.size, 4)
    maps = analysis.separation("recommended").frame(7, 1.0)
    source = video.picture(7, width, height)
    expected = render.overlay(source, maps.motion, analysis.header.seen, analysis.scale)
    windows = np.lib.stride_tricks.sliding_window_view(picture, expected.shape)
    assert any((windows[y, x, 0] == expected).all() for y in (90,) for x in range(windows.shape[1]))


def test_cursor_moves_with_the_frame(analysis: Analysis, video: Video) -> None:
    composition = Composition(analysis, video, ClipSettings("recommended", 1.0), (0, FRAMES))
    below = slice(composition.size[1] - 150, composition.size[1] - 60)

    def cursor(frame: int) -> float:
        white = (composition.picture(frame)[below] == 255).all(axis=(0, 2))
        return float(np.flatnonzero(white).mean())

    places = [cursor(frame) for frame in (0, 5, 10, 15)]
    assert np.diff(places) == pytest.approx(np.diff(places).mean(), abs=1.5)
    assert places[0] < places[-1]


def test_interpolated_frames_are_marked(clip: Path, video: Video) -> None:
    analysis = made_up(clip, video, step=2)
    composition = Composition(analysis, video, ClipSettings("recommended", 1.0), (0, FRAMES))
    head = slice(34, 62)
    right = slice(480, 700)
    assert composition.picture(3)[head, right].max() > composition.picture(4)[head, right].max()
    analysis.close()


def test_clip_shows_what_was_composed(analysis: Analysis, video: Video, tmp_path: Path) -> None:
    composition = Composition(analysis, video, ClipSettings("recommended", 1.0), (0, FRAMES))
    with open_video(export_clip(analysis, video, tmp_path / "clip.mp4")) as written:
        height, width = composition.picture(0).shape[:2]
        for frame in range(FRAMES):
            assert psnr(written[frame][:height, :width], composition.picture(frame)) >= 35


def test_clip_takes_the_format_of_its_suffix(
    analysis: Analysis, video: Video, tmp_path: Path
) -> None:
    export_clip(analysis, video, tmp_path / "clip.webm", frames=(5, 9))
    export_clip(analysis, video, tmp_path / "clip.gif", frames=(5, 9))
    folder = export_clip(analysis, video, tmp_path / "clip.png", frames=(5, 9))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip", "clip.gif", "clip.webm"]
    assert min(path.name for path in folder.iterdir()) == "frame-000005.png"


def test_clip_keeps_the_sound_of_its_range(tmp_path: Path) -> None:
    source = write_clicking(tmp_path / "a.mp4", 2, "aac")
    with open_video(source) as video:
        analysis = made_up(source, video)
        path = export_clip(analysis, video, tmp_path / "b.mp4", frames=(15, 49), sound=True)
        analysis.close()
    assert click_times(path) == pytest.approx(np.array([0.8, 1.6]) - 15 / 25, abs=0.024)


def test_clip_reports_progress_to_the_end(analysis: Analysis, video: Video, tmp_path: Path) -> None:
    seen: list[Progress] = []
    export_clip(analysis, video, tmp_path / "clip.mp4", report=seen.append)
    assert [progress.done for progress in seen] == list(range(1, FRAMES + 1))
    assert seen[-1].seconds_left == 0


@pytest.mark.parametrize("frames", [(-1, 5), (5, 5), (0, FRAMES + 1)])
def test_clip_refuses_a_range_that_was_not_explained(
    analysis: Analysis, video: Video, tmp_path: Path, frames: tuple[int, int]
) -> None:
    with pytest.raises(ExportError, match="not all among"):
        export_clip(analysis, video, tmp_path / "clip.mp4", frames=frames)
    assert not list(tmp_path.iterdir())


def test_cancelled_clip_leaves_the_earlier_one(
    analysis: Analysis, video: Video, tmp_path: Path
) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(b"earlier")
    token = CancelToken()

    def report(progress: Progress) -> None:
        if progress.done == 3:
            token.cancel()

    with pytest.raises(Cancelled):
        export_clip(analysis, video, path, report=report, check=token.check)
    assert path.read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [path]


def test_numbers_stand_beside_the_clip(analysis: Analysis, video: Video, tmp_path: Path) -> None:
    export_clip(
        analysis,
        video,
        tmp_path / "clip.mp4",
        frames=(2, 9),
        look=ClipSettings("recommended", 2.0),
        numbers=True,
    )
    rows = list(csv.DictReader((tmp_path / "clip.csv").read_text().splitlines()))
    assert [int(row["frame"]) for row in rows] == list(range(2, 9))
    document = json.loads((tmp_path / "clip.json").read_text())
    assert document["request"]["sigma"] == 2.0
    assert document["picture"]["frames"] == [2, 9]


def test_csv_holds_the_curves_exactly(analysis: Analysis, video: Video, tmp_path: Path) -> None:
    export_clip(analysis, video, tmp_path / "clip.mp4", numbers=True)
    rows = list(csv.DictReader((tmp_path / "clip.csv").read_text().splitlines()))
    curves = analysis.separation("recommended").curves(1.0)
    for name in ("relevance", "motion", "static", "changing_share", "signed_relevance"):
        assert [float(row[name]) for row in rows] == getattr(curves, name).tolist()
    assert [float(row["score"]) for row in rows] == analysis.target_scores().tolist()


def test_folder_holds_everything_and_opens_again(
    analysis: Analysis, video: Video, tmp_path: Path
) -> None:
    folder = export_all(analysis, video, tmp_path / "a" / "out", preset="recommended", sigma=1.5)
    names = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    assert names == {"annotated.mp4", "frames.csv", "timeline.png", "analysis.json", "arrays.zarr"}
    again = Analysis.open(folder)
    assert again.header.request.sigma == 1.5
    assert np.array_equal(again.read_steps(0, FRAMES), analysis.read_steps(0, FRAMES))


def test_folder_holds_the_clip_in_the_format_asked_for(
    analysis: Analysis, video: Video, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    for _ in range(2):
        export_all(analysis, video, folder, preset="recommended", sigma=1.5, format="png")
    assert len(list((folder / "annotated").iterdir())) == FRAMES
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_folder_that_exists_keeps_its_other_files(
    analysis: Analysis, video: Video, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for sigma in (1.0, 2.0):
        export_all(analysis, video, tmp_path, preset="recommended", sigma=sigma)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert Analysis.open(tmp_path).header.request.sigma == 2.0


def test_cancelled_folder_leaves_nothing(analysis: Analysis, video: Video, tmp_path: Path) -> None:
    def check() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        export_all(analysis, video, tmp_path / "out", preset="recommended", sigma=1.0, check=check)
    assert not list(tmp_path.iterdir())


def test_file_in_place_of_the_folder_is_refused(
    analysis: Analysis, video: Video, tmp_path: Path
) -> None:
    target = tmp_path / "out"
    target.write_text("mine")
    with pytest.raises(ExportError, match="is a file"):
        export_all(analysis, video, target, preset="recommended", sigma=1.0)
    assert target.read_text() == "mine"


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="a folder that even root cannot write to")
def test_folder_that_cannot_be_written_is_refused(analysis: Analysis, video: Video) -> None:
    with pytest.raises(ExportError) as caught:
        export_all(analysis, video, Path("/proc/out"), preset="recommended", sigma=1.0)
    assert caught.value.hint


def _widened(stream: av.VideoStream) -> None:
    stream.codec_context.sample_aspect_ratio = 2


def test_clip_shows_wide_pixels_wide(tmp_path: Path) -> None:
    source = Clip("wide.mp4", "libx264", frames=FRAMES, prepare=_widened).write(tmp_path)
    with open_video(source) as video, closing(made_up(source, video)) as analysis:
        assert (video.size, video.display_size) == ((128, 96), (256, 96))
        composition = Composition(analysis, video, ClipSettings("recommended", 1.0), (0, FRAMES))
        width, height = pane_size((256, 96), 4)
        shown = video.picture(3, width, height)
        picture = composition.picture(3)
    assert width > 2 * height
    corners = np.argwhere((picture[: 1 - height, : 1 - width] == shown[0, 0]).all(axis=-1))
    found = (picture[y : y + height, x : x + width] for y, x in corners)
    assert any(np.array_equal(region, shown) for region in found)

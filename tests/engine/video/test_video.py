"""`Video` as a sequence: numbers, times, sizes, pictures, threads, closing."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.cancel import Cancelled
from engine.errors import VideoError
from engine.video import Video, open_video
from tests.engine.video.numbered import SIZE, Clip, number_in, numbered_picture


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    clip = Clip("clip.mp4", "libx264", {"g": "12", "bf": "3"}, frames=30)
    return clip.write(tmp_path_factory.mktemp("video"))


@pytest.fixture
def video(path: Path):
    with open_video(path) as opened:
        yield opened


def test_video_is_indexed_like_a_sequence(video: Video) -> None:
    assert len(video) == 30
    assert number_in(video[-1]) == 29
    assert number_in(video[np.int64(7)]) == 7
    for outside in (30, -31):
        with pytest.raises(IndexError, match="of 30"):
            video[outside]
    with pytest.raises(TypeError):
        video[1.0]


def test_video_frame_belongs_to_the_caller(video: Video) -> None:
    frame = video[3]
    assert frame.dtype == np.uint8
    assert frame.shape == (SIZE[1], SIZE[0], 3)
    assert frame.flags.c_contiguous
    frame[:] = 0
    assert number_in(video[3]) == 3


def test_video_frame_of_uncompressed_rgb_is_not_the_cached_one(tmp_path: Path) -> None:
    with open_video(Clip("a.mov", "rawvideo", pix_fmt="rgb24", frames=3).write(tmp_path)) as video:
        video[1][:] = 0
        assert np.array_equal(video[1], numbered_picture(1))


def test_video_frames_come_in_the_order_asked_for(video: Video) -> None:
    asked = [3, 3, 9, 2, 29, -1, 0]
    assert [number_in(picture) for picture in video.frames(asked)] == [3, 3, 9, 2, 29, 29, 0]


def test_video_frames_can_be_cancelled_and_read_on(video: Video) -> None:
    calls = iter(range(100))

    def cancel_late() -> None:
        if next(calls) == 6:
            raise Cancelled

    with pytest.raises(Cancelled):
        list(video.frames(range(20, 30), cancel_late))
    assert [number_in(video[i]) for i in (20, 5, 29)] == [20, 5, 29]


def test_video_picture_is_scaled_by_area(video: Video) -> None:
    picture = video.picture(5, 32, 24)
    assert picture.shape == (24, 32, 3)
    assert picture.flags.c_contiguous
    means = video[5].reshape(24, 4, 32, 4, 3).mean(axis=(1, 3))
    assert np.abs(picture - means).mean() < 1  # pictures of full size repeat their chroma pixels
    with pytest.raises(ValueError, match="0 x 24"):
        video.picture(5, 0, 24)


def test_video_picture_is_turned_like_the_frame(tmp_path: Path) -> None:
    clip = Clip(
        "a.mp4",
        "libx264",
        frames=2,
        prepare=lambda stream: stream.set_display_rotation(90, True, False),
        turn=lambda picture: np.rot90(picture, -1),
    )
    with open_video(clip.write(tmp_path)) as video:
        assert video.size == SIZE
        difference = video.picture(1, *SIZE).astype(int) - video[1]
        assert np.abs(difference).mean() <= 2
        assert number_in(np.ascontiguousarray(video[1][:, ::-1])) == 1


def test_video_times_and_rate_are_those_of_the_file(video: Video) -> None:
    assert video.timestamps_s.dtype == np.float64
    assert np.array_equal(video.timestamps_s, np.arange(30) / 25)
    assert video.fps == 25.0
    with pytest.raises(ValueError, match="read-only"):
        video.timestamps_s[0] = 1


@pytest.mark.parametrize("name", ["variable.mp4", "variable.mkv"])
def test_video_times_of_variable_rate_and_late_start_are_kept(name: str, tmp_path: Path) -> None:
    times_ms = [2_000 + 40 * number + 13 * (number % 3) for number in range(20)]
    clip = Clip(name, "libx264", {"bf": "2"}, frames=20, times_ms=times_ms)
    with open_video(clip.write(tmp_path)) as video:
        assert np.allclose(video.timestamps_s, np.array(times_ms) / 1000, atol=1e-6)
        assert video.fps == pytest.approx(19_000 / (times_ms[-1] - times_ms[0]))


def test_video_times_of_a_transport_stream_start_at_its_start(tmp_path: Path) -> None:
    with open_video(Clip("a.ts", "libx264", frames=10).write(tmp_path)) as video:
        assert np.allclose(video.timestamps_s, np.arange(10) / 25)


def test_video_frames_hidden_by_an_edit_list_are_not_frames(tmp_path: Path) -> None:
    times_ms = [40 * (number - 10) for number in range(30)]
    clip = Clip("a.mp4", "libx264", {"g": "12", "bf": "0"}, frames=30, times_ms=times_ms)
    with open_video(clip.write(tmp_path)) as video:
        numbers = [number_in(picture) for picture in video]
        assert [number_in(video[i]) for i in range(len(video))[::-1]] == numbers[::-1]
    assert numbers == list(range(10, 30))


def test_video_of_changing_size_has_one_size(tmp_path: Path) -> None:
    path = tmp_path / "a.mjpeg"
    small, large = (
        Clip(f"{size[0]}.mjpeg", "mjpeg", frames=3, size=size, pix_fmt="yuvj420p").write(tmp_path)
        for size in (SIZE, (256, 192))
    )
    path.write_bytes(small.read_bytes() + large.read_bytes())
    with open_video(path) as video:
        assert len(video) == 6
        assert {picture.shape for picture in video} == {(SIZE[1], SIZE[0], 3)}


COLOURS = np.array(
    [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (128, 128, 128), (20, 200, 120)]
)


@pytest.mark.parametrize("colorspace", [None, "ITU601", "ITU709"])
@pytest.mark.parametrize("full_range", [False, True])
def test_video_colours_follow_the_tags(
    colorspace: str | None, full_range: bool, tmp_path: Path
) -> None:
    bars = np.repeat(np.repeat(COLOURS[None], 64, 0), 32, 1).astype(np.uint8)
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"qp": "0"})
        stream.height, stream.width = bars.shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.codec_context.color_range = 2 if full_range else 1
        stream.codec_context.colorspace = {"ITU709": 1, "ITU601": 6, None: 2}[colorspace]
        yuv = av.VideoFrame.from_ndarray(bars, "rgb24").reformat(
            format="yuv420p",
            dst_colorspace=colorspace,
            dst_color_range="JPEG" if full_range else "MPEG",
        )
        container.mux(stream.encode(yuv) + stream.encode(None))
    with open_video(path) as video:
        middle = video[0][32, 16::32].astype(int)
    assert np.abs(middle - COLOURS).max() <= 3


def test_video_can_be_read_from_several_threads(video: Video) -> None:
    order = np.random.default_rng(1).integers(0, 30, 40).tolist()
    with ThreadPoolExecutor(3) as pool:
        assert list(pool.map(lambda i: number_in(video[i]), order)) == order


def test_video_closed_says_so(path: Path) -> None:
    video = open_video(str(path))
    assert video.path == path
    assert "30 frames of 128 x 96" in repr(video)
    video.close()
    video.close()
    with pytest.raises(VideoError, match="is closed"):
        video[0]


def test_video_needs_neither_qt_nor_torch() -> None:
    code = "import sys, engine.video; assert not {'torch', 'PySide6'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_video_average_rate_of_a_fractional_rate_is_exact(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(30_000, 1001))
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(numbered_picture(number), "rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with open_video(path) as video:
        assert video.fps == 30_000 / 1001


@pytest.mark.parametrize("name", ["a.mkv", "a.ts"])
def test_video_of_a_file_that_grows_keeps_the_frames_it_had(name: str, tmp_path: Path) -> None:
    whole = Clip(name, "libx264", {"g": "12", "bf": "2"}, frames=60).write(tmp_path)
    content = whole.read_bytes()
    growing = tmp_path / f"growing_{name}"
    growing.write_bytes(content[: len(content) // 2])
    with open_video(growing, cache_bytes=0) as video:
        known = len(video)
        assert 10 < known < 60
        with growing.open("ab") as file:
            file.write(content[len(content) // 2 :])
        numbers = [known - 2, 0, known // 2, known - 2]
        assert [number_in(video[i]) for i in numbers] == numbers
        assert len(video) == known
    with open_video(growing) as video:
        assert [number_in(picture) for picture in video] == list(range(60))

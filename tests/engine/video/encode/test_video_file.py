"""`VideoWriter`: what is written comes back; whatever goes wrong, nothing half-written is left."""

from __future__ import annotations

import resource
import stat
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from engine.cancel import Cancelled
from engine.errors import ExportError
from engine.types import UInt8Array
from engine.video import VideoWriter, open_video
from engine.video.encode import writer as writer_module
from tests.engine.video.numbered import SIZE, number_in, numbered_picture


def write_all(path: Path, pictures: UInt8Array) -> None:
    with VideoWriter(path, 25, SIZE) as writer:
        for picture in pictures:
            writer.write(picture)


def write(path: Path, count: int = 12, fps: Fraction | float = 25, **options) -> Path:
    with VideoWriter(path, fps, SIZE, **options) as writer:
        for number in range(count):
            writer.write(numbered_picture(number))
    return path


def test_writer_frames_come_back(tmp_path: Path) -> None:
    with open_video(write(tmp_path / "a.mp4", 40)) as video:
        assert [number_in(picture) for picture in video] == list(range(40))
        assert video.size == SIZE
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("fps", [Fraction(30_000, 1001), 29.97002997, 12.5, 7])
def test_writer_rate_is_exact(fps: Fraction | float, tmp_path: Path) -> None:
    rate = Fraction(fps).limit_denominator(1001)
    with open_video(write(tmp_path / "a.mp4", fps=fps)) as video:
        assert np.allclose(video.timestamps_s, np.arange(12) / float(rate), atol=1e-9)
        assert video.fps == pytest.approx(float(rate), rel=1e-9)


def test_writer_keeps_variable_times_from_the_first_on(tmp_path: Path) -> None:
    times_s = 3.0 + np.array([0, 0.04, 0.1, 0.5, 0.533])
    with VideoWriter(tmp_path / "a.mp4", 25, SIZE) as writer:
        for number, time_s in enumerate(times_s):
            writer.write(numbered_picture(number), time_s=float(time_s))
    with open_video(tmp_path / "a.mp4") as video:
        assert np.allclose(video.timestamps_s, times_s - 3.0, atol=1e-5)


def test_writer_keeps_frames_closer_than_its_clock(tmp_path: Path) -> None:
    """A file may tell thousands of millions of frames in each second."""
    with VideoWriter(tmp_path / "a.mp4", 2**31 - 1, SIZE) as writer:
        for number in range(5):
            writer.write(numbered_picture(number), time_s=number / (2**31 - 1))
    with open_video(tmp_path / "a.mp4") as video:
        assert [number_in(picture) for picture in video] == list(range(5))


def test_writer_refuses_times_that_do_not_increase_or_come_for_some(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 25, SIZE) as writer:
        writer.write(numbered_picture(0), time_s=0.0)
        with pytest.raises(ValueError, match="does not come after"):
            writer.write(numbered_picture(1), time_s=0.0)
        with pytest.raises(ValueError, match="all frames or for none"):
            writer.write(numbered_picture(1))


def test_writer_pads_odd_sizes_by_their_edge(tmp_path: Path) -> None:
    picture = np.full((97, 131, 3), 200, np.uint8)
    with VideoWriter(tmp_path / "a.mp4", 25, (131, 97)) as writer:
        writer.write(picture)
    with open_video(tmp_path / "a.mp4") as video:
        assert video.size == (132, 98)
        assert np.abs(video[0].astype(int) - 200).max() <= 2


def test_writer_colours_are_tagged_and_come_back(tmp_path: Path) -> None:
    colours = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (90, 90, 90), (20, 200, 120)])
    bars = np.repeat(np.repeat(colours[None], 64, 0), 32, 1).astype(np.uint8)
    with VideoWriter(tmp_path / "a.mp4", 25, (160, 64), crf=0) as writer:
        writer.write(bars)
    with open_video(tmp_path / "a.mp4") as video:
        assert np.abs(video[0][32, 16::32].astype(int) - colours).max() <= 2
    with av.open(str(tmp_path / "a.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
        assert (context.color_range, context.pix_fmt, context.name) == (1, "yuv420p", "h264")


def test_writer_puts_the_index_first(tmp_path: Path) -> None:
    content = write(tmp_path / "a.mp4").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


def test_writer_takes_pictures_that_are_views(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 25, SIZE) as writer:
        writer.write(numbered_picture(5)[::-1, ::-1][::-1, ::-1])
    with open_video(tmp_path / "a.mp4") as video:
        assert number_in(video[0]) == 5


@pytest.mark.parametrize("fault", [Cancelled, KeyboardInterrupt, RuntimeError])
def test_writer_leaves_nothing_and_keeps_the_old_file(
    fault: type[BaseException], tmp_path: Path
) -> None:
    (tmp_path / "a.mp4").write_bytes(b"old")

    def fail() -> None:
        with VideoWriter(tmp_path / "a.mp4", 25, SIZE) as writer:
            writer.write(numbered_picture(0))
            raise fault

    with pytest.raises(fault):
        fail()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.mp4", b"old")]


def test_writer_replaces_the_old_file_and_follows_the_umask(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"old")
    (tmp_path / "plain").touch()
    path = write(tmp_path / "a.mp4")
    assert path.read_bytes() != b"old"
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


@pytest.mark.parametrize("name", ["missing/a.mp4", "file/a.mp4", "folder"])
def test_writer_says_where_it_cannot_write(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(ExportError, match="cannot be written") as caught:
        write(tmp_path / name)
    assert caught.value.hint
    assert {path.name for path in tmp_path.iterdir()} == {"file", "folder"}


def test_writer_on_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, SIZE[1], SIZE[0], 3), np.uint8)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(ExportError) as caught:
            write_all(tmp_path / "a.mp4", noise)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "room" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_writer_that_was_given_no_frame_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no frame"), VideoWriter(tmp_path / "a.mp4", 25, SIZE):
        pass
    assert list(tmp_path.iterdir()) == []


def test_writer_counts_what_arrived(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = write(tmp_path / "other.mp4", 3)
    monkeypatch.setattr(writer_module, "open_video", lambda _path, check: open_video(other))
    with pytest.raises(ExportError, match="3 of 12 frames arrived"):
        write(tmp_path / "a.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["other.mp4"]


def test_writer_refuses_what_does_not_fit(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", 25, SIZE) as writer:
        writer.write(numbered_picture(0))
        for wrong in (np.zeros((5, 5, 3), np.uint8), numbered_picture(0).astype(np.float32)):
            with pytest.raises(ValueError, match="as announced"):
                writer.write(wrong)
    with pytest.raises(ValueError, match="frames per second"):
        VideoWriter(tmp_path / "b.mp4", 0, SIZE)

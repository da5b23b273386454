"""What all formats promise: faithful pictures, right times, all or nothing."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engine.cancel import Cancelled
from engine.errors import ExportError
from engine.types import UInt8Array
from engine.video import open_video, open_writer
from engine.video.encode import FORMATS, format_of
from tests.engine.video.encode.overlays import SIZE, overlay_clip, psnr
from tests.engine.video.numbered import number_in, numbered_picture

NAMES = [f"a.{suffix}" for suffix in FORMATS]


def write(path: Path, pictures: UInt8Array, times_s: list[float] | None = None) -> Path:
    size = (pictures.shape[2], pictures.shape[1])
    with open_writer(path, 25, size) as writer:
        for number, picture in enumerate(pictures):
            writer.write(picture, time_s=None if times_s is None else times_s[number])
    return writer.path


def read(path: Path) -> list[UInt8Array]:
    if path.is_dir():
        return [cv2.imread(str(file))[:, :, ::-1] for file in sorted(path.iterdir())]
    with open_video(path) as video:
        return list(video)


@contextmanager
def file_limit(size: int) -> Iterator[None]:
    """Files cannot grow beyond a size in bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("name", "least_db"), [("a.mp4", 35), ("a.webm", 35), ("a.gif", 34), ("a.png", 100)]
)
def test_pictures_come_back_alike(name: str, least_db: float, tmp_path: Path) -> None:
    pictures = overlay_clip()
    back = read(write(tmp_path / name, pictures))
    assert len(back) == len(pictures)
    assert min(map(psnr, back, pictures)) >= least_db


@pytest.mark.parametrize("name", NAMES)
def test_every_picture_is_in_its_place(name: str, tmp_path: Path) -> None:
    pictures = np.stack([numbered_picture(number) for number in range(40)])
    assert list(map(number_in, read(write(tmp_path / name, pictures)))) == list(range(40))


@pytest.mark.parametrize("name", NAMES)
def test_colours_of_bars_come_back(name: str, tmp_path: Path) -> None:
    colours = np.array([(255, 0, 0), (0, 255, 0), (0, 0, 255), (90, 90, 90), (20, 200, 120)])
    bars = np.repeat(np.repeat(colours[None], 64, 0), 32, 1).astype(np.uint8)
    back = read(write(tmp_path / name, np.stack([bars] * 3)))
    assert np.abs(back[1][32, 16::32].astype(int) - colours).max() <= 2


@pytest.mark.parametrize(
    ("name", "tolerance_s"), [("a.mp4", 1e-5), ("a.webm", 1e-3), ("a.gif", 5.1e-3)]
)
def test_variable_times_are_kept(name: str, tolerance_s: float, tmp_path: Path) -> None:
    times_s = 3.0 + np.array([0, 0.04, 0.1, 0.5, 0.533, 0.9])
    path = write(tmp_path / name, overlay_clip()[:6], list(times_s))
    with open_video(path) as video:
        assert np.abs(video.timestamps_s - (times_s - 3.0)).max() <= tolerance_s
    with av.open(str(path)) as container:
        assert container.duration / 1e6 == pytest.approx(0.94, abs=0.006)


@pytest.mark.parametrize(
    ("name", "size"),
    [("a.mp4", (132, 98)), ("a.webm", (132, 98)), ("a.gif", (131, 97)), ("a.png", (131, 97))],
)
def test_odd_sizes_are_written(name: str, size: tuple[int, int], tmp_path: Path) -> None:
    picture = read(write(tmp_path / name, np.full((2, 97, 131, 3), 200, np.uint8)))[0]
    assert picture.shape == (size[1], size[0], 3)
    assert np.abs(picture.astype(int) - 200).max() <= 2


def test_webm_is_tagged_and_has_its_index_first(tmp_path: Path) -> None:
    path = write(tmp_path / "a.webm", overlay_clip())
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
        assert (context.color_range, context.pix_fmt, context.name) == (1, "yuv420p", "vp9")
    content = path.read_bytes()
    assert content.index(b"\x1c\x53\xbb\x6b") < content.index(b"\x1f\x43\xb6\x75")  # cues, cluster


@pytest.mark.parametrize("fault", [Cancelled, KeyboardInterrupt])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_after_a_fault(
    name: str, fault: type[BaseException], tmp_path: Path
) -> None:
    if name != "a.png":
        (tmp_path / name).write_bytes(b"old")
    before = [(path.name, path.read_bytes()) for path in tmp_path.iterdir()]

    def fail() -> None:
        with open_writer(tmp_path / name, 25, SIZE) as writer:
            writer.write(overlay_clip()[0])
            raise fault

    with pytest.raises(fault):
        fail()
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == before


@pytest.mark.parametrize("name", NAMES)
def test_full_disk_is_told_and_leaves_nothing(name: str, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (30, 180, 320, 3), np.uint8)
    with file_limit(20_000), pytest.raises(ExportError) as caught:
        write(tmp_path / name, noise)
    assert "room" in caught.value.hint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not os.path.isdir("/proc"), reason="a folder that even root cannot write to")
@pytest.mark.parametrize("name", NAMES)
def test_folder_without_permission_is_told(name: str) -> None:
    with pytest.raises(ExportError, match="/proc/a") as caught:
        write(Path("/proc") / name, overlay_clip()[:1])
    assert caught.value.hint


def test_unknown_suffix_is_told_with_those_that_are_known(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"\.avi is not") as caught:
        open_writer(tmp_path / "a.avi", 25, SIZE)
    assert all(f".{suffix}" in caught.value.hint for suffix in FORMATS)


@pytest.mark.parametrize(
    ("name", "expected"), [("a.MP4", "mp4"), ("a.b.webm", "webm"), ("frames", "png")]
)
def test_format_is_that_of_the_suffix(name: str, expected: str) -> None:
    assert format_of(name) == expected


def test_format_can_be_given(tmp_path: Path) -> None:
    with open_writer(tmp_path / "take.2", 25, SIZE, format="gif") as writer:
        writer.write(overlay_clip()[0])
    assert (tmp_path / "take.2").read_bytes().startswith(b"GIF89a")

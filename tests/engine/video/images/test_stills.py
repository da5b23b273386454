"""Folders and patterns of images as videos, image by image."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame
from PIL import Image, ImageOps

from engine.cancel import never
from engine.errors import VideoError
from engine.video.decode.colour import Converter
from engine.video.images.stills import StillsReader, find_stills, still_times
from tests.engine.video.numbered import number_in, numbered_picture


def write(folder: Path, *names: str) -> None:
    for number, name in enumerate(names):
        Image.fromarray(numbered_picture(number)).save(folder / name, quality=95)


def found(path: Path | str) -> list[str]:
    return [file.name for file in find_stills(path) or []]


def read(reader: StillsReader, number: int) -> VideoFrame:
    seen: dict[int, VideoFrame] = {}
    frame = reader.read(number, seen.__setitem__, never)
    assert seen == {number: frame}
    return frame


def test_find_stills_sorts_numbers_by_value(tmp_path: Path) -> None:
    write(tmp_path, "img10.png", "img2.png", "IMG1.PNG", ".hidden.png")
    (tmp_path / "notes.txt").write_text("no image")
    assert found(tmp_path) == ["IMG1.PNG", "img2.png", "img10.png"]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("a*.png", ["a1.png", "a02.png", "a0003.png"]),
        ("a%d.png", ["a1.png", "a02.png", "a0003.png"]),
        ("a%04d.png", ["a0003.png"]),
        ("[b]?.png", ["b1.png"]),
    ],
)
def test_find_stills_takes_what_fits_a_pattern(
    pattern: str, names: list[str], tmp_path: Path
) -> None:
    write(tmp_path, "a1.png", "a02.png", "a0003.png", "b1.png")
    assert found(tmp_path / pattern) == names


def test_find_stills_takes_the_most_frequent_type_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, "1.jpg", "2.jpeg", "3.png")
    with caplog.at_level(logging.WARNING):
        assert found(tmp_path) == ["1.jpg", "2.jpeg"]
    assert "leaving out 1" in caplog.text


def test_find_stills_leaves_single_files_alone(tmp_path: Path) -> None:
    write(tmp_path, "take[1].png", "x%d.png")
    assert find_stills(tmp_path / "take[1].png") is None
    assert find_stills(tmp_path / "x%d.png") is None
    assert find_stills(tmp_path / "missing.mp4") is None
    assert find_stills("-") is None


@pytest.mark.parametrize("name", ["", "*.png", "a%d.png", "missing/*.png"])
def test_find_stills_says_that_there_are_none(name: str, tmp_path: Path) -> None:
    with pytest.raises(VideoError) as caught:
        find_stills(tmp_path / name)
    assert str(tmp_path) in str(caught.value)
    assert caught.value.hint


def test_reader_gets_images_by_number(tmp_path: Path) -> None:
    write(tmp_path, *(f"{number}.png" for number in range(12)))
    reader = StillsReader(tmp_path, find_stills(tmp_path) or [])
    for number in (11, 0, 5, 5, 2):
        frame = read(reader, number)
        assert number_in(Converter(frame).rgb(frame)) == number
    reader.close()


@pytest.mark.parametrize(
    ("mode", "kind", "pix_fmt"),
    [("I;16", np.uint16, "gray16be"), ("L", np.uint8, "gray"), ("RGBA", np.uint8, "rgba")],
)
def test_reader_keeps_the_pixel_format(mode: str, kind: type, pix_fmt: str, tmp_path: Path) -> None:
    shape = (24, 32, 4) if mode == "RGBA" else (24, 32)
    Image.fromarray(np.arange(np.prod(shape)).reshape(shape).astype(kind)).save(tmp_path / "a.png")
    assert read(StillsReader(tmp_path, [tmp_path / "a.png"]), 0).format.name == pix_fmt


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
def test_reader_turns_photographs_upright(orientation: int, suffix: str, tmp_path: Path) -> None:
    path, exif = tmp_path / f"a.{suffix}", Image.Exif()
    exif[0x112] = orientation
    Image.fromarray(numbered_picture(5)).save(path, exif=exif, quality=95)
    wanted = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    frame = read(StillsReader(path, [path]), 0)
    picture = Converter(frame).rgb(frame)
    assert picture.shape == wanted.shape
    assert np.abs(picture.astype(int) - wanted).mean() < 3


def test_reader_loses_only_the_images_that_do_not_decode(tmp_path: Path) -> None:
    write(tmp_path, "0.png", "1.png", "2.png", "3.png")
    (tmp_path / "1.png").write_bytes(b"no image at all" * 100)
    (tmp_path / "2.png").write_bytes(b"")
    reader = StillsReader(tmp_path, find_stills(tmp_path) or [])
    for number in (1, 2):
        with pytest.raises(VideoError, match=f"Frame {number} of .*{number}.png"):
            read(reader, number)
    assert reader.lost == {1, 2}
    frame = read(reader, 3)
    assert number_in(Converter(frame).rgb(frame)) == 3


def test_reader_shows_what_there_is_of_an_image_that_is_cut_off(tmp_path: Path) -> None:
    write(tmp_path, "0.jpg")
    content = (tmp_path / "0.jpg").read_bytes()
    (tmp_path / "0.jpg").write_bytes(content[: len(content) * 2 // 3])
    assert read(StillsReader(tmp_path, [tmp_path / "0.jpg"]), 0).height == 96


def test_still_times_are_even() -> None:
    assert still_times(4, 10).tolist() == pytest.approx([0, 0.1, 0.2, 0.3])

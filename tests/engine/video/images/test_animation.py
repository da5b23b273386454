"""Animated WebP: frames by number, their times, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.cancel import Cancelled, never
from engine.errors import VideoError
from engine.video.container.limits import Limits
from engine.video.decode.colour import Converter
from engine.video.images.animation import AnimationReader, is_animated_webp
from tests.engine.video.numbered import number_in, numbered_picture

DURATIONS_MS = [40, 120, 40, 0, 200, 40, 40, 40]


def write(path: Path, *, alpha: bool = False) -> Path:
    pictures = [Image.fromarray(numbered_picture(number)) for number in range(len(DURATIONS_MS))]
    if alpha:
        for picture in pictures:
            picture.putalpha(128)
    pictures[0].save(
        path, save_all=True, append_images=pictures[1:], duration=DURATIONS_MS, lossless=True
    )
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path / "a.webp")


def numbers(reader: AnimationReader, asked: list[int]) -> list[int]:
    frames = [reader.read(number, lambda passed, frame: None, never) for number in asked]
    return [number_in(Converter(frame).rgb(frame)) for frame in frames]


def test_is_animated_webp_looks_at_the_header_only(path: Path) -> None:
    still = path.with_name("still.webp")
    Image.fromarray(numbered_picture(0)).save(still)
    path.write_bytes(path.read_bytes()[:30])
    assert is_animated_webp(path)
    assert not is_animated_webp(still)


def test_reader_gets_frames_in_any_order(path: Path) -> None:
    reader = AnimationReader(path, Limits())
    asked = [*range(8), *range(7, -1, -1), 3, 6, 1, 1]
    assert numbers(reader, asked) == asked
    reader.close()
    reader.close()


def test_reader_gives_what_passes_on_the_way(path: Path) -> None:
    seen: list[int] = []
    reader = AnimationReader(path, Limits())
    for number in (2, 4, 1):
        reader.read(number, lambda passed, frame: seen.append(passed), never)
    assert seen == [0, 1, 2, 3, 4, 0, 1]


def test_reader_knows_the_times(path: Path) -> None:
    reader = AnimationReader(path, Limits())
    wanted = np.cumsum([0.0, 0.04, 0.12, 0.04, 0.1, 0.2, 0.04, 0.04])
    assert reader.times_s == pytest.approx(wanted)
    assert reader.fps == pytest.approx(8 / 0.62)
    assert not reader.times_s.flags.writeable


def test_reader_keeps_transparency(tmp_path: Path) -> None:
    reader = AnimationReader(write(tmp_path / "a.webp", alpha=True), Limits())
    frame = reader.read(2, lambda passed, frame: None, never)
    assert frame.format.name == "rgba"
    assert (frame.to_ndarray()[:, :, 3] == 128).all()


@pytest.mark.parametrize("part", [0.3, 0.5, 0.95])
def test_reader_has_all_whole_frames_of_a_file_that_is_cut_off(part: float, path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    reader = AnimationReader(path, Limits())
    count = len(reader.times_s)
    assert 0 < count < 8
    assert numbers(reader, list(range(count))) == list(range(count))


def test_reader_says_which_frames_are_lost(path: Path) -> None:
    content = bytearray(path.read_bytes())
    place = -1
    for _ in range(4):
        place = content.index(b"ANMF", place + 1)
    content[place + 40 : place + 200] = bytes(160)
    path.write_bytes(content)
    reader = AnimationReader(path, Limits())
    for number in (5, 3):
        with pytest.raises(VideoError, match=f"Frame .* of {path} cannot be decoded"):
            numbers(reader, [number])
    assert reader.lost == {3, 4, 5, 6, 7}
    assert numbers(reader, [2, 0, 1]) == [2, 0, 1]


def test_reader_can_be_cancelled_and_goes_on(path: Path) -> None:
    def cancel() -> None:
        raise Cancelled

    reader = AnimationReader(path, Limits())
    with pytest.raises(Cancelled):
        reader.read(4, lambda passed, frame: None, cancel)
    assert numbers(reader, [4]) == [4]


def test_reader_refuses_what_is_over_the_limits(path: Path) -> None:
    with pytest.raises(VideoError, match="claims 8 frames; the limit is 7"):
        AnimationReader(path, Limits(frames=7))
    with pytest.raises(VideoError, match="128 x 96 pixels; the limit is 100"):
        AnimationReader(path, Limits(pixels=100))


def test_reader_refuses_a_giant_canvas_before_memory_is_taken(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[24:30] = (16_000).to_bytes(3, "little") * 2
    path.write_bytes(content)
    with pytest.raises(VideoError, match="16001 x 16001 pixels"):
        AnimationReader(path, Limits())


@pytest.mark.parametrize("length", [30, 60])
def test_reader_refuses_a_file_without_a_whole_frame(length: int, path: Path) -> None:
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(VideoError, match="no whole frame"):
        AnimationReader(path, Limits())

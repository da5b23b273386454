"""From a decoder's frame to RGB: the quick way within 2 of 255, transparency, odd formats."""

from __future__ import annotations

import av
import numpy as np
import pytest

from engine.types import Float64Array, UInt8Array
from engine.video.decode.colour import Converter, Orientation, _from_matrix, _turned_by

MATRICES = {
    "BT.709": (1, 0.2126, 0.0722),
    "BT.601": (5, 0.299, 0.114),
    "BT.2020": (9, 0.2627, 0.0593),
}


def planar(planes: list[UInt8Array], format_name: str = "yuv420p") -> av.VideoFrame:
    height, width = planes[0].shape
    frame = av.VideoFrame(width, height, format_name)
    for plane, values in zip(frame.planes, planes, strict=True):
        padded = np.zeros((plane.height, plane.line_size), np.uint8)
        padded[:, : plane.width] = values
        plane.update(padded.tobytes())
    return frame


def formula(y: Float64Array, u: Float64Array, v: Float64Array, kr: float, kb: float, full: bool):
    """ITU-R BT.601, 709, 2020: RGB of a pixel in 0 to 255."""
    luma = y if full else (y - 16) * 255 / 219
    scale = 1.0 if full else 255 / 224
    red, blue = luma + 2 * (1 - kr) * (v - 128) * scale, luma + 2 * (1 - kb) * (u - 128) * scale
    green = (luma - kr * red - kb * blue) / (1 - kr - kb)
    return np.stack([red, green, blue], axis=-1)


@pytest.mark.parametrize("matrix", MATRICES)
@pytest.mark.parametrize("full", [False, True])
def test_rgb_quick_is_within_two_of_the_formula_and_not_darker(matrix: str, full: bool) -> None:
    tag, kr, kb = MATRICES[matrix]
    errors = []
    luma = np.tile(np.arange(16, 236, dtype=np.uint8), (256, 1))
    v = np.tile(np.arange(128, dtype=np.uint8)[:, None] + 64, (1, 110))
    for u in range(64, 193, 16):
        frame = planar([luma, np.full_like(v, u), v])
        frame.colorspace, frame.color_range = tag, 2 if full else 1
        wide = np.repeat(np.repeat(v, 2, 0), 2, 1).astype(float)
        expected = formula(luma.astype(float), np.full_like(wide, u), wide, kr, kb, full)
        inside = ((expected > 2) & (expected < 253)).all(axis=-1)
        errors.append((Converter(frame).rgb(frame) - expected)[inside])
    error = np.concatenate(errors)
    assert np.abs(error).max() <= 2.05
    assert np.abs(error.mean(axis=0)).max() <= 0.6


def test_rgb_quick_keeps_greys_grey_black_dark_and_white_bright() -> None:
    luma = np.tile(np.arange(16, 236, dtype=np.uint8), (4, 1))
    grey = np.full((2, 110), 128, np.uint8)
    picture = Converter(planar([luma, grey, grey])).rgb(planar([luma, grey, grey])).astype(int)
    assert np.ptp(picture, axis=2).max() == 0
    assert picture[0, 0].max() <= 1
    assert picture[0, -1].min() >= 254


@pytest.mark.parametrize("size", [(64, 48), (70, 50), (34, 18), (2, 2)])
def test_rgb_of_any_even_size_equals_the_exact_way_within_two(size: tuple[int, int]) -> None:
    width, height = size
    ramp = np.linspace(40, 200, width).astype(np.uint8)
    chroma = np.full((height // 2, width // 2), 100, np.uint8)
    frame = planar([np.tile(ramp, (height, 1)), chroma, chroma])
    exact = frame.reformat(format="rgb48le").to_ndarray() / 257
    assert np.abs(Converter(frame).rgb(frame) - exact).max() <= 2.05


def test_rgb_lays_transparent_pictures_over_the_background() -> None:
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[..., 0], rgba[..., 3] = 200, np.array([0, 64, 128, 255])
    frame = av.VideoFrame.from_ndarray(rgba, "rgba")
    expected = np.rint([10 + (200 - 10) * alpha / 255 for alpha in (0, 64, 128, 255)])
    picture = Converter(frame, (10, 20, 30)).rgb(frame)
    assert picture[0, :, 0].tolist() == expected.tolist()
    assert picture[0, 0].tolist() == [10, 20, 30]
    assert Converter(frame).rgb(frame)[0, 0].tolist() == [0, 0, 0]


def test_picture_of_a_transparent_frame_does_not_bleed() -> None:
    rgba = np.zeros((8, 8, 4), np.uint8)
    rgba[:, :4] = (0, 255, 0, 0)
    rgba[:, 4:] = (255, 0, 0, 255)
    frame = av.VideoFrame.from_ndarray(rgba, "rgba")
    assert Converter(frame).picture(frame, 2, 2)[..., 1].max() == 0


@pytest.mark.parametrize(
    "name", ["yuv422p", "yuv444p", "yuv410p", "nv12", "gray", "gray16le", "yuv420p10le", "rgb48le"]
)
def test_rgb_of_a_flat_grey_is_that_grey_in_every_format(name: str) -> None:
    flat = np.full((32, 32, 3), 120, np.uint8)
    frame = av.VideoFrame.from_ndarray(flat, "rgb24").reformat(format=name)
    assert np.abs(Converter(frame).rgb(frame).astype(int) - 120).max() <= 2


def test_rgb_of_a_frame_of_another_size_is_scaled_to_the_first() -> None:
    first, other = (av.VideoFrame.from_ndarray(np.full((s, s, 3), 90, np.uint8)) for s in (32, 48))
    assert Converter(first).rgb(other).shape == (32, 32, 3)


def test_orientation_turns_like_rot90() -> None:
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    for degrees in (0, 90, 180, -90, -180):
        expected = np.rot90(picture, degrees // 90 % 4)
        assert np.array_equal(_turned_by(degrees).apply(picture), expected)
    quarter = _from_matrix(np.array([[0, -65536], [65536, 0]], np.int32))
    assert np.array_equal(quarter.apply(picture), np.rot90(picture))
    assert quarter.size(4, 2) == (2, 4)
    assert _from_matrix(np.array([[-65536, 0], [0, 65536]], np.int32)) == Orientation(False, True)

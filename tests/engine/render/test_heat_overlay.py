from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.render import (
    COLOURS,
    HeatLook,
    Polarity,
    colour_bar,
    heat_index,
    heat_overlay,
    overlay,
    pixel_box,
    with_unseen,
)
from engine.types import Rect

WHOLE = Rect(0, 0, 1, 1)
MIDDLE = Rect(0.25, 0, 0.75, 1)


def picture(height: int = 60, width: int = 80, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def grey(frame: np.ndarray) -> np.ndarray:
    """What the colour is laid over: the frame without its own colours, dimmed."""
    level = cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) * heat_overlay._FRAME_DIM
    return np.repeat(np.rint(level).astype(np.uint8)[..., None], 3, axis=2)


def one_hot(row: int, column: int, value: float = 1.0, side: int = 8) -> np.ndarray:
    heat = np.zeros((side, side), np.float32)
    heat[row, column] = value
    return heat


def colourfulness(shown: np.ndarray) -> np.ndarray:
    return np.ptp(shown.astype(int), axis=2)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (2, 5), (7, 7), (4, 1)])
def test_heat_lands_where_it_was_found(row: int, column: int) -> None:
    shown = overlay(np.full((80, 160, 3), 90, np.uint8), one_hot(row, column), WHOLE, 1.0)
    rows, columns = np.nonzero(colourfulness(shown) > 60)
    assert abs(rows.mean() - (10 * row + 4.5)) < 4
    assert abs(columns.mean() - (20 * column + 9.5)) < 8
    assert rows.min() >= 10 * row - 10
    assert rows.max() < 10 * row + 20


def test_heat_lands_inside_the_region_seen() -> None:
    shown = overlay(np.full((80, 160, 3), 90, np.uint8), one_hot(2, 0), MIDDLE, 1.0)
    rows, columns = np.nonzero(colourfulness(shown) > 60)
    assert columns.min() >= 40
    assert columns.max() < 60
    assert 10 <= rows.min() <= rows.max() < 40


def test_heat_of_a_padded_input_is_not_squeezed_into_the_frame() -> None:
    tall = Rect(0, -0.5, 1, 1.5)  # the network saw half a frame of padding above and below
    shown = overlay(np.full((80, 80, 3), 90, np.uint8), one_hot(3, 4), tall, 1.0)
    rows, _ = np.nonzero(colourfulness(shown) > 60)
    assert abs(rows.mean() - (20 * 3 + 9.5 - 40)) < 2


def test_overlay_of_no_relevance_is_the_grey_frame() -> None:
    frame = picture()
    assert np.array_equal(overlay(frame, np.zeros((7, 7), np.float32), WHOLE, 1.0), grey(frame))


def test_overlay_without_opacity_is_the_grey_frame() -> None:
    frame = picture()
    heat = np.random.default_rng(0).standard_normal((7, 7)).astype(np.float32)
    assert np.array_equal(overlay(frame, heat, WHOLE, 1.0, HeatLook(opacity=0)), grey(frame))


def test_overlay_leaves_its_arguments_alone() -> None:
    frame, heat = picture(), one_hot(1, 1)
    frame.setflags(write=False)
    heat.setflags(write=False)
    before = frame.copy()
    overlay(frame, heat, MIDDLE, 1.0)
    assert np.array_equal(frame, before)


def test_overlay_takes_strided_frames_and_heat() -> None:
    frame, heat = picture(), one_hot(1, 6)
    expected = overlay(np.ascontiguousarray(np.rot90(frame)), heat.T.copy(), WHOLE, 1.0)
    assert np.array_equal(overlay(np.rot90(frame), heat.T, WHOLE, 1.0), expected)


def test_overlay_hatches_what_the_model_did_not_see() -> None:
    frame = np.full((60, 80, 3), 250, np.uint8)
    shown = overlay(frame, np.zeros((4, 4), np.float32), MIDDLE, 1.0)
    seen = grey(frame)[0, 0, 0]
    assert (shown[:, 20:60] == seen).all()
    for outside in (shown[:, :20], shown[:, 60:]):
        lines, between = np.unique(outside)[::-1]
        assert lines == 92
        assert between < 0.5 * seen


def test_with_unseen_keeps_the_colours_of_what_was_seen() -> None:
    frame = picture()
    shown = with_unseen(frame, MIDDLE)
    assert np.array_equal(shown[:, 20:60], frame[:, 20:60])
    assert shown[:, :20].mean() < 0.6 * frame[:, :20].mean()
    assert np.array_equal(with_unseen(frame, WHOLE), frame)


def test_hatch_runs_on_across_the_regions() -> None:
    shown = overlay(np.zeros((70, 70, 3), np.uint8), one_hot(0, 0, 0), Rect(0.3, 0.3, 0.7, 0.7), 1)
    hatched = shown[..., 0] == 92
    rows, columns = np.nonzero(hatched)
    assert ((rows + columns) % 7 == 0).all()
    assert hatched[:21].sum() == 21 * 10


def test_a_region_of_no_pixels_shows_no_heat() -> None:
    shown = overlay(picture(), one_hot(1, 1, 1e6), Rect(0.5, 0.5, 0.5, 0.5), 1.0)
    assert colourfulness(shown).max() == 0


def test_values_beyond_the_scale_look_like_the_scale() -> None:
    frame = picture()
    at_scale = overlay(frame, np.full((4, 4), 0.5, np.float32), WHOLE, 0.5)
    for value in (0.7, 3.0, 1e30):
        beyond = overlay(frame, np.full((4, 4), value, np.float32), WHOLE, 0.5)
        assert np.array_equal(beyond, at_scale)
    below = overlay(frame, np.full((4, 4), 0.4, np.float32), WHOLE, 0.5)
    assert not np.array_equal(below, at_scale)


@pytest.mark.parametrize("scale", [0.0, -1.0])
def test_without_a_scale_nothing_is_coloured(scale: float) -> None:
    frame = picture()
    assert np.array_equal(overlay(frame, one_hot(1, 1), WHOLE, scale), grey(frame))


@given(value=st.floats(-4, 4, width=32), scale=st.floats(0.015625, 2, width=32))
def test_heat_index_is_symmetric_in_sign(value: float, scale: float) -> None:
    up, down = (
        int(heat_index(np.full((2, 2), v, np.float32), (3, 3), scale)[1, 1])
        for v in (value, -value)
    )
    assert up - 128 == 128 - down
    assert min(up, down) >= 1
    assert (up - 128) * value >= 0


def test_heat_index_spans_the_scale() -> None:
    heat = np.array([[-2, -1, -0.5, 0, 0.5, 1, 2]], np.float32)
    assert heat_index(heat, (7, 1), 1.0).tolist() == [[1, 1, 64, 128, 192, 255, 255]]


def test_opposite_signs_have_different_hues_of_like_strength() -> None:
    frame = np.full((8, 8, 3), 90, np.uint8)
    up = overlay(frame, np.full((2, 2), 1, np.float32), WHOLE, 1.0)[4, 4].astype(int)
    down = overlay(frame, np.full((2, 2), -1, np.float32), WHOLE, 1.0)[4, 4].astype(int)
    assert np.argmax(up) != np.argmax(down)
    assert abs(np.ptp(up) - np.ptp(down)) < 60


def test_opacity_grows_the_cover_of_the_colour() -> None:
    frame = np.full((8, 8, 3), 250, np.uint8)
    heat = np.full((2, 2), 1, np.float32)
    shown = [
        overlay(frame, heat, WHOLE, 1.0, HeatLook(opacity=o))[4, 4].astype(int) for o in (0, 0.4, 1)
    ]
    changes = [np.abs(colour - grey(frame)[4, 4]).sum() for colour in shown]
    assert changes[0] == 0 < changes[1] < changes[2]


def test_colour_bar_has_the_colours_of_the_overlay() -> None:
    bar = colour_bar((5, 255))
    assert bar.shape == (255, 5, 3)
    zero = bar[127, 0, 0]
    frame = np.full((255, 1, 3), round(zero / heat_overlay._FRAME_DIM), np.uint8)
    heat = np.linspace(1, -1, 255, dtype=np.float32)[:, None]
    shown = overlay(frame, heat, WHOLE, 1.0)
    assert np.abs(bar[:, :1].astype(int) - shown).max() <= 2
    assert (bar[127] == zero).all()


@pytest.mark.parametrize(
    ("seen", "box"),
    [
        (WHOLE, (0, 60, 0, 80)),
        (MIDDLE, (0, 60, 20, 60)),
        (Rect(0, 1 / 3, 1, 2 / 3), (20, 40, 0, 80)),
        (Rect(-0.5, -0.5, 1.5, 1.5), (0, 60, 0, 80)),
    ],
)
def test_pixel_box_is_rounded_and_inside(seen: Rect, box: tuple[int, int, int, int]) -> None:
    assert pixel_box(seen, (80, 60)) == box


@pytest.mark.parametrize(("polarity", "sign"), [("positive", -1), ("negative", 1)])
def test_polarity_hides_the_other_sign(polarity: Polarity, sign: int) -> None:
    frame = np.full((8, 8, 3), 90, np.uint8)
    look = HeatLook(polarity=polarity)
    hidden, shown = (
        overlay(frame, np.full((2, 2), value, np.float32), WHOLE, 1.0, look)
        for value in (sign, -sign)
    )
    assert np.array_equal(hidden, grey(frame))
    assert not np.array_equal(shown, grey(frame))


def test_gamma_below_one_shows_faint_relevance_more() -> None:
    frame = np.full((8, 8, 3), 90, np.uint8)
    heat = np.full((2, 2), 0.1, np.float32)
    covers = [
        np.abs(overlay(frame, heat, WHOLE, 1.0, HeatLook(gamma=gamma)).astype(int) - grey(frame))
        for gamma in (0.5, 2.0)
    ]
    assert covers[0].sum() > 2 * covers[1].sum()


def test_colours_differ_by_name() -> None:
    frame = np.full((4, 4, 3), 90, np.uint8)
    heat = np.full((2, 2), 0.7, np.float32)
    shown = {overlay(frame, heat, WHOLE, 1.0, HeatLook(name)).tobytes() for name in COLOURS}
    assert len(shown) == len(COLOURS)


def test_ground_keeps_the_colours_of_the_frame_where_they_are_asked_for() -> None:
    frame, heat = picture(), np.zeros((8, 8), np.float32)
    assert np.array_equal(overlay(frame, heat, WHOLE, 1.0, HeatLook(ground="colour")), frame)
    assert np.array_equal(overlay(frame, heat, WHOLE, 1.0), grey(frame))
    part = overlay(frame, heat, MIDDLE, 1.0, HeatLook(ground="colour"))
    assert np.array_equal(part, with_unseen(frame, MIDDLE))

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.render.panes import WHOLE
from engine.types import Rect
from gui.panes.viewport import MOST_ZOOM, Viewport, best_columns, cropped, panned, zoomed

PLACES = st.floats(0, 1)


@given(PLACES, PLACES, st.floats(1, 8), PLACES, PLACES)
def test_zoom_keeps_the_place_under_the_pointer(
    x: float, y: float, factor: float, pan_x: float, pan_y: float
) -> None:
    before = panned(zoomed(Viewport(), 2, x, y), pan_x - 0.5, pan_y - 0.5)
    after = zoomed(before, factor, x, y)
    assert after.at(x, y) == pytest.approx(before.at(x, y), abs=1e-9)


@given(st.floats(0.01, 100), PLACES, PLACES, st.floats(-3, 3), st.floats(-3, 3))
def test_view_stays_inside_the_picture(
    factor: float, x: float, y: float, across: float, down: float
) -> None:
    view = panned(zoomed(Viewport(), factor, x, y), across, down)
    shown = view.visible
    assert 1 <= view.zoom <= MOST_ZOOM
    assert -1e-9 <= shown.left <= shown.right <= 1 + 1e-9
    assert -1e-9 <= shown.top <= shown.bottom <= 1 + 1e-9


def test_zoom_out_shows_the_whole_picture_again() -> None:
    assert zoomed(zoomed(Viewport(), 4, 0.3, 0.9), 0.1, 0.7, 0.2).visible == WHOLE


def test_cropped_takes_the_visible_pixels() -> None:
    picture = np.arange(40 * 80 * 3, dtype=np.uint8).reshape(40, 80, 3)
    part = cropped(picture, Rect(0.5, 0.25, 0.75, 0.5), (20, 10))
    assert np.array_equal(part, picture[10:20, 40:60])
    assert cropped(picture, WHOLE, (80, 40)) is picture


@pytest.mark.parametrize(
    ("count", "room", "columns"),
    [
        (1, (900, 500), 1),
        (2, (900, 300), 2),
        (2, (400, 900), 1),
        (4, (900, 500), 2),
        (6, (1300, 500), 3),
    ],
)
def test_best_columns_makes_pictures_large(count: int, room: tuple[int, int], columns: int) -> None:
    assert best_columns(count, room, 16 / 9, (70, 32)) == columns

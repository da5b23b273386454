from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.timeline.time_axis import time_ticks
from gui.widgets.time_entry import parse_place

STEADY = np.arange(250) / 25
VARYING = np.concatenate([np.arange(100) / 50, 2 + np.arange(100) / 10])  # 50, then 10 a second


def test_ticks_stand_at_round_times() -> None:
    assert time_ticks(STEADY, (0, 249), 5) == {
        0.0: "0:00",
        50.0: "0:02",
        100.0: "0:04",
        150.0: "0:06",
        200.0: "0:08",
    }


def test_ticks_stand_at_true_times_where_the_rate_varies() -> None:
    ticks = time_ticks(VARYING, (0, 199), 8)
    places = {text: place for place, text in ticks.items()}
    assert places["0:02"] == pytest.approx(100)
    assert places["0:04"] == pytest.approx(120)
    assert places["0:10"] == pytest.approx(180)


def test_zoomed_ticks_are_as_fine_as_they_need() -> None:
    assert list(time_ticks(STEADY, (100, 105), 5).values()) == [
        "0:04.00",
        "0:04.05",
        *(f"0:04.{hundredth}" for hundredth in (10, 15, 20)),
    ]
    hours = np.arange(0, 36_000, 30.0)
    assert list(time_ticks(hours, (0, 1199), 6).values())[1] == "2:00:00"


@pytest.mark.parametrize("count", [0, 1])
def test_one_frame_has_no_time_axis(count: int) -> None:
    assert time_ticks(np.zeros(count), (0, 1), 5) == {}


@given(st.lists(st.floats(0.001, 2), min_size=2, max_size=60), st.integers(1, 20))
def test_frame_of_a_tick_is_the_one_shown_at_its_time(gaps: list[float], most: int) -> None:
    times_s = np.cumsum(gaps)
    ticks = time_ticks(times_s, (0, len(gaps) - 1), most)
    assert len(ticks) <= most + 1
    for place, text in ticks.items():
        if place < len(gaps) - 1:
            assert abs(parse_place(text, 0, times_s) - place) <= 1 + 1e-6

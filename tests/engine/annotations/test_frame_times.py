from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.annotations.frame_times import FrameTimes
from engine.errors import EngineError

STEADY = FrameTimes(np.arange(10) / 10, 1.0)


@given(st.lists(st.floats(0.0013, 2), min_size=2, max_size=40), st.data())
def test_whole_milliseconds_keep_frames_at_any_rate(gaps: list[float], data: st.DataObject) -> None:
    edges = np.cumsum(gaps)
    times = FrameTimes(edges[:-1], float(edges[-1]))
    first = data.draw(st.integers(0, len(gaps) - 2))
    stop = data.draw(st.integers(first + 1, len(gaps) - 1))
    start_s, stop_s = times.span_s(first, stop)
    assert times.frames(start_s, stop_s) == (first, stop)
    assert times.frames(round(start_s, 3), round(stop_s, 3)) == (first, stop)


@pytest.mark.parametrize(
    ("span", "frames"),
    [
        ((0.0, 1.0), (0, 10)),
        ((0.2, 0.4), (2, 4)),  # the frame that begins at the stop is not in it
        ((0.25, 0.41), (2, 5)),  # on the screen at the start; begun before the stop
        ((0.3, 0.3), (3, 4)),
        ((0.35, 0.35), (3, 4)),
        ((-0.5, 0.1), (0, 1)),
        ((0.9, 7.0), (9, 10)),
    ],
)
def test_start_is_in_the_bout_and_stop_is_not(
    span: tuple[float, float], frames: tuple[int, int]
) -> None:
    assert STEADY.frames(*span) == frames


@pytest.mark.parametrize("span", [(0.5, 0.4), (1.2, 1.3), (-9, -8), (float("nan"), 1)])
def test_spans_that_cannot_be_are_refused(span: tuple[float, float]) -> None:
    with pytest.raises(EngineError, match="A bout"):
        STEADY.frames(*span)


def test_frames_closer_than_milliseconds_are_kept_in_full() -> None:
    fast = FrameTimes(np.arange(100) / 4000, 0.025)
    assert not fast.keeps_milliseconds
    for first in range(99):
        assert fast.frames(*fast.span_s(first, first + 1)) == (first, first + 1)

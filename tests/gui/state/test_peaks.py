from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gui.state.peaks import Peak, next_peak, peaks_of, previous_peak


def bumps(*places: int, length: int = 100, heights: tuple[float, ...] = ()) -> np.ndarray:
    x = np.arange(length)
    made = np.zeros(length)
    for place, height in zip(places, heights or (1.0,) * len(places), strict=True):
        made += height * np.exp(-(((x - place) / 3.0) ** 2))
    return made


def test_peaks_are_found_where_motion_is() -> None:
    curve = bumps(20, 60, 85)
    peaks = peaks_of(curve, curve, 10)
    assert [peak.frame for peak in peaks] == [30, 70, 95]
    assert peaks[0].changing_share == pytest.approx(1, abs=0.01)


def test_peaks_of_little_weight_are_left_out() -> None:
    curve = bumps(20, 60, heights=(1.0, 0.01))
    assert [peak.frame for peak in peaks_of(curve, curve, 0)] == [20]


def test_the_most_prominent_peaks_win() -> None:
    curve = bumps(20, 40, 60, heights=(1.0, 0.5, 0.8))
    assert [peak.frame for peak in peaks_of(curve, curve, 0, most=2)] == [20, 60]


def test_peaks_keep_apart() -> None:
    curve = bumps(20, 25, heights=(1.0, 0.9))
    assert len(peaks_of(curve, curve, 0, apart=10)) == 1


def test_a_shoulder_is_no_peak_of_its_own() -> None:
    curve = np.minimum.accumulate(bumps(50)[50:])
    assert [peak.frame for peak in peaks_of(curve, curve, 0)] == [0]


@pytest.mark.parametrize("curve", [np.zeros(0), np.zeros(50), np.full(50, 3.0), np.full(9, np.nan)])
def test_level_curves_have_no_peaks(curve: np.ndarray) -> None:
    assert peaks_of(curve, curve, 0) == ()


@given(st.lists(st.floats(0, 1), max_size=60))
def test_peaks_are_in_order_and_inside(values: list[float]) -> None:
    curve = np.array(values, np.float64)
    frames = [peak.frame for peak in peaks_of(curve, curve, 5, apart=3)]
    assert frames == sorted(frames)
    assert all(5 <= frame < 5 + len(values) for frame in frames)
    assert all(b - a >= 3 for a, b in itertools.pairwise(frames))


def test_next_and_previous_go_round() -> None:
    peaks = [Peak(10, 0.5, 1.0), Peak(30, 0.5, 1.0)]
    assert [next_peak(peaks, frame) for frame in (0, 10, 30)] == [peaks[0], peaks[1], peaks[0]]
    assert [previous_peak(peaks, frame) for frame in (40, 30, 10)] == [peaks[1], peaks[0], peaks[1]]
    assert next_peak([], 3) is None

"""The spread of each step's volume against one taken by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import AttributionError
from engine.selective.spread import Moments, Spread, moments_of, spread_of, volume_starts


@given(
    steps=st.integers(1, 40),
    length=st.integers(1, 20),
    together=st.integers(1, 5),
    seed=st.integers(0, 99),
)
def test_spread_is_that_of_the_volume_around_each_step(
    steps: int, length: int, together: int, seed: int
) -> None:
    values = np.random.default_rng(seed).normal(1, 2, (steps, 3, 2)).astype(np.float32)
    found = spread_of(moments_of(values), length, together)
    for step in range(steps):
        centre = step // together * together + together // 2
        first = max(0, min(centre - length // 2, steps - length))
        volume = values[first : first + length].astype(np.float64)
        assert found.mean[step] == pytest.approx(volume.mean(), rel=1e-5, abs=1e-6)
        assert found.std[step] == pytest.approx(volume.std(ddof=1), rel=1e-5)


@given(before=st.integers(0, 30), seed=st.integers(0, 99))
def test_spread_of_a_step_does_not_depend_on_what_is_beyond_its_volume(
    before: int, seed: int
) -> None:
    values = np.random.default_rng(seed).normal(0, 1, (60, 2, 2)).astype(np.float32)
    longer, shorter = (spread_of(moments_of(part), 16) for part in (values, values[before:]))
    np.testing.assert_array_equal(longer.std[before + 8 :], shorter.std[8:])


def test_volume_of_a_range_of_one_window_is_the_range() -> None:
    assert volume_starts(16, 16).tolist() == [0] * 16
    assert volume_starts(9, 16).tolist() == [0] * 9


def test_volume_is_shared_by_the_steps_of_a_coarse_map() -> None:
    starts = volume_starts(48, 16, 8)
    assert all(len(set(starts[at : at + 8])) == 1 for at in range(0, 48, 8))


def test_spread_of_one_value_is_zero_and_of_none_is_empty() -> None:
    assert spread_of(moments_of(np.ones((1, 1, 1), np.float32)), 4).std.tolist() == [0.0]
    assert spread_of(Moments(np.zeros(0), np.zeros(0), 0), 4).std.size == 0


def test_threshold_counts_from_zero_or_from_the_mean() -> None:
    spread = Spread(np.float32([1, 2]), np.float32([3, 4]))
    assert spread.thresholds(2.0, above_mean=False).tolist() == [6, 8]
    assert spread.thresholds(2.0, above_mean=True).tolist() == [7, 10]
    with pytest.raises(AttributionError, match="sigma"):
        spread.thresholds(-1.0, above_mean=False)

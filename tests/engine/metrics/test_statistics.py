"""Rank correlation and intervals: by hand, by definition, and by what they promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.metrics import mean_interval, resampled, spearman
from engine.metrics.statistics import ranks

SMALL = st.lists(st.integers(-5, 5), min_size=3, max_size=12)


@given(SMALL)
def test_ranks_are_one_plus_those_below_and_half_of_the_equal(values):
    expected = [
        1 + sum(other < value for other in values) + (values.count(value) - 1) / 2
        for value in values
    ]
    assert ranks(values).tolist() == expected


def test_spearman_without_ties_is_the_textbook_formula():
    first, second = [3, 1, 4, 15, 9], [2, 7, 1, 8, 28]
    apart = np.sum((ranks(first) - ranks(second)) ** 2)
    assert spearman(first, second) == pytest.approx(1 - 6 * apart / (5 * 24))


@given(SMALL)
def test_spearman_sees_the_order_only(values):
    if len(set(values)) > 1:
        assert spearman(values, np.exp(values)) == pytest.approx(1.0)
        assert spearman(values, -(np.array(values) ** 3)) == pytest.approx(-1.0)


def test_spearman_is_nan_where_nothing_can_be_ranked_and_leaves_nan_out():
    assert np.isnan(spearman([1, 2], [1, 2]))
    assert np.isnan(spearman([1, 1, 1], [1, 2, 3]))
    assert spearman([1, np.nan, 2, 3], [1, 9, 2, 3]) == pytest.approx(1.0)


def test_mean_interval_covers_the_true_mean_nineteen_times_in_twenty():
    rng = np.random.default_rng(0)
    found = [mean_interval(rng.normal(2.0, 1.0, 60)) for _ in range(100)]
    assert 89 <= sum(one.low <= 2.0 <= one.high for one in found) <= 99


def test_mean_interval_leaves_nan_out_and_is_the_same_every_time():
    values = [1.0, np.nan, 3.0]
    assert mean_interval(values).value == 2.0
    assert mean_interval(values) == mean_interval(values)
    assert np.isnan(mean_interval([np.nan]).value)


def test_resampled_gives_the_statistic_of_the_data_as_they_are():
    data = np.array([5.0, 1.0, 9.0])
    found = resampled(3, lambda drawn: float(np.median(data[drawn])))
    assert found.value == 5.0
    assert (found.low, found.high) == (1.0, 9.0)

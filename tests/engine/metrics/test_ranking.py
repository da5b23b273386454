"""Ranking curves against a slow threshold loop, and against scikit-like facts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.errors import EngineError
from engine.metrics import kept_curve


def slow_curve(scores, relevance, wanted, other):
    """Lower the threshold one distinct score at a time."""
    strength = np.abs(relevance.astype(np.float64))
    points = [(0.0, 0.0)]
    counted = (wanted | other) & (strength > 0)
    for threshold in sorted(set(scores[counted].tolist()), reverse=True):
        kept = scores >= threshold
        points.append(
            (
                strength[kept & wanted].sum() / strength[wanted].sum(),
                strength[kept & other].sum() / strength[other].sum(),
            )
        )
    return np.array(points).T


@settings(max_examples=60)
@given(
    arrays.arrays(np.float32, (4, 3, 3), elements=st.integers(-3, 3).map(float)),
    arrays.arrays(np.float32, (4, 3, 3), elements=st.integers(-3, 3).map(float)),
    arrays.arrays(np.int8, (4, 3, 3), elements=st.integers(0, 2)),
)
def test_kept_curve_equals_a_loop_over_thresholds(scores, relevance, kind):
    wanted, other = kind == 1, kind == 2
    found = kept_curve(scores, relevance, wanted, other)
    strength = np.abs(relevance)
    if strength[wanted].sum() == 0 or strength[other].sum() == 0:
        assert np.isnan(found.area)
        return
    first, second = slow_curve(scores, relevance, wanted, other)
    assert found.wanted == pytest.approx(first)
    assert found.other == pytest.approx(second)


def test_kept_curve_area_is_one_where_all_wanted_comes_first():
    scores = np.array([3.0, 2.0, 1.0, 0.0])
    wanted = np.array([True, True, False, False])
    curve = kept_curve(scores, np.ones(4), wanted, ~wanted)
    assert curve.area == 1.0
    assert kept_curve(-scores, np.ones(4), wanted, ~wanted).area == 0.0
    assert kept_curve(np.zeros(4), np.ones(4), wanted, ~wanted).area == 0.5


def test_kept_curve_other_at_reads_the_curve():
    scores = np.array([3.0, 2.0, 1.0, 0.0])
    wanted = np.array([True, False, True, False])
    curve = kept_curve(scores, np.ones(4), wanted, ~wanted)
    assert curve.other_at(0.5) == pytest.approx(0.0)
    assert curve.other_at(1.0) == pytest.approx(0.5)
    assert curve.other_at(0.75) == pytest.approx(0.5)


def test_kept_curve_is_nan_where_one_kind_has_no_relevance():
    wanted = np.array([True, True, False])
    curve = kept_curve(np.arange(3.0), np.array([1.0, 1.0, 0.0]), wanted, ~wanted)
    assert np.isnan(curve.area)
    assert np.isnan(curve.other_at(0.5))


def test_kept_curve_weighs_by_absolute_relevance():
    scores = np.array([2.0, 1.0, 0.0])
    relevance = np.array([-3.0, 1.0, 1.0])
    curve = kept_curve(
        scores, relevance, np.array([True, False, True]), np.array([False, True, False])
    )
    assert curve.wanted.tolist() == [0.0, 0.75, 0.75, 1.0]
    assert curve.area == pytest.approx(0.75)


def test_kept_curve_refuses_masks_that_overlap_and_scores_that_are_nan():
    mask = np.ones(3, np.bool_)
    with pytest.raises(EngineError):
        kept_curve(np.zeros(3), np.ones(3), mask, mask)
    with pytest.raises(EngineError):
        kept_curve(np.full(3, np.nan), np.ones(3), mask, ~mask)
    with pytest.raises(EngineError):
        kept_curve(np.zeros(2), np.ones(3), mask, ~mask)

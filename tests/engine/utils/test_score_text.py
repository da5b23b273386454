from __future__ import annotations

import math

import numpy as np
import pytest

from engine.utils.score_text import score_curve, score_range, score_text


@pytest.mark.parametrize(
    ("score", "unit", "text"),
    [(0.623, None, "62%"), (71.34, "bpm", "71.34 bpm"), (-3.0, "", "-3"), (math.nan, "bpm", "-")],
)
def test_score_text_is_in_percent_or_in_the_unit(score: float, unit: str | None, text: str) -> None:
    assert score_text(score, unit) == text


def test_score_curve_spans_the_values_and_leaves_probabilities() -> None:
    scores = np.array([60.0, math.nan, 70.0, 65.0])
    np.testing.assert_array_equal(score_curve(scores, "bpm"), [0, math.nan, 1, 0.5])
    assert score_curve(scores, None) is scores
    np.testing.assert_array_equal(score_curve(np.full(2, 7.0), ""), [0.5, 0.5])
    assert score_curve(np.zeros(0), "bpm").size == 0


def test_score_range_tells_the_height_of_the_curve() -> None:
    assert score_range(np.array([60.0, math.nan, 74.2]), "bpm") == "60 to 74.2 bpm"
    assert score_range(np.array([0.1, 0.9]), None) == score_range(np.zeros(0), "bpm") == ""

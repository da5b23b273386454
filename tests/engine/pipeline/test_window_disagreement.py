"""The disagreement of neighbouring windows against one taken by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engine.pipeline.window_disagreement import WindowDisagreement
from engine.selective import split


def relevance(seed: int, steps: int = 8) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((steps, 6, 6)).astype(np.float32)


def test_disagreement_is_the_mean_gap_on_the_frames_of_both() -> None:
    found = WindowDisagreement()
    first, second = relevance(1), relevance(2)
    assert math.isnan(found.add(0, first, 1))
    one, other = (split(part, 1.0).frame_changing_share for part in (first, second))
    wanted = np.mean([abs(one[3 + step] - other[step]) for step in range(5)])
    assert found.add(3, second, 1) == pytest.approx(wanted)


def test_disagreement_of_windows_side_by_side_is_not_known() -> None:
    found = WindowDisagreement()
    found.add(0, relevance(1), 1)
    assert math.isnan(found.add(8, relevance(2), 1))


def test_disagreement_of_a_still_map_is_nothing() -> None:
    found = WindowDisagreement()
    still = np.ones((8, 4, 4), np.float32)
    found.add(0, still, 1)
    assert found.add(4, still, 1) == 0.0


def test_disagreement_goes_on_from_a_state_as_without_a_break() -> None:
    whole, resumed = WindowDisagreement(), WindowDisagreement()
    whole.add(0, relevance(1), 1)
    resumed.restore(whole.state())
    assert resumed.add(4, relevance(2), 1) == whole.add(4, relevance(2), 1)


def test_disagreement_goes_on_from_a_state_of_an_earlier_version() -> None:
    found = WindowDisagreement()
    found.restore({"sum": np.zeros(1)})
    assert math.isnan(found.add(4, relevance(2), 1))


def test_disagreement_with_a_map_without_relevance_is_not_known() -> None:
    found = WindowDisagreement()
    found.add(0, np.full((8, 4, 4), np.nan, np.float32), 1)
    assert math.isnan(found.add(4, relevance(2), 1))

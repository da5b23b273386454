from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.store.scores import probabilities_of, step_scores, step_targets
from engine.types import Activation
from engine.windows import window_weights
from tests.engine.store.analyses import LENGTH, header_of, window_of


def test_softmax_is_stable_for_large_logits() -> None:
    probabilities = probabilities_of(np.array([[1e4, 1e4, -1e4], [0, 0, 0]], np.float32))
    assert probabilities[0].tolist() == [0.5, 0.5, 0]
    assert probabilities[1] == pytest.approx([1 / 3] * 3)


def test_scores_are_a_weighted_mean_of_the_windows() -> None:
    header = header_of(12)
    windows = [window_of(header, 0), window_of(header, 4)]
    weights = window_weights(LENGTH)
    first, second = (probabilities_of(window.logits) for window in windows)
    scores = step_scores(windows, 12)
    assert scores[0] == pytest.approx(first)
    assert scores[11] == pytest.approx(second)
    mixed = (weights[6] * first + weights[2] * second) / (weights[6] + weights[2])
    assert scores[6] == pytest.approx(mixed)
    assert scores.sum(axis=1) == pytest.approx(np.ones(12))


def test_scores_leave_padding_out() -> None:
    header = header_of(5)
    window = window_of(header, 0)
    assert window.padded == 3
    assert step_scores([window], 5) == pytest.approx(
        np.tile(probabilities_of(window.logits), (5, 1))
    )


def test_scores_of_fewer_steps_than_the_windows_cover() -> None:
    header = header_of(30)
    windows = [window_of(header, first) for first in (0, 4, 8, 20)]
    assert np.array_equal(step_scores(windows, 6), step_scores(windows[:2], 6))
    assert np.array_equal(step_targets(windows, 6), step_targets(windows[:2], 6))


@pytest.mark.parametrize(
    ("activation", "expected"),
    [("sigmoid", [0.5, 0.957, 0.0]), ("probabilities", [0.0, 3.1, -1e4])],
)
def test_scores_are_those_of_the_head(activation: Activation, expected: list[float]) -> None:
    logits = np.array([0.0, 3.1, -1e4], np.float32)
    window = replace(window_of(header_of(8), 0), logits=logits, activation=activation)
    assert step_scores([window], 8)[3] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("count", [1, 2, 4, LENGTH, 2 * LENGTH])
def test_scores_of_time_steps_are_those_of_the_step_at_each_frame(count: int) -> None:
    rows = np.random.default_rng(0).standard_normal((count, 3)).astype(np.float32)
    window = replace(window_of(header_of(6), 0), step_logits=rows)
    scores = step_scores([window], 6)
    for frame in range(6):
        middle = (frame + 0.5) / LENGTH  # of the frame, in the window
        own = rows[int(middle * count)]
        assert scores[frame] == pytest.approx(probabilities_of(own))

"""Score of a video against the training data, and the advice for a video unlike it."""

from dataclasses import replace

import numpy as np
import pytest

from engine.diagnostics.out_of_distribution import (
    advice,
    in_distribution_score,
    is_out_of_distribution,
)
from engine.types import ModelSpec, Window

SPEC = ModelSpec(
    "figures", ("a", "b"), 2, 15.0, None, 4, (4, 4), (0.0,) * 3, (1.0,) * 3,
    trained_on="rendered figures", least_familiar=3.0,
)  # fmt: skip


def window(*logits: float) -> Window:
    return Window(0, np.array([0, 1]), 0, np.array(logits, np.float32), 0, 1.0)


def test_in_distribution_score_is_the_lower_quartile_of_the_highest_logits():
    five = [window(high, -9.0) for high in (5.0, 1.0, 9.0, 2.0, 7.0)]
    assert in_distribution_score(five) == pytest.approx(2.0)
    assert in_distribution_score([window(-50.0, 4.0)]) == pytest.approx(4.0)


def test_is_unlike_below_the_threshold_only():
    assert is_out_of_distribution(SPEC, [window(2.0, 0.0)])
    assert not is_out_of_distribution(SPEC, [window(4.0, 0.0)])


def test_is_unlike_is_never_said_by_a_model_that_cannot_tell():
    assert not is_out_of_distribution(replace(SPEC, least_familiar=None), [window(-9.0, -9.0)])


def test_advice_names_what_it_was_trained_on():
    said = "trained on rendered figures; load a Kinetics model for real footage"
    assert said in advice(SPEC)

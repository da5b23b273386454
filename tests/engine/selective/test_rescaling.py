"""Signed relevance scaled to 0..1 within the volume of each step."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.selective.rescaling import extremes_of, rescaling_of


@given(steps=st.integers(1, 30), length=st.integers(1, 12), seed=st.integers(0, 99))
def test_rescaling_takes_the_extremes_of_the_volume_around_each_step(
    steps: int, length: int, seed: int
) -> None:
    values = np.random.default_rng(seed).normal(0, 1, (steps, 3, 4)).astype(np.float32)
    scale = rescaling_of(extremes_of(values), length, 1)
    assert scale is not None
    for step in range(steps):
        first = max(0, min(step - length // 2, steps - length))
        volume = values[first : first + length]
        low = min(volume.min(), 0)
        wanted = (values[step] - low) / (volume.max() - low)
        assert scale.of_steps(values[step : step + 1], step)[0] == pytest.approx(wanted, abs=1e-6)


def test_rescaling_leaves_relevance_without_a_negative_value_alone() -> None:
    assert rescaling_of(extremes_of(np.ones((4, 2, 2), np.float32)), 4, 1) is None
    assert rescaling_of(extremes_of(np.ones((0, 2, 2), np.float32)), 4, 1) is None


def test_rescaling_of_a_volume_without_a_negative_value_keeps_its_zero() -> None:
    values = np.zeros((40, 1, 2), np.float32)
    values[0], values[20:, 0, 0] = -1.0, 4.0
    scale = rescaling_of(extremes_of(values), 8, 1)
    assert scale is not None
    assert scale.of_steps(values[30:31], 30).tolist() == [[[1.0, 0.0]]]


def test_rescaling_of_a_flat_volume_makes_zeros() -> None:
    scale = rescaling_of(extremes_of(np.full((4, 2, 2), -2.0, np.float32)), 4, 1)
    assert scale is not None
    assert not scale.of_steps(np.full((1, 2, 2), -2.0, np.float32), 0).any()

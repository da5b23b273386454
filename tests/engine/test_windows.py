from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.windows import OverlapAdd, window_starts, window_weights


@given(steps=st.integers(1, 300), length=st.integers(1, 40), overlap=st.floats(0, 0.99))
def test_window_starts_cover_every_step_once_at_least(
    steps: int, length: int, overlap: float
) -> None:
    starts = window_starts(steps, length, overlap)
    covered = np.zeros(max(steps, length), int)
    for start in starts:
        covered[start : start + length] += 1
    assert covered[:steps].min() >= 1
    assert list(starts) == sorted(set(starts))
    assert starts[-1] == max(steps - length, 0)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [(1, (0,)), (16, (0,)), (17, (0, 1)), (24, (0, 8)), (37, (0, 8, 16, 21)), (40, (0, 8, 16, 24))],
)
def test_window_starts_half_overlap_and_end_with_the_range(
    steps: int, expected: tuple[int, ...]
) -> None:
    assert window_starts(steps, 16, 0.5) == expected


def test_window_starts_always_advance() -> None:
    assert window_starts(10, 4, 0.999) == tuple(range(7))
    assert window_starts(10, 1, 0.5) == tuple(range(10))


@pytest.mark.parametrize("length", [1, 2, 15, 16, 64])
def test_window_weights_are_positive_symmetric_and_least_at_the_ends(length: int) -> None:
    weights = window_weights(length)
    assert weights.dtype == np.float32
    assert weights.shape == (length,)
    assert weights.min() > 0
    assert weights.max() <= 1
    assert weights == pytest.approx(weights[::-1])
    assert (np.diff(weights[: (length + 1) // 2]) > 0).all()


def test_window_weights_at_half_overlap_add_up_to_one() -> None:
    weights = window_weights(16)
    assert weights[:8] + weights[8:] == pytest.approx(np.ones(8))


def test_overlap_add_is_the_weighted_mean_of_the_windows() -> None:
    windows = np.random.default_rng(0).normal(size=(2, 4, 3, 2)).astype(np.float32)
    blend = OverlapAdd(4, (3, 2))
    blend.add(windows[0])
    parts = [blend.flush(2)]
    blend.add(windows[1])
    parts.append(blend.flush(4))
    weights = window_weights(4)[:, None, None]
    overlap = weights[2:] * windows[0, 2:] + weights[:2] * windows[1, :2]
    expected = [windows[0, :2], overlap / (weights[2:] + weights[:2]), windows[1, 2:]]
    assert np.allclose(np.concatenate(parts), np.concatenate(expected), atol=1e-6)


def test_overlap_add_continues_from_a_state() -> None:
    windows = np.random.default_rng(1).normal(size=(2, 4, 3, 2)).astype(np.float32)
    whole, resumed = OverlapAdd(4, (3, 2)), OverlapAdd(4, (3, 2))
    whole.add(windows[0])
    whole.flush(2)
    state = whole.state()
    resumed.restore(state["sum"], state["weight"])
    for blend in (whole, resumed):
        blend.add(windows[1])
    assert np.array_equal(whole.flush(4), resumed.flush(4))

"""The variation of relevance over time: what it is for simple volumes, and where it is blind."""

import numpy as np
import pytest

from engine.errors import AttributionError
from engine.selective import split
from engine.selective.derivative import temporal_derivative
from engine.selective.variation import (
    BORDER,
    REACH,
    inner_steps,
    neighbourhood,
    temporal_variation,
    variation_of,
)


def passing(frames: int = 16) -> np.ndarray:
    """A small square that passes by, and a larger one, ten times as strong, that stays."""
    volume = np.zeros((frames, 44, 44), np.float32)
    volume[:, 4:12, 4:12] = 10.0
    for step in range(frames):
        volume[step, 30:34, 4 + 2 * step : 8 + 2 * step] = 1.0
    return volume


def test_variation_of_what_stays_is_zero_however_strong():
    found = temporal_variation(passing())
    assert found[:, :16, :16].max() == 0.0
    assert found[:, 30:34, 12:30].min() > 0.1


def test_variation_leaves_the_ends_of_the_range_out():
    volume = np.ones((16, 6, 6), np.float32)
    volume[[0, 1, -1]] = 50.0
    assert temporal_variation(volume).max() == 0.0


def test_variation_grows_with_the_root_of_relevance():
    volume = np.random.default_rng(1).standard_normal((16, 9, 9)).astype(np.float32)
    larger, smaller = temporal_variation(100 * volume), temporal_variation(volume)
    assert larger == pytest.approx(10 * smaller, rel=1e-5)


def test_variation_of_what_comes_and_goes_in_place_is_small_beside_what_moves():
    volume = np.zeros((16, 66, 66), np.float32)
    strength = 1 + 0.8 * np.sin(np.arange(16))
    volume[:, 10:22, 10:22] = strength[:, None, None]  # grows and shrinks where it is
    for step in range(16):
        volume[step, 40:44, 10 + 2 * step : 16 + 2 * step] = 1.0
    found = temporal_variation(volume)[8]
    assert found[40:44, 20:36].mean() > 5 * found[10:22, 10:22].mean()
    changed = np.abs(temporal_derivative(volume, padding="edge"))
    assert changed[:, 10:22, 10:22].mean() > 0.2 * changed[:, 40:44, 10:48].mean()


def test_variation_of_a_long_range_looks_a_second_to_either_side():
    volume = np.zeros((60, 30, 30), np.float32)
    volume[:, ::2] = 1.0
    volume[30, :, 4:8] = 9.0
    seen = temporal_variation(volume).max(axis=(1, 2)) > 0
    assert np.flatnonzero(seen).tolist() == list(range(30 - REACH, 30 + REACH + 1))


@pytest.mark.parametrize("frames", [1, 2, 3, 4, 5, 6, 8])
def test_variation_of_short_ranges_keeps_four_steps_or_all(frames):
    low, high = inner_steps(frames)
    assert high - low >= min(frames, 4)
    found = temporal_variation(np.ones((frames, 3, 3), np.float32))
    assert found.shape == (frames, 3, 3)
    assert not found.any()


@pytest.mark.parametrize(("start", "stop"), [(0, 3), (0, 50), (20, 21), (47, 50), (5, 40)])
def test_variation_of_a_piece_is_that_of_the_whole(start, stop):
    volume = np.random.default_rng(2).standard_normal((50, 4, 4)).astype(np.float32)
    whole = variation_of(volume, 0, 50, 0, 50)
    first, last = neighbourhood(50, start, stop)
    assert last - first <= stop - start + 2 * (REACH + BORDER)
    assert np.array_equal(
        variation_of(volume[first:last], first, 50, start, stop), whole[start:stop]
    )


def test_variation_split_keeps_what_passes_and_sums_up():
    volume = passing()
    parts = split(volume, 1.0, preset="variation")
    assert np.array_equal(parts.motion + parts.static, volume)
    assert parts.motion[4:12, 29:35].sum() > 0.9 * volume[4:12, 29:35].sum()
    assert not parts.motion[:, 4:12, 4:12].any()


def test_variation_refuses_what_is_no_volume():
    with pytest.raises(AttributionError):
        temporal_variation(np.zeros((4, 4), np.float32))
    with pytest.raises(AttributionError):
        temporal_variation(np.full((4, 4, 4), np.nan, np.float32))

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.datasets.video_utils import VideoClips

from engine.models.preprocess.frame_sampling import sample_frames
from tests.engine.models.preprocess.test_geometry import SPEC

NTSC = 30000 / 1001


@pytest.mark.parametrize("rate", [20.0, 23.976, 24.0, 25.0, NTSC, 30.0, 50.0, 60.0, 120.0])
def test_constant_rate_gives_torchvisions_frames(rate: float) -> None:
    taken = sample_frames(SPEC, np.arange(400) / rate, 0, 400)
    theirs = VideoClips._resample_video_idx(int(400 * 15 / rate), rate, 15.0)
    expected = np.arange(400)[theirs] if isinstance(theirs, slice) else theirs.numpy()
    count = min(len(taken), len(expected))
    assert abs(len(taken) - len(expected)) <= 1  # they count full steps, we fill the range
    np.testing.assert_array_equal(taken[:count], expected[:count])


@pytest.mark.parametrize("rate", [7.0, 10.0, 14.0, 14.985, 15.0, 15.3])
def test_rate_of_the_model_or_below_takes_every_frame_once(rate: float) -> None:
    times = np.arange(97) / rate
    np.testing.assert_array_equal(sample_frames(SPEC, times, 0, 97), np.arange(97))


@pytest.mark.parametrize("start", [0, 1, 2])
def test_times_rounded_to_milliseconds_give_even_steps(start: int) -> None:
    times = np.round(np.arange(200) / 30, 3)
    taken = sample_frames(SPEC, times, start, 200)
    np.testing.assert_array_equal(taken, np.arange(start, 200, 2))


def test_rounded_times_near_the_models_rate_take_every_frame() -> None:
    times = np.round(np.arange(200) / 15, 3)
    np.testing.assert_array_equal(sample_frames(SPEC, times, 0, 200), np.arange(200))


@settings(deadline=None)
@given(st.lists(st.floats(0.004, 0.5), min_size=1, max_size=60))
def test_variable_rate_takes_the_latest_frame_at_each_tick(intervals: list[float]) -> None:
    times = np.cumsum([0.7, *intervals])
    taken = sample_frames(SPEC, times, 0, len(times))
    assert taken[0] == 0
    assert np.all(np.diff(taken) > 0)
    ticks = times[0] + np.arange(int((times[-1] - times[0]) * 15) + 1) / 15
    shown = {int(np.searchsorted(times, tick, side="right")) - 1 for tick in ticks}
    near = {int(np.searchsorted(times, tick + 1.1e-3, side="right")) - 1 for tick in ticks}
    assert shown & near <= set(taken.tolist())
    assert set(taken[:-1].tolist()) <= shown | near


def test_slow_passage_of_a_fast_video_takes_each_frame_once() -> None:
    fast, slow = np.arange(60) / 60, 1 + np.arange(10) / 5
    taken = sample_frames(SPEC, np.concatenate([fast, slow]), 0, 70)
    np.testing.assert_array_equal(taken, [*range(0, 60, 4), *range(60, 70)])


def test_range_counts_from_its_first_frame() -> None:
    taken = sample_frames(SPEC, 5 + np.arange(100) / 30, 11, 20)
    np.testing.assert_array_equal(taken, [11, 13, 15, 17, 19])
    assert taken.dtype == np.int64


def test_stride_ignores_the_times() -> None:
    spec = replace(SPEC, fps=None, stride=4)
    np.testing.assert_array_equal(sample_frames(spec, np.zeros(20), 3, 14), [3, 7, 11])


def test_standing_still_for_years_costs_no_memory() -> None:
    times = np.array([0.0, 0.033, 1e12, 1e12 + 0.1])
    np.testing.assert_array_equal(sample_frames(SPEC, times, 0, 4), [0, 1, 2, 3])


def test_single_frame_is_taken() -> None:
    np.testing.assert_array_equal(sample_frames(SPEC, np.arange(5.0), 4, 5), [4])


@pytest.mark.parametrize(("start", "stop"), [(-1, 3), (2, 2), (3, 2), (0, 6)])
def test_range_outside_the_video_is_refused(start: int, stop: int) -> None:
    with pytest.raises(ValueError, match="not a range"):
        sample_frames(SPEC, np.arange(5.0), start, stop)

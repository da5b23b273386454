from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision.datasets.video_utils import VideoClips

from engine.models.preprocess.frame_sampling import repeats_sentence, sample_frames
from tests.engine.models.preprocess.test_geometry import SPEC

FLOOR = replace(SPEC, sampling="floor")
NTSC = 30000 / 1001


RATES = [5.0, 7.0, 7.5, 10.0, 14.0, 20.0, 23.976, 24.0, 25.0, NTSC, 30.0, 50.0, 60.0, 120.0]


@pytest.mark.parametrize("rate", RATES)
def test_floor_gives_torchvisions_frames(rate: float) -> None:
    taken = sample_frames(FLOOR, np.arange(400) / rate, 0, 400)
    theirs = VideoClips._resample_video_idx(int(400 * 15 / rate), rate, 15.0)
    expected = np.arange(400)[theirs] if isinstance(theirs, slice) else theirs.numpy()
    count = min(len(taken), len(expected))
    assert abs(len(taken) - len(expected)) <= 1  # they count full steps, we fill the range
    np.testing.assert_array_equal(taken[:count], expected[:count])


@pytest.mark.parametrize("rate", [5.0, 7.0, 7.5, 10.0, 14.0, 20.0, 24.0, 25.0, 40.0, 50.0])
def test_constant_rate_takes_the_frames_nearest_to_the_ticks(rate: float) -> None:
    taken = sample_frames(SPEC, np.arange(200) / rate, 0, 200)
    exact = np.arange(len(taken)) * rate / 15
    assert np.abs(taken - exact).max() <= 0.5 + 1e-4
    assert abs(len(taken) - 200 * 15 / rate) <= max(1, 15 / rate)


@pytest.mark.parametrize(
    ("rate", "step"), [(14.985, 1), (15.3, 1), (NTSC, 2), (30.5, 2), (59.94, 4), (119.88, 8)]
)
def test_multiple_of_the_models_rate_gives_whole_steps(rate: float, step: int) -> None:
    taken = sample_frames(SPEC, np.arange(300) / rate, 0, 300)
    np.testing.assert_array_equal(taken, np.arange(0, 300, step))


@pytest.mark.parametrize("seed", range(5))
def test_missing_frames_do_not_shift_those_behind_them(seed: int) -> None:
    there = np.sort(np.random.default_rng(seed).permutation(300)[:200])
    times = there[there >= there[0]] / 30
    taken = sample_frames(SPEC, times, 0, len(times))
    ticks = times[0] + np.arange(len(taken)) / 15
    nearest = np.abs(times[:, None] - ticks).min(axis=0)
    np.testing.assert_allclose(np.abs(times[taken] - ticks), nearest, atol=3e-3)


@pytest.mark.parametrize("start", [0, 1, 2])
def test_times_rounded_to_milliseconds_give_even_steps(start: int) -> None:
    times = np.round(np.arange(200) / 30, 3)
    taken = sample_frames(SPEC, times, start, 200)
    np.testing.assert_array_equal(taken, np.arange(start, 200, 2))


def test_rounded_times_near_the_models_rate_take_every_frame() -> None:
    times = np.round(np.arange(200) / 15, 3)
    np.testing.assert_array_equal(sample_frames(SPEC, times, 0, 200), np.arange(200))


@settings(deadline=None)
@given(st.lists(st.floats(0.004, 0.5), min_size=1, max_size=60), st.booleans())
def test_variable_rate_follows_the_rule_at_each_tick(intervals: list[float], floor: bool) -> None:
    times = np.cumsum([0.7, *intervals])
    taken = sample_frames(FLOOR if floor else SPEC, times, 0, len(times))
    if len(taken) == len(times) and not floor:
        return  # a steady video of the model's rate
    assert taken[0] == 0
    assert np.all(np.diff(taken) >= 0)
    ticks = times[0] + np.arange(len(taken)) / 15
    if floor:
        shown, soon = (np.searchsorted(times, ticks + s, "right") - 1 for s in (0, 1.1e-3))
        assert np.all((shown == taken) | (soon == taken))
        return
    distance = np.abs(times[:, None] - ticks)
    assert np.all(distance[taken, np.arange(len(taken))] <= distance.min(axis=0) + 2.2e-3)


def test_slow_passage_of_a_fast_video_takes_frames_again() -> None:
    fast, slow = np.arange(60) / 60, 1 + np.arange(10) / 7.5
    taken = sample_frames(SPEC, np.concatenate([fast, slow]), 0, 70)
    np.testing.assert_array_equal(taken[:15], range(0, 60, 4))
    np.testing.assert_array_equal(taken[15:25], np.repeat(range(60, 65), 2))


def test_range_counts_from_its_first_frame() -> None:
    taken = sample_frames(SPEC, 5 + np.arange(100) / 30, 11, 20)
    np.testing.assert_array_equal(taken, [11, 13, 15, 17, 19])
    assert taken.dtype == np.int64


def test_stride_ignores_the_times() -> None:
    spec = replace(SPEC, fps=None, stride=4)
    np.testing.assert_array_equal(sample_frames(spec, np.zeros(20), 3, 14), [3, 7, 11])


def test_standing_still_for_years_costs_no_memory() -> None:
    times = np.array([0.0, 0.033, 1e12, 1e12 + 0.1])
    taken = sample_frames(SPEC, times, 0, 4)
    assert set(taken) == {0, 1, 2, 3}
    assert len(taken) < 200


@pytest.mark.parametrize(("rate", "share"), [(7.5, "50%"), (10, "3"), (5, "67%")])
def test_slow_video_is_told_with_both_rates(rate: float, share: str) -> None:
    frames = sample_frames(SPEC, np.arange(60) / rate, 0, 60)
    sentence = repeats_sentence(SPEC, rate, frames)
    assert sentence.startswith(f"The video has {rate:g} frames/s and {SPEC.name} wants 15: {share}")


@pytest.mark.parametrize("rate", [14.0, 15.0, 30.0])
def test_video_that_is_fast_enough_is_not_told(rate: float) -> None:
    frames = sample_frames(SPEC, np.arange(60) / rate, 0, 60)
    assert repeats_sentence(SPEC, rate, frames) == ""


def test_single_frame_is_taken() -> None:
    np.testing.assert_array_equal(sample_frames(SPEC, np.arange(5.0), 4, 5), [4])


@pytest.mark.parametrize(("start", "stop"), [(-1, 3), (2, 2), (3, 2), (0, 6)])
def test_range_outside_the_video_is_refused(start: int, stop: int) -> None:
    with pytest.raises(ValueError, match="not a range"):
        sample_frames(SPEC, np.arange(5.0), start, stop)

from __future__ import annotations

import threading
from importlib import import_module

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.cancel import Cancelled, CancelToken
from engine.errors import AttributionError
from engine.selective import Separation, split
from engine.selective.derivative import derivative_between
from engine.selective.variation import BORDER, REACH
from engine.types import SPLIT_PRESETS
from tests.engine.selective.plain import local_masks

separation = import_module("engine.selective.separation")


class Held:
    """Relevance in memory that can be shown to grow.

    Parameters
    ----------
    volume : float32 array, (M, h, w)
        One plane a step.
    every : int
        Frames between two steps.
    window : int, optional
        Steps in a window; all of them by default.
    """

    def __init__(self, volume: np.ndarray, every: int = 1, window: int | None = None) -> None:
        self.volume = volume
        self.window_steps = window or len(volume)
        self.steps_written = len(volume)
        self.time_step = 1
        self.step_frames = np.arange(len(volume), dtype=np.int64) * every
        self.frame_count = (len(volume) - 1) * every + 1
        self.counted_steps = np.ones(len(volume), bool)
        self.reads = 0

    def read_steps(self, start: int, stop: int) -> np.ndarray:
        assert 0 <= start < stop <= self.steps_written
        self.reads += 1
        return self.volume[start:stop].copy()


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(separation, "CHUNK_STEPS", 8)


@pytest.mark.parametrize("steps", [1, 2, 8, 9, 16, 37])
@pytest.mark.parametrize("preset", SPLIT_PRESETS)
def test_separation_of_chunks_equals_the_split_of_the_whole(preset: str, steps: int) -> None:
    volume = noise(steps, 11, 9)
    parts = Separation(Held(volume), preset)
    whole = split(volume, 1.25, preset=preset)
    maps = parts.frames(0, steps, 1.25)
    assert parts.curves(1.25).threshold == pytest.approx(whole.threshold, rel=1e-5)
    for name in ("relevance", "motion", "static"):
        assert np.array_equal(getattr(maps, name), getattr(whole, name))


def test_separation_frame_is_one_of_its_frames() -> None:
    parts = Separation(Held(noise(20, 6, 7)), "recommended")
    maps = parts.frames(3, 19, 0.5)
    for frame in (3, 7, 8, 18):
        one = parts.frame(frame, 0.5)
        assert one.motion.shape == (6, 7)
        assert np.array_equal(one.motion, maps.motion[frame - 3])
        assert np.array_equal(one.static, maps.static[frame - 3])


@pytest.mark.parametrize("preset", SPLIT_PRESETS)
def test_separation_curves_are_the_sums_of_the_split(preset: str) -> None:
    volume = noise(19, 10, 8)
    curves = Separation(Held(volume), preset).curves(1.0)
    whole = split(volume, 1.0, preset=preset)
    assert curves.relevance == pytest.approx(np.abs(whole.relevance).sum((1, 2)), rel=1e-5)
    assert curves.motion == pytest.approx(np.abs(whole.motion).sum((1, 2)), rel=1e-5)
    assert curves.static == pytest.approx(np.abs(whole.static).sum((1, 2)), rel=1e-5)
    assert curves.signed_relevance == pytest.approx(whole.relevance.sum((1, 2)), abs=1e-4)
    assert curves.changing_share == pytest.approx(whole.frame_changing_share, rel=1e-5)
    assert curves.clip_changing_share == pytest.approx(whole.changing_share, rel=1e-5)
    assert curves.threshold == pytest.approx(whole.threshold, rel=1e-5)


@pytest.mark.parametrize("preset", SPLIT_PRESETS)
def test_separation_follows_a_growing_source(preset: str) -> None:
    volume = noise(21, 6, 6) + np.linspace(0, -3, 21, dtype=np.float32)[:, None, None]
    source = Held(volume)
    parts = Separation(source, preset)
    ahead = REACH + BORDER if preset == "variation" else 1
    for written in (0, 1, 5, 8, 9, 20):
        source.steps_written = written
        assert parts.frames_ready == max(written - ahead, 0)
        assert len(parts.curves(1.0).relevance) == parts.frames_ready
    source.steps_written = 21
    assert parts.frames_ready == 21
    assert np.array_equal(parts.frames(0, 21, 1.0).motion, split(volume, preset=preset).motion)


def test_separation_of_a_source_that_just_began_is_that_of_its_frames() -> None:
    volume = noise(16, 6, 6)
    source = Held(volume)
    source.steps_written = 10
    maps = Separation(source, "recommended").frames(0, 9, 1.0)
    # Frame 8 is differentiated with frame 9; a split of nine frames would end there.
    assert np.array_equal(maps.relevance, volume[:9])
    change = derivative_between(volume[7:8] - volume[9:10], "edge")
    threshold = Separation(source, "recommended").curves(1.0).threshold[8]
    assert (np.abs(change[0]) > threshold).tolist() == (maps.motion[8] != 0).tolist()


def test_separation_interpolates_between_sampled_frames() -> None:
    volume = noise(9, 5, 5)
    parts = Separation(Held(volume, every=4), "recommended")
    maps = parts.frames(0, 33, 0.0)
    assert np.array_equal(maps.relevance[::4], volume)
    assert maps.relevance[6] == pytest.approx((volume[1] + volume[2]) / 2, abs=1e-6)
    assert maps.relevance[29] == pytest.approx(0.75 * volume[7] + 0.25 * volume[8], abs=1e-6)
    assert np.array_equal(maps.motion + maps.static, maps.relevance)
    assert np.array_equal(maps.motion[::4], split(volume, 0.0).motion)


def test_separation_does_not_differentiate_interpolated_maps() -> None:
    volume = noise(9, 5, 5)
    dense = Separation(Held(volume), "code-2021")
    sparse = Separation(Held(volume, every=3), "code-2021")
    assert np.array_equal(sparse.curves(1.0).std[::3], dense.curves(1.0).std)
    assert sparse.curves(1.0).clip_changing_share == dense.curves(1.0).clip_changing_share


@pytest.mark.parametrize("preset", SPLIT_PRESETS)
def test_separation_of_a_long_range_compares_within_a_window_around_each_step(preset: str) -> None:
    strength = np.geomspace(1, 100, 45)[:, None, None]
    volume = (noise(45, 8, 8, seed=4) * strength).astype(np.float32)
    maps = Separation(Held(volume, window=12), preset).frames(0, 45, 1.0)
    found = maps.motion != 0
    wanted, _ = local_masks(volume, preset, 1.0, 12)
    assert (found | (maps.relevance == 0)).tolist() == (wanted | (maps.relevance == 0)).tolist()


@pytest.mark.parametrize("preset", SPLIT_PRESETS)
@given(before=st.integers(0, 40), after=st.integers(0, 40), seed=st.integers(0, 999))
@settings(deadline=None, max_examples=15)
def test_separation_of_a_frame_does_not_depend_on_what_is_far_away(
    preset: str, before: int, after: int, seed: int
) -> None:
    volume = noise(120, 5, 6, seed=seed) + noise(1, 5, 6, seed=seed + 1)
    volume[: before // 2] *= 50  # far from the frames that are compared
    part = volume[before : 120 - after]
    longer, shorter = (
        Separation(Held(one, window=8), preset).curves(1.0).changing_share for one in (volume, part)
    )
    margin = 8 // 2 + REACH + BORDER + 1
    inside = slice(before + margin, 120 - after - margin)
    np.testing.assert_array_equal(longer[inside], shorter[margin : len(part) - margin])


def test_separation_at_another_sigma_neither_reads_nor_differentiates(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    volume = noise(30, 6, 6)
    source = Held(volume)
    parts = Separation(source, "paper-2020")
    parts.curves(1.0)
    reads = source.reads

    def never(*_: object) -> None:
        raise AssertionError("differentiated again")

    monkeypatch.setattr(separation, "signed_chunk", never)
    curves = parts.curves(2.0)
    assert source.reads == reads
    wanted = split(volume, 2.0, preset="paper-2020").frame_changing_share
    assert curves.changing_share == pytest.approx(wanted, rel=1e-5)


def test_separation_holds_no_more_than_its_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    volume = noise(64, 8, 8)
    monkeypatch.setattr(separation, "CACHE_BYTES", 3 * 2 * volume[:8].nbytes)
    parts = Separation(Held(volume), "recommended")
    assert parts.curves(1.0).clip_changing_share == pytest.approx(split(volume).changing_share)
    assert len(parts._chunks) == 3


def test_separation_is_read_while_its_source_grows() -> None:
    volume = noise(200, 4, 4)
    source = Held(volume)
    source.steps_written = 0
    parts = Separation(source, "paper-2020")
    failures: list[Exception] = []

    def grow() -> None:
        for written in range(1, 201):
            source.steps_written = written
            if parts.frames_ready:
                parts.frame(0, 1.0)

    def read() -> None:
        try:
            while source.steps_written < len(volume):
                parts.curves(1.0)
        except Exception as error:  # noqa: BLE001 - whatever a library raises
            failures.append(error)

    threads = [threading.Thread(target=grow), *(threading.Thread(target=read) for _ in range(2))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert parts.curves(1.0).relevance.shape == (200,)


def test_separation_curves_can_be_cancelled() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        Separation(Held(noise(9, 3, 3)), "recommended").curves(1.0, token.check)


def test_separation_refuses_an_unknown_preset_and_a_senseless_sigma() -> None:
    with pytest.raises(AttributionError, match="best"):
        Separation(Held(noise(2, 2, 2)), "best")
    with pytest.raises(AttributionError, match="sigma"):
        Separation(Held(noise(2, 2, 2)), "recommended").frame(0, -1.0)


def test_separation_of_no_relevance_has_no_share() -> None:
    curves = Separation(Held(np.zeros((5, 4, 4), np.float32)), "recommended").curves(1.0)
    assert np.isnan(curves.clip_changing_share)
    assert np.isnan(curves.changing_share).all()


@pytest.mark.parametrize(("steps", "together"), [(16, 8), (37, 4), (12, 3), (9, 2), (40, 16)])
@pytest.mark.parametrize("preset", SPLIT_PRESETS)
def test_separation_of_coarse_maps_equals_the_split_at_their_time_step(
    preset: str, steps: int, together: int
) -> None:
    volume = noise(-(-steps // together), 7, 6).repeat(together, 0)[:steps]
    source = Held(volume)
    source.time_step = together
    parts = Separation(source, preset)
    whole = split(volume, 0.75, preset=preset, time_step=together)
    assert parts.curves(0.75).threshold == pytest.approx(whole.threshold, rel=1e-5)
    maps = parts.frames(0, steps, 0.75)
    assert np.array_equal(maps.motion, whole.motion)


def test_separation_of_coarse_maps_waits_for_whole_time_steps() -> None:
    source = Held(noise(4, 5, 5).repeat(8, 0))
    source.time_step, source.steps_written = 8, 20
    assert Separation(source, "recommended").steps_ready == 8
    source.steps_written = 32
    assert Separation(source, "recommended").steps_ready == 32


REPEATED = np.array([0, 0, 1, 1, 1, 3, 4, 4, 6], np.int64)  # frames 2 and 5 are not given


@pytest.mark.parametrize("preset", ["recommended", "variation"])
def test_frame_that_serves_several_steps_has_the_sum_of_their_relevance(preset: str) -> None:
    volume = noise(len(REPEATED), 5, 4)
    source = Held(volume)
    source.step_frames, source.frame_count = REPEATED, 7
    parts = Separation(source, preset)
    maps, curves = parts.frames(0, 7, 1.0), parts.curves(1.0)
    for frame in np.unique(REPEATED):
        summed = volume[frame == REPEATED].sum(axis=0)
        assert maps.relevance[frame] == pytest.approx(summed, abs=1e-5)
        assert parts.frame(int(frame), 1.0).relevance == pytest.approx(summed, abs=1e-5)
    assert maps.motion + maps.static == pytest.approx(maps.relevance)
    assert curves.signed_relevance[np.unique(REPEATED)].sum() == pytest.approx(volume.sum())
    given = np.unique(REPEATED)
    share = curves.motion[given].sum() / curves.relevance[given].sum()
    assert curves.clip_changing_share == pytest.approx(share)
    assert maps.relevance[2] == pytest.approx((volume[4] + volume[5]) / 2, abs=1e-6)


def test_frame_is_not_ready_before_all_its_steps_are_written() -> None:
    source = Held(noise(len(REPEATED), 5, 4))
    source.step_frames, source.frame_count = REPEATED, 7
    ready = []
    for source.steps_written in range(1, len(REPEATED) + 1):
        parts = Separation(source, "recommended")
        ready.append(parts.frames_ready)
        parts.curves(1.0)
    assert ready == [0, 0, 1, 1, 1, 2, 4, 4, 7]

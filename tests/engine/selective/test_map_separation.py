from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest

from engine.cancel import Cancelled, CancelToken
from engine.errors import AttributionError
from engine.selective import MapSeparation, Separation, split
from tests.engine.selective.test_separation import Held, noise

module = import_module("engine.selective.map_separation")


class HeldMaps(Held):
    """Two maps in memory that can be shown to grow."""

    def __init__(self, motion: np.ndarray, appearance: np.ndarray, every: int = 1) -> None:
        super().__init__(motion, every)
        self.appearance = appearance

    @property
    def maps_written(self) -> int:
        return self.steps_written

    def read_maps(self, start: int, stop: int) -> tuple[np.ndarray, np.ndarray]:
        return self.read_steps(start, stop), self.appearance[start:stop].copy()


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK_STEPS", 8)


def held(steps: int, every: int = 1) -> HeldMaps:
    return HeldMaps(noise(steps, 5, 4), noise(steps, 5, 4, seed=1), every)


@pytest.mark.parametrize("steps", [1, 7, 8, 19])
def test_map_separation_is_both_maps_and_their_sum(steps: int) -> None:
    source = held(steps)
    maps = MapSeparation(source).frames(0, steps, 1.0)
    assert np.array_equal(maps.motion, source.volume)
    assert np.array_equal(maps.static, source.appearance)
    assert np.array_equal(maps.relevance, source.volume + source.appearance)


@pytest.mark.parametrize("frame", [0, 3, 4, 17, 30, 36])
def test_map_separation_interpolates_between_sampled_frames(frame: int) -> None:
    source = held(10, every=4)
    separation = MapSeparation(source)
    maps = separation.frame(frame, 1.0)
    low, part = divmod(frame, 4)
    high = min(low + 1, 9)
    for found, volume in ((maps.motion, source.volume), (maps.static, source.appearance)):
        expected = volume[low] * (1 - part / 4) + volume[high] * part / 4
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert np.array_equal(maps.relevance, maps.motion + maps.static)
    assert np.array_equal(separation.frames(frame, frame + 1, 9.0).motion[0], maps.motion)


def test_map_separation_curves_are_sums_of_sizes() -> None:
    source = held(19)
    curves = MapSeparation(source).curves(1.0)
    motion = np.abs(source.volume).sum((1, 2), dtype=float)
    static = np.abs(source.appearance).sum((1, 2), dtype=float)
    assert curves.motion == pytest.approx(motion)
    assert curves.static == pytest.approx(static)
    assert curves.changing_share == pytest.approx(motion / (motion + static))
    assert curves.clip_changing_share == pytest.approx(motion.sum() / (motion + static).sum())
    assert np.isnan(curves.threshold).all()
    assert len(curves.threshold) == len(curves.std) == 19


def test_map_separation_follows_a_growing_source() -> None:
    source = held(10, every=2)
    separation = MapSeparation(source)
    for written, frames in ((0, 0), (1, 1), (5, 9), (9, 17), (10, 19)):
        source.steps_written = written
        assert separation.frames_ready == frames
        assert len(separation.curves(1.0).motion) == frames
    assert np.array_equal(separation.frames(0, 19, 1.0).motion[::2], source.volume)


def test_map_separation_of_no_relevance_has_no_share() -> None:
    zeros = np.zeros((3, 2, 2), np.float32)
    assert np.isnan(MapSeparation(HeldMaps(zeros, zeros)).curves(1.0).clip_changing_share)


def test_map_separation_can_be_cancelled() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        MapSeparation(held(9)).curves(1.0, token.check)


@pytest.mark.parametrize("splitting", [split, Separation])
def test_relevance_cannot_be_split_into_evidence(splitting: object) -> None:
    values = noise(4, 3, 3) if splitting is split else Held(noise(4, 3, 3))
    with pytest.raises(AttributionError, match="cannot be made of relevance") as caught:
        splitting(values, preset="evidence")
    assert "recommended" in caught.value.hint

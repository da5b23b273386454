from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.selective import FrameMaps
from engine.store.contrast import Contrast
from engine.types import Float32Array
from tests.engine.store.analyses import filled


class Frames:
    def __init__(self, maps: Float32Array) -> None:
        self.maps = maps

    @property
    def frames_ready(self) -> int:
        return len(self.maps)

    def frame(self, frame: int, sigma: float) -> FrameMaps:
        return FrameMaps(self.maps[frame], self.maps[frame], self.maps[frame])


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.sampled_from([50.0, 90, 99, 100]))
def test_contrast_is_the_percentile_of_absolute_values(seed: int, n: int, percent: float) -> None:
    maps = np.random.default_rng(seed).normal(size=(n, 6, 5)).astype(np.float32)
    contrast = Contrast()
    contrast.measure("recommended", Frames(maps))
    assert contrast.at("recommended", percent) == pytest.approx(
        np.percentile(np.abs(maps).astype(np.float64), percent)  # NumPy 2.0 is rough in float32
    )


def test_contrast_is_unknown_before_it_is_measured_and_where_nothing_is_relevant() -> None:
    contrast = Contrast()
    assert contrast.at("recommended", 99) is None
    contrast.measure("recommended", Frames(np.zeros((0, 4, 4), np.float32)))
    assert contrast.at("recommended", 99) is None
    contrast.measure("recommended", Frames(np.zeros((3, 4, 4), np.float32)))
    assert contrast.at("recommended", 99) is None


def test_full_colour_follows_the_percentile_once_it_is_measured(tmp_path: Path) -> None:
    analysis = filled(tmp_path, steps=30)
    usual = analysis.full_colour("recommended")
    assert analysis.full_colour("recommended", 90.0) == usual
    analysis.measure_contrast("recommended")
    drawn = np.abs(analysis.separation("recommended").frames(0, 30, 1.0).relevance)
    for percent in (90.0, 99.0, 100.0):
        expected = float(np.percentile(drawn, percent))
        assert analysis.full_colour("recommended", percent) == pytest.approx(expected, rel=1e-4)
    assert analysis.full_colour("recommended") == usual

"""Times of frames, and the rate."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from engine.video.index.frame_index import NO_TIME
from engine.video.index.times import average_fps, frame_times
from tests.engine.video.tables import decoded, table


def times(pts: list[int]) -> list[float]:
    index = decoded(table(pts), range(len(pts)))
    return frame_times(index, Fraction(1, 100), 10.0).tolist()


def test_frame_times_are_the_files_own() -> None:
    assert times([50, 60, 75]) == [0.5, 0.6, 0.75]


def test_frame_times_fill_what_is_missing_or_repeated_or_wild() -> None:
    assert times([NO_TIME, 10, 20, 20, 40, 99_999, 60, NO_TIME]) == pytest.approx(
        [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    )


def test_frame_times_fall_back_to_decoding_times_and_then_to_the_rate() -> None:
    assert times([NO_TIME] * 3) == pytest.approx([0, 0.1, 0.2])
    timeless = replace(table([NO_TIME] * 3), dts=np.full(3, NO_TIME))
    index = decoded(timeless, range(3))
    assert frame_times(index, Fraction(1, 100), 4.0).tolist() == [0, 0.25, 0.5]


def test_average_fps_prefers_the_stated_rate_only_where_it_fits() -> None:
    assert average_fps(np.array([0, 0.033, 0.067]), 30_000 / 1001) == 30_000 / 1001
    assert average_fps(np.array([0, 0.5, 1.0]), 30.0) == 2.0
    assert average_fps(np.array([0.0]), 12.0) == 12.0

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.errors import EngineError
from engine.metrics import FlowPrecision, flow_precision, magnitude_on

VOLUMES = arrays.array_shapes(min_dims=3, max_dims=3, max_side=4)
SIDES = st.integers(1, 9)


@st.composite
def motion_and_magnitude(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    shape = draw(VOLUMES)
    motion = draw(arrays.arrays(np.float32, shape, elements=st.integers(-1, 1)))
    return motion, draw(arrays.arrays(np.float32, shape, elements=st.integers(0, 3)))


def plain_precision(motion: np.ndarray, magnitude: np.ndarray, limit: float) -> FlowPrecision:
    kept = moving = both = 0
    for relevance, pixels in zip(motion.flat, magnitude.flat, strict=True):
        kept += abs(relevance) > 0
        moving += pixels > limit
        both += abs(relevance) > 0 and pixels > limit
    size = motion.size
    return FlowPrecision(both / kept if kept else np.nan, moving / size, kept / size)


def plain_area(magnitude: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Mean over each cell of the picture repeated until its pixels divide the grid."""
    fine = np.repeat(np.repeat(magnitude, size[0], axis=0), size[1], axis=1)
    height, width = magnitude.shape
    return fine.reshape(size[0], height, size[1], width).mean(axis=(1, 3))


@given(motion_and_magnitude(), st.sampled_from([0.0, 1.0, 2.5]))
def test_precision_equals_plain_counting(both: tuple[np.ndarray, np.ndarray], limit: float) -> None:
    found, plain = flow_precision(*both, threshold_px=limit), plain_precision(*both, limit)
    assert found.precision == pytest.approx(plain.precision, nan_ok=True)
    assert found.chance == pytest.approx(plain.chance)
    assert found.kept == pytest.approx(plain.kept)


def test_precision_of_everything_kept_is_chance() -> None:
    magnitude = np.random.default_rng(0).random((3, 5, 7)) * 2
    found = flow_precision(np.full(magnitude.shape, -1e-9), magnitude)
    assert found.precision == found.chance
    assert found.kept == 1


def test_precision_of_nothing_kept_is_nan() -> None:
    found = flow_precision(np.zeros((2, 3, 3)), np.full((2, 3, 3), 5.0))
    assert np.isnan(found.precision)
    assert (found.chance, found.kept) == (1, 0)


def test_precision_counts_only_what_exceeds_the_threshold() -> None:
    found = flow_precision(np.ones((1, 1, 3)), np.array([[[0.5, 1.0, 1.5]]]))
    assert found.precision == pytest.approx(1 / 3)


def test_precision_names_the_remedy_for_another_resolution() -> None:
    with pytest.raises(EngineError, match=r"\(40, 60\) pixels .* is \(8, 8\)") as error:
        flow_precision(np.ones((2, 8, 8)), np.ones((2, 40, 60)))
    assert "magnitude_on" in error.value.hint


@pytest.mark.parametrize(
    ("motion", "magnitude"),
    [
        (np.ones((8, 8)), np.ones((8, 8))),
        (np.ones((2, 8, 8)), np.ones((3, 8, 8))),
        (np.ones((2, 8, 8)), np.ones((8, 8))),
        (np.ones((2, 8, 8), int), np.ones((2, 8, 8))),
        (np.ones((2, 8, 8)), np.full((2, 8, 8), np.nan)),
        (np.full((2, 8, 8), np.inf), np.ones((2, 8, 8))),
        (np.ones((0, 8, 8)), np.ones((0, 8, 8))),
    ],
)
def test_precision_refuses_what_does_not_fit(motion: np.ndarray, magnitude: np.ndarray) -> None:
    with pytest.raises(EngineError) as error:
        flow_precision(motion, magnitude)
    assert error.value.hint


@pytest.mark.parametrize("limit", [-1.0, np.nan, np.inf])
def test_precision_refuses_a_threshold_that_is_none(limit: float) -> None:
    with pytest.raises(EngineError, match="threshold"):
        flow_precision(np.ones((1, 2, 2)), np.ones((1, 2, 2)), threshold_px=limit)


@given(st.tuples(SIDES, SIDES), st.tuples(SIDES, SIDES))
def test_magnitude_on_equals_the_plain_mean(source: tuple[int, int], size: tuple[int, int]) -> None:
    magnitude = np.random.default_rng(0).random(source)
    assert np.allclose(magnitude_on(magnitude, size), plain_area(magnitude, size), atol=1e-6)


def test_magnitude_on_agrees_with_opencv_when_shrinking() -> None:
    magnitude = np.random.default_rng(0).random((90, 131)).astype(np.float32)
    shrunk = cv2.resize(magnitude, (56, 28), interpolation=cv2.INTER_AREA)
    assert np.allclose(magnitude_on(magnitude, (28, 56)), shrunk, atol=1e-5)


def test_magnitude_on_keeps_pixels_per_frame_and_frames() -> None:
    grid = magnitude_on(np.full((3, 90, 120), 2.5, np.float32), (7, 11))
    assert grid.shape == (3, 7, 11)
    assert grid.dtype == np.float32
    assert np.allclose(grid, 2.5)


@pytest.mark.parametrize(
    ("magnitude", "size"),
    [(np.ones(5), (2, 2)), (np.ones((4, 4)), (0, 2)), (np.ones((0, 4)), (2, 2))],
)
def test_magnitude_on_refuses_what_does_not_fit(
    magnitude: np.ndarray, size: tuple[int, int]
) -> None:
    with pytest.raises(EngineError) as error:
        magnitude_on(magnitude, size)
    assert error.value.hint

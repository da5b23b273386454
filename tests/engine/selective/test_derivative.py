from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.errors import AttributionError
from engine.selective import temporal_derivative
from tests.engine.selective import plain

PADDINGS = ("edge", "zeros")
SHAPES = arrays.array_shapes(min_dims=3, max_dims=3, max_side=7)


def noise(*shape: int, dtype: type = np.float32, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("padding", PADDINGS)
@given(volume=arrays.arrays(np.float32, SHAPES, elements=st.integers(-999, 999)))
def test_derivative_equals_27_products(volume: np.ndarray, padding: str) -> None:
    # Whole numbers of this size add up without rounding, whatever the order.
    assert np.array_equal(
        temporal_derivative(volume, padding=padding), plain.derivative(volume, padding)
    )


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_derivative_is_close_for_any_values_and_keeps_the_type(padding: str, dtype: type) -> None:
    volume = noise(5, 9, 13, dtype=dtype)
    change = temporal_derivative(volume, padding=padding)
    assert change.dtype == dtype
    assert np.allclose(change, plain.derivative(volume, padding), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(5, 9, 13), (1, 1, 1), (2, 1, 33), (3, 64, 70)])
def test_derivative_of_a_tensor_is_that_of_the_array(
    padding: str, dtype: type, shape: tuple[int, int, int]
) -> None:
    volume = noise(*shape, dtype=dtype)
    change = temporal_derivative(torch.tensor(volume), padding=padding)
    assert np.array_equal(change.numpy(), temporal_derivative(volume, padding=padding))


def test_derivative_has_the_sign_of_before_minus_after() -> None:
    volume = np.zeros((3, 3, 3), np.float32)
    volume[0, 1, 1] = 1
    change = temporal_derivative(volume, padding="zeros")
    assert change[1, 1, 1] == 4
    assert change[1, 0, 0] == 1


def test_derivative_with_repeated_edges_of_a_still_is_zero() -> None:
    still = np.repeat(noise(1, 8, 8), 6, axis=0)
    assert not temporal_derivative(still, padding="edge").any()
    assert temporal_derivative(still, padding="zeros")[[0, -1]].any()


def test_derivative_accepts_views_that_are_read_only_or_strided() -> None:
    volume = noise(6, 10, 12)
    view = volume[::2, ::-1].transpose(0, 2, 1)
    view.setflags(write=False)
    expected = plain.derivative(np.ascontiguousarray(view), "edge")
    assert np.allclose(temporal_derivative(view, padding="edge"), expected, atol=1e-5)


@pytest.mark.parametrize(
    "volume",
    [
        np.zeros((4, 4), np.float32),
        np.zeros((1, 1, 4, 4, 4), np.float32),
        np.zeros((0, 4, 4), np.float32),
        np.zeros((2, 4, 4), np.int64),
        np.zeros((2, 4, 4), np.uint8),
        np.zeros((2, 4, 4), np.float16),
        np.full((2, 4, 4), np.nan, np.float32),
        np.full((2, 4, 4), -np.inf, np.float32),
    ],
    ids=["2-d", "5-d", "empty", "int64", "uint8", "float16", "nan", "inf"],
)
@pytest.mark.parametrize("kind", [np.asarray, torch.tensor], ids=["array", "tensor"])
def test_derivative_refuses_what_is_no_volume(volume: np.ndarray, kind: type) -> None:
    with pytest.raises(AttributionError) as caught:
        temporal_derivative(kind(volume), padding="edge")
    assert caught.value.hint


def test_derivative_refuses_an_unknown_padding() -> None:
    with pytest.raises(AttributionError, match="mirror"):
        temporal_derivative(noise(2, 2, 2), padding="mirror")


@pytest.mark.parametrize("padding", ["edge", "zeros"])
@pytest.mark.parametrize("kind", ["array", "tensor"])
def test_derivative_of_a_coarse_map_is_that_between_its_time_steps(kind: str, padding: str) -> None:
    native = np.random.default_rng(0).standard_normal((3, 5, 4)).astype(np.float32)
    frames = native.repeat(4, 0)[:10]
    given = frames if kind == "array" else torch.from_numpy(frames)
    found = np.asarray(temporal_derivative(given, padding=padding, time_step=4))
    expected = temporal_derivative(native, padding=padding).repeat(4, 0)[:10]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_derivative_of_an_interpolated_map_differs_from_that_of_its_time_steps() -> None:
    native = np.zeros((2, 3, 3), np.float32)
    native[1] = 1
    smooth = np.linspace(0, 1, 16, dtype=np.float32)[:, None, None] * np.ones((3, 3), np.float32)
    at_steps = temporal_derivative(native.repeat(8, 0), padding="edge", time_step=8)
    assert np.abs(at_steps).max() > 3 * np.abs(temporal_derivative(smooth, padding="edge")).max()

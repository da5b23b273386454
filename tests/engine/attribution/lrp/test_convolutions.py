from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.attribution.lrp.convolutions import convolve, input_gradient

CALLS = {1: torch.conv1d, 2: torch.conv2d, 3: torch.conv3d}
Geometry = tuple[list[int], list[int], list[int], list[int]]


@st.composite
def geometries(draw: st.DrawFn) -> Geometry:
    """Kernel, stride, padding and size of the input, in one to three dimensions."""
    dimensions = draw(st.integers(1, 3))
    kernel = [draw(st.integers(1, 5)) for _ in range(dimensions)]
    stride = [draw(st.integers(1, 3)) for _ in range(dimensions)]
    padding = [draw(st.integers(0, 2)) for _ in range(dimensions)]
    size = [extent + draw(st.integers(0, 4)) for extent in kernel]
    return kernel, stride, padding, size


@given(geometry=geometries())
@settings(max_examples=150, deadline=None)
def test_input_gradient_equals_that_of_the_library(geometry: Geometry) -> None:
    kernel, stride, padding, size = geometry
    values = torch.randn(2, 3, *size, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(4, 3, *kernel, dtype=torch.float64)
    result = CALLS[len(kernel)](values, weight, None, stride, padding)
    gradient = torch.randn_like(result)
    (expected,) = torch.autograd.grad(result, values, gradient)
    found = input_gradient(gradient, weight, size, stride, padding)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"),
    [((3, 7, 7), (1, 2, 2), (1, 3, 3)), ((1, 1, 1), 2, 0), ((3, 3, 3), 1, "same")],
)
def test_convolve_is_the_convolution_and_has_its_gradient(
    kernel: tuple[int, ...], stride: object, padding: object
) -> None:
    values = torch.randn(1, 3, 4, 12, 12, requires_grad=True)
    weight, bias = torch.randn(32, 3, *kernel), torch.randn(32)
    ours = convolve(torch.conv3d, values, weight, bias, (stride, padding, 1, 1))
    theirs = torch.conv3d(values, weight, bias, stride, padding)
    torch.testing.assert_close(ours, theirs)
    back = torch.randn_like(ours)
    found, expected = (torch.autograd.grad(out, values, back)[0] for out in (ours, theirs))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)

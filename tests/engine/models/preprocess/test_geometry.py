from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torchvision.transforms.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.models.preprocess.geometry import crop_corner, resized_size, seen_rect
from engine.types import ModelSpec, Rect

SPEC = ModelSpec(
    name="any",
    labels=("a",),
    frames=16,
    fps=15.0,
    stride=None,
    resize=(128, 171),
    crop=(112, 112),
    mean=(0.0, 0.0, 0.0),
    std=(1.0, 1.0, 1.0),
)
sizes = st.tuples(st.integers(20, 90), st.integers(20, 90))


@settings(max_examples=60, deadline=None)
@given(size=sizes, side=st.integers(10, 40))
def test_resized_size_of_the_shorter_side_is_torchvisions(size: tuple[int, int], side: int) -> None:
    picture = torch.zeros(1, size[1], size[0])
    resized = F.resize(picture, [side], antialias=False)
    assert resized_size(replace(SPEC, resize=side), size) == (resized.shape[2], resized.shape[1])


@settings(max_examples=60, deadline=None)
@given(size=sizes, crop=sizes)
def test_crop_corner_is_torchvisions_also_where_it_pads(
    size: tuple[int, int], crop: tuple[int, int]
) -> None:
    width, height = size
    spec = replace(SPEC, resize=(height, width), crop=crop)
    left, top = crop_corner(spec, size)
    numbered = torch.arange(1, height * width + 1).view(1, height, width)
    cropped = F.center_crop(numbered, list(crop))[0]
    row, column = (int(index) for index in cropped.nonzero()[0])
    source_row, source_column = divmod(int(cropped[row, column]) - 1, width)
    assert (left, top) == (source_column - column, source_row - row)


def test_seen_rect_of_the_torchvision_resnets() -> None:
    expected = Rect(30 / 171, 8 / 128, 142 / 171, 120 / 128)
    assert seen_rect(SPEC, (1280, 720)) == expected
    assert seen_rect(SPEC, (99, 301)) == expected  # the aspect is not kept


def test_seen_rect_reaches_outside_a_padded_picture() -> None:
    spec = replace(SPEC, resize=(100, 50), crop=(100, 100))
    assert seen_rect(spec, (10, 10)) == Rect(-0.5, 0.0, 1.5, 1.0)


@pytest.mark.parametrize("size", [(320, 240), (240, 320), (101, 333)])
def test_seen_rect_with_kept_aspect_is_square_in_pixels(size: tuple[int, int]) -> None:
    seen = seen_rect(replace(SPEC, resize=112), size)
    width, height = (seen.right - seen.left) * size[0], (seen.bottom - seen.top) * size[1]
    assert width == pytest.approx(min(size), rel=0.01)
    assert height == pytest.approx(min(size), rel=0.01)

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import get_model_weights

from engine.errors import VideoError
from engine.models.loaders.sources import find_network
from engine.models.model import VideoModel
from engine.models.networks.torchvision_zoo import HEADS
from engine.render import HeatLook, overlay
from engine.types import ModelSpec, Rect, UInt8Array
from tests.engine.models.preprocess.test_geometry import SPEC

SIZES = [(97, 131), (301, 45), (113, 171), (240, 426), (31, 33)]
"""Heights and widths: landscape, portrait, odd."""


def model_of(spec: ModelSpec) -> VideoModel:
    return VideoModel(spec, nn.Identity(), torch.device("cpu"))


def random_frames(height: int, width: int, count: int = 3) -> UInt8Array:
    rng = np.random.default_rng(height * width)
    return rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("size", SIZES)
def test_preprocess_equals_torchvisions_preset(name: str, size: tuple[int, int]) -> None:
    frames = random_frames(*size)
    preset = get_model_weights(name).DEFAULT.transforms()
    theirs = preset(torch.from_numpy(frames).permute(0, 3, 1, 2).contiguous())
    ours = model_of(find_network(name).spec).preprocess(frames).tensor
    assert torch.equal(ours[0], theirs)


def test_preprocess_range_is_reached_and_never_left() -> None:
    frames = np.zeros((2, 50, 60, 3), dtype=np.uint8)
    frames[:, :, 30:] = 255
    clip = model_of(find_network("r3d_18").spec).preprocess(frames)
    assert torch.equal(clip.tensor.amin((0, 2, 3, 4)), clip.low.flatten())
    assert torch.equal(clip.tensor.amax((0, 2, 3, 4)), clip.high.flatten())
    assert clip.low.shape == clip.high.shape == (1, 3, 1, 1, 1)


def test_preprocess_scales_to_another_value_range() -> None:
    spec = replace(SPEC, value_range=(-1.0, 255.0), mean=(1.0, 2.0, 3.0), std=(2.0, 2.0, 2.0))
    clip = model_of(spec).preprocess(np.full((1, 40, 40, 3), 255, dtype=np.uint8))
    assert clip.low.flatten().tolist() == [-1.0, -1.5, -2.0]
    assert clip.high.flatten().tolist() == [127.0, 126.5, 126.0]
    assert torch.equal(clip.tensor.amin((0, 2, 3, 4)), clip.high.flatten())


def test_preprocess_takes_read_only_frames_and_leaves_them() -> None:
    frames = random_frames(40, 50)
    before = frames.copy()
    frames.setflags(write=False)
    clip = model_of(SPEC).preprocess(frames)
    assert clip.size == (50, 40)
    assert clip.tensor.shape == (1, 3, 3, 112, 112)
    np.testing.assert_array_equal(frames, before)


@pytest.mark.parametrize("size", [(200, 255), (255, 140), (151, 203)])
@pytest.mark.parametrize("resize", [112, (128, 171)])
def test_seen_rect_leads_back_to_the_source_pixels(
    size: tuple[int, int], resize: int | tuple[int, int]
) -> None:
    width, height = size
    frames = np.zeros((1, height, width, 3), dtype=np.uint8)
    frames[..., 0] = np.arange(width)
    frames[..., 1] = np.arange(height)[:, None]
    clip = model_of(replace(SPEC, resize=resize)).preprocess(frames)
    centres = (np.arange(112) + 0.5) / 112
    x = (clip.seen.left + centres * (clip.seen.right - clip.seen.left)) * width - 0.5
    y = (clip.seen.top + centres * (clip.seen.bottom - clip.seen.top)) * height - 0.5
    red, green = clip.tensor[0, 0, 0] * 255, clip.tensor[0, 1, 0] * 255
    # The values are rounded to whole source pixels, hence half of one.
    np.testing.assert_allclose(red[5], np.clip(x, 0, width - 1), atol=0.51)
    np.testing.assert_allclose(green[:, 5], np.clip(y, 0, height - 1), atol=0.51)


@pytest.mark.parametrize(
    "frames",
    [
        np.zeros((2, 8, 8, 3), dtype=np.float32),
        np.zeros((2, 8, 8, 4), dtype=np.uint8),
        np.zeros((8, 8, 3), dtype=np.uint8),
        np.zeros((0, 8, 8, 3), dtype=np.uint8),
    ],
)
def test_preprocess_refuses_other_arrays(frames: UInt8Array) -> None:
    with pytest.raises(ValueError, match="frames must be uint8"):
        model_of(SPEC).preprocess(frames)


CORNERS = {"top left": (0, 0), "top right": (0, -1), "bottom left": (-1, 0), "bottom": (-1, -1)}


def test_preprocess_refuses_pictures_that_become_too_large() -> None:
    with pytest.raises(VideoError, match="A picture of 1 x 60000 pixels would become one of"):
        model_of(replace(SPEC, resize=128)).preprocess(random_frames(60_000, 1, 1))


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("size", SIZES)
def test_marker_in_a_corner_of_the_input_comes_back_to_its_source_pixels(
    name: str, size: tuple[int, int]
) -> None:
    model = model_of(find_network(name).spec)
    seen = model.preprocess(random_frames(*size, count=1)).seen
    pixel = np.array([seen.bottom - seen.top, seen.right - seen.left]) * size / model.spec.crop
    for corner in CORNERS.values():
        drawn = drawn_back(corner, model.spec, seen, size, pixel)
        came_from = source_of(corner, model, size, pixel, near=drawn)
        assert (np.abs(drawn - came_from) / pixel).max() <= 0.5, corner


def drawn_back(
    corner: tuple[int, int], spec: ModelSpec, seen: Rect, size: tuple[int, int], pixel: np.ndarray
) -> np.ndarray:
    """Row and column in the source where the marker of one model pixel is drawn."""
    finer = int(np.ceil(3 / pixel.min()))  # so that whole pixels of the drawing are fine enough
    heat = np.zeros(spec.crop, np.float32)
    heat[corner] = 1
    frame = np.zeros((size[0] * finer, size[1] * finer, 3), np.uint8)
    drawn = overlay(frame, heat, seen, 1.0, HeatLook(opacity=1.0))
    colour = (drawn[..., 0] - drawn[..., 2]).astype(np.float64)  # fire; what is grey has none
    places = np.stack(np.nonzero(colour))
    return places @ colour[tuple(places)] / colour.sum() / finer + (0.5 / finer - 0.5)


def source_of(
    corner: tuple[int, int],
    model: VideoModel,
    size: tuple[int, int],
    pixel: np.ndarray,
    near: np.ndarray,
) -> np.ndarray:
    """Row and column in the source that a model pixel really shows: frames of ramps tell."""
    steepness = np.minimum(40 / pixel, 60)  # of 256 values; a source pixel must not take all
    found = []
    for axis in (0, 1):
        ramp = 128 + steepness[axis] * (np.indices(size)[axis] - near[axis])
        frame = np.repeat(np.clip(ramp, 0, 255).round().astype(np.uint8)[..., None], 3, axis=2)
        clip = model.preprocess(frame[None])
        share = (clip.tensor - clip.low) / (clip.high - clip.low)
        value = float(share[0, 0, 0][corner]) * 255
        found.append(near[axis] + (value - 128) / steepness[axis])
    return np.array(found)

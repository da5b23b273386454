from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torchvision.models import get_model_weights

from engine.models.model import VideoModel
from engine.models.sources import find_source
from engine.types import ModelSpec, UInt8Array
from tests.engine.models.test_geometry import SPEC

TORCHVISION = ["r3d_18", "mc3_18", "r2plus1d_18", "s3d"]


def model_of(spec: ModelSpec) -> VideoModel:
    return VideoModel(spec, nn.Identity(), torch.device("cpu"))


def random_frames(height: int, width: int, count: int = 3) -> UInt8Array:
    rng = np.random.default_rng(height * width)
    return rng.integers(0, 256, (count, height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", TORCHVISION)
@pytest.mark.parametrize("size", [(97, 131), (301, 45), (113, 171), (240, 426), (31, 33)])
def test_preprocess_equals_torchvisions_preset(name: str, size: tuple[int, int]) -> None:
    frames = random_frames(*size)
    preset = get_model_weights(name).DEFAULT.transforms()
    theirs = preset(torch.from_numpy(frames).permute(0, 3, 1, 2).contiguous())
    ours = model_of(find_source(name).spec).preprocess(frames).tensor
    assert torch.equal(ours[0], theirs)


def test_preprocess_range_is_reached_and_never_left() -> None:
    frames = np.zeros((2, 50, 60, 3), dtype=np.uint8)
    frames[:, :, 30:] = 255
    clip = model_of(find_source("r3d_18").spec).preprocess(frames)
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

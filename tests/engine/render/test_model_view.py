from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch

from engine.models.model import VideoModel
from engine.render.model_view import flow_picture, flow_wheel, model_view
from engine.types import ModelSpec, UInt8Array


def spec_of(
    resize: tuple[int, int] | int, crop: tuple[int, int], *, antialias: bool = False
) -> ModelSpec:
    shape = (resize, crop, (0.0,) * 3, (1.0,) * 3)
    return ModelSpec("m", ("a",), 8, None, 1, *shape, antialias=antialias)


def grain(height: int, width: int) -> UInt8Array:
    coarse = np.random.default_rng(3).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


@pytest.mark.parametrize("size", [(120, 200), (200, 120), (97, 131)])
@pytest.mark.parametrize(("resize", "crop"), [((64, 80), (56, 56)), (72, (64, 64)), (40, (56, 60))])
@pytest.mark.parametrize("antialias", [False, True])
def test_model_view_is_what_the_network_is_given(
    size: tuple[int, int], resize: tuple[int, int] | int, crop: tuple[int, int], antialias: bool
) -> None:
    spec, frame = spec_of(resize, crop, antialias=antialias), grain(*size)
    model = VideoModel(spec, torch.nn.Identity(), torch.device("cpu"))
    given = model.preprocess(frame[None]).tensor[0, :, 0].permute(1, 2, 0).numpy() * 255
    shown = model_view(frame, spec).astype(float)
    assert np.abs(shown - given).max() <= (12 if antialias else 2)


def test_flow_picture_of_no_motion_is_the_grey_frame() -> None:
    shown = flow_picture(grain(40, 60), np.zeros((20, 30, 2), np.float32), 2.0)
    assert (shown == shown[..., :1]).all()


def test_flow_picture_tells_left_from_right() -> None:
    flow = np.zeros((20, 40, 2), np.float32)
    flow[:, :20, 0], flow[:, 20:, 0] = 3, -3
    shown = flow_picture(np.zeros((20, 40, 3), np.uint8), flow, 3.0)
    assert shown[10, 5, 0] > 200 > 60 > shown[10, 5, 2]  # to the right: red
    assert shown[10, 35, 0] < 60 < 200 < shown[10, 35, 2]  # to the left: cyan


def test_flow_picture_agrees_with_its_legend() -> None:
    wheel = flow_wheel(101)
    down = np.zeros((8, 8, 2), np.float32)
    down[..., 1] = 1
    shown = flow_picture(np.zeros((8, 8, 3), np.uint8), down, 1.0)
    assert np.abs(shown[4, 4].astype(int) - wheel[99, 50]).max() < 12
    assert (wheel[0, 0] == 0).all()

"""Stills that follow the camera."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from engine.cancel import never
from engine.evidence.maps_stills import camera_views, held_stills

LOW, HIGH = torch.full((1, 3, 1, 1, 1), -1.0), torch.full((1, 3, 1, 1, 1), 1.0)


def panned(step_px: int, frames: int = 5, side: int = 96) -> Tensor:
    """A clip of a texture that slides to the left, (1, 3, T, h, w)."""
    generator = np.random.default_rng(0)
    coarse = generator.random((24, 48, 3)).astype(np.float32)
    scene = cv2.resize(coarse, (side * 2, side), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    views = [scene[:, step_px * t : step_px * t + side] for t in range(frames)]
    return torch.from_numpy(np.stack(views)).permute(3, 0, 1, 2)[None] * 2 - 1


def test_camera_views_of_a_camera_at_rest_are_none() -> None:
    assert camera_views(panned(0), LOW, HIGH, never) == []


def test_held_stills_without_views_are_the_frame_repeated() -> None:
    values = panned(2)
    (still,) = held_stills(values, [3], [])
    assert torch.equal(still, values[:, :, 3:4].expand_as(values))


def test_held_stills_of_a_pan_follow_it() -> None:
    values = panned(2)
    views = camera_views(values, LOW, HIGH, never)
    (still,) = held_stills(values, [2], views)
    assert torch.equal(still[:, :, 2], values[:, :, 2])
    repeated = (values - values[:, :, 2:3]).abs().mean()
    assert (still - values).abs().mean() < 0.1 * repeated

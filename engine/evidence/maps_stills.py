"""Frames held still while the camera goes on: what the clip would be if nothing in it moved.

A repeated frame takes the camera's motion away too, and scenery that the camera passes would count
as moving. So a still is carried along by the camera where it moves and its motion can be
estimated (`engine.motion`); with a camera at rest it is the frame repeated, bit for bit.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np
import torch
from torch import Tensor

from engine.attribution.baselines import frozen
from engine.cancel import Check
from engine.motion import FrameFlow, flows
from engine.types import Float32Array, Float64Array, UInt8Array

_LEAST_SIDE_PX = 32
_KNOWN = 0.4  # of the steps: a camera known so often moves on alike in between
_RESTS_PX = 0.25  # what moves the picture's corners less is a camera at rest


def held_stills(values: Tensor, frames: Sequence[int], views: list[Float64Array]) -> list[Tensor]:
    """Return clips of single frames, (1, C, T, h, w) each, carried along by the camera.

    Parameters
    ----------
    values : Tensor, (1, C, T, h, w)
    frames : sequence of int
    views : list of float64 array, (3, 3)
        The camera's view in each frame, as `camera_views` gives it; empty for none.
    """
    if not views:
        return [frozen(values, frame).contiguous() for frame in frames]
    return [_carried(values, frame, views) for frame in frames]


def camera_views(values: Tensor, low: Tensor, high: Tensor, check: Check) -> list[Float64Array]:
    """Return transforms of pixels from the first frame to each, or none of a camera at rest.

    Parameters
    ----------
    values : Tensor, (1, C, T, h, w)
        A clip.
    low, high : Tensor, (1, C, 1, 1, 1)
        What black and white are in it.
    check : callable
        Raises `Cancelled`.
    """
    still = bool((values == values[:, :, :1]).all())
    if still or values.shape[1] != 3 or min(values.shape[-2:]) < _LEAST_SIDE_PX:
        return []
    steps = _steps(list(flows(_pictures(values, low, high), check=check))[:-1])
    views = list(itertools.accumulate(steps, lambda view, step: step @ view, initial=np.eye(3)))
    size = (values.shape[-1], values.shape[-2])
    return views if any(_moves(view, size) for view in views) else []


def _steps(found: Sequence[FrameFlow]) -> list[Float64Array]:
    """Return the camera's steps. Where one is refused among many, the nearest step known."""
    known = [place for place, flow in enumerate(found) if flow.camera_found]
    if len(known) < _KNOWN * len(found):
        return [flow.camera for flow in found]
    gaps = np.abs(np.subtract.outer(np.arange(len(found)), known))
    return [found[known[place]].camera for place in gaps.argmin(axis=1)]


def _pictures(values: Tensor, low: Tensor, high: Tensor) -> list[UInt8Array]:
    scaled = ((values - low) / (high - low).clamp(min=1e-6)).clamp(0, 1)[0]
    pixels: UInt8Array = (scaled * 255).round().byte().permute(1, 2, 3, 0).cpu().numpy()
    return list(pixels)


def _carried(values: Tensor, frame: int, views: list[Float64Array]) -> Tensor:
    """Return a frame as the camera would see it later and before.

    Where it saw more, what is in the clip stays: nothing is known to move there.
    """
    own: Float32Array = np.ascontiguousarray(_channels_last(values, frame))
    back, size = np.linalg.inv(views[frame]), (own.shape[1], own.shape[0])
    made = frozen(values, frame).clone()
    for step, view in enumerate(views):
        transform = view @ back
        if not _moves(transform, size):
            continue
        seen = cv2.warpPerspective(np.ones(own.shape[:2], np.float32), transform, size) > 0.999
        moved = cv2.warpPerspective(own, transform, size, borderMode=cv2.BORDER_REPLICATE)
        picture = np.where(seen[..., None], moved, _channels_last(values, step))
        made[0, :, step] = torch.from_numpy(picture).permute(2, 0, 1).to(made)
    return made


def _channels_last(values: Tensor, frame: int) -> Float32Array:
    picture: Float32Array = values[0, :, frame].float().permute(1, 2, 0).cpu().numpy()
    return picture


def _moves(transform: Float64Array, size: tuple[int, int]) -> bool:
    """Tell whether a transform moves the corners of a picture."""
    width, height = size
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], np.float64)
    ends = corners @ transform.T
    moved = ends[:, :2] / ends[:, 2:] - corners[:, :2]
    return bool(np.abs(moved).max() > _RESTS_PX)

"""Layout of the figure in the picture, and the slide of the scenery behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.motion_figures.body import Body, FloatArray, Pose, joint_positions

CAMERAS: tuple[str, ...] = ("still", "hand-held", "pan")
"""Kinds of cameras: on a tripod; shaking; following or passing over, shaking a little."""

_MARGIN = 0.05
"""Free border that a figure keeps, in picture heights; shake may use it up."""

_OUTLINE = 0.085
"""How far skull, hands and shoes reach beyond their joints, in body heights."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Place of a figure in the picture, in picture pixels.

    Attributes
    ----------
    joints : float64 array, (T, len(JOINTS), 2)
        Positions (x, y) before the camera's shake.
    closeness : float64 array, (T, len(JOINTS))
        Distance towards the camera, in body heights.
    scale : float
        Pixels per body height.
    yaw : float
        Turn from facing the camera, in radians.
    ground : float
        y of the ground.
    slide : float64 array, (T,)
        How far the scenery has moved to the right against the picture.
    size : int
        Height and width of the picture.
    """

    joints: FloatArray
    closeness: FloatArray
    scale: float
    yaw: float
    ground: float
    slide: FloatArray
    size: int


def project(joints: FloatArray, yaw: float) -> tuple[FloatArray, FloatArray]:
    """See joints from the front, turned by ``yaw`` (radians): (x, y) with y down, closeness."""
    forward, up, left = np.moveaxis(joints, -1, 0)
    across = left * np.cos(yaw) + forward * np.sin(yaw)
    return np.stack([across, -up], axis=-1), forward * np.cos(yaw) - left * np.sin(yaw)


def arrange(
    body: Body,
    pose: Pose,
    yaw: float,
    size: int,
    moves_on: bool,
    camera: str,
    rng: np.random.Generator,
    standing: int | None = None,
) -> Layout:
    """Choose size and place so that the figure stays in the picture for the whole clip.

    A figure that moves on crosses the picture, is followed by the camera, or steps on the
    spot; one that stays is panned over. So movement across the picture names no activity.

    Parameters
    ----------
    body : Body
        Proportions.
    pose : Pose
        The pose over T frames.
    yaw : float
        Turn from facing the camera, in radians.
    size : int
        Height and width of the picture, in pixels.
    moves_on : bool
        Whether the figure walks, jogs or runs.
    camera : str
        One of `CAMERAS`; only "pan" slides the scenery.
    rng : numpy Generator
        Decides size and place.
    standing : int, optional
        Frame whose pose is held for the whole clip; path, size and camera stay as they are.
    """
    walked = pose.forward * np.sin(yaw)
    on_spot, closeness = project(joint_positions(body, _stay(pose)), yaw)
    count = len(walked)
    ramp = np.linspace(0, 1, count)
    # Displacement in the picture over the clip, in body heights.
    crossing = rng.uniform(-0.25, 0.9) * np.sign(yaw) if moves_on else rng.uniform(-0.35, 0.35)
    crossing = 0.0 if rng.random() < 0.3 or not (moves_on or camera == "pan") else crossing
    placed = on_spot.copy()
    placed[..., 0] += (crossing * ramp)[:, None]
    low = placed.min(axis=(0, 1)) - _OUTLINE
    high = placed.max(axis=(0, 1)) + _OUTLINE
    free = (1 - 2 * _MARGIN) * size
    scale = min(rng.uniform(0.42, 0.88) * size, free / float((high - low).max()))
    spare = free - scale * (high - low)
    corner = _MARGIN * size + spare * rng.uniform(0, 1, 2) - scale * low
    if standing is not None:
        placed[..., 1] = placed[standing, :, 1]
        placed[..., 0] = on_spot[standing, :, 0] + (crossing * ramp)[:, None]
        closeness = np.broadcast_to(closeness[standing], closeness.shape)
    return Layout(
        joints=corner + scale * placed,
        closeness=closeness,
        scale=scale,
        yaw=yaw,
        ground=float(corner[1]),
        slide=scale * (crossing * ramp - walked) if camera == "pan" else np.zeros(count),
        size=size,
    )


def _stay(pose: Pose) -> Pose:
    return Pose(pose.directions, pose.lift, pose.planted, np.zeros_like(pose.forward))

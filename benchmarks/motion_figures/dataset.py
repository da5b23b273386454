"""Seeded clips: one seed gives one clip, byte for byte.

The generator draws body, motion, scenery, camera and degradation from separate random
streams, so one of them can be changed while the others stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.motion_figures.activities import GAITS, perform
from benchmarks.motion_figures.body import Body, FloatArray, Pose, joint_positions, random_body
from benchmarks.motion_figures.camera import Camera, hand_held
from benchmarks.motion_figures.degrade import degrade
from benchmarks.motion_figures.render import (
    Look,
    UInt8Array,
    View,
    draw_figure,
    drop_shadow,
    random_look,
)
from benchmarks.motion_figures.scenery import random_scenery
from engine.models.figures import FIGURES_FPS, FIGURES_FRAMES, FIGURES_LABELS, FIGURES_SIZE

_MARGIN = 0.05
"""Free border that a figure keeps, in picture heights; shake may use it up."""

_OUTLINE = 0.085
"""How far skull, hands and shoes reach beyond their joints, in body heights."""


@dataclass(frozen=True, slots=True, eq=False)
class FigureClip:
    """A rendered clip and the truth about it.

    Attributes
    ----------
    frames : uint8 array, (T, H, W, 3)
        RGB.
    actor : bool array, (T, H, W)
        Where the figure is.
    parts : uint8 array, (T, H, W)
        Part of the figure at each pixel, an index into `render.PARTS`.
    activity : str
        Name of the activity.
    label : int
        Its index in `FIGURES_LABELS`.
    fps : float
        Frames per second.
    seed : int
        Seed that made the clip.
    """

    frames: UInt8Array
    actor: npt.NDArray[np.bool_]
    parts: UInt8Array
    activity: str
    label: int
    fps: float
    seed: int

    def __post_init__(self) -> None:
        for array in (self.frames, self.actor, self.parts):
            array.setflags(write=False)


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where a figure is in the picture, in picture pixels.

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
    """

    joints: FloatArray
    closeness: FloatArray
    scale: float
    yaw: float
    ground: float
    slide: FloatArray


def make_clip(
    seed: int,
    activity: str | None = None,
    *,
    size: int = FIGURES_SIZE,
    frames: int = FIGURES_FRAMES,
    fps: float = FIGURES_FPS,
    families: tuple[str, ...] | None = None,
    scenery_seed: int | None = None,
    degraded: bool = True,
) -> FigureClip:
    """Render the clip of a seed.

    Parameters
    ----------
    seed : int
        Decides everything that is not given, >= 0.
    activity : str, optional
        One of `FIGURES_LABELS`; by default the seed decides.
    size : int
        Height and width, in pixels.
    frames : int
        Number of frames.
    fps : float
        Frames per second.
    families : tuple of str, optional
        Texture families, keys of `scenery.FAMILIES`; by default those of training.
    scenery_seed : int, optional
        Another scenery for the same figure, motion and camera.
    degraded : bool
        Whether blur, compression, noise and exposure spoil the frames.

    Returns
    -------
    FigureClip
        Frames and masks.
    """
    streams = [np.random.default_rng([seed, stream]) for stream in range(6)]
    for_activity, for_body, for_motion, for_scenery, for_camera, for_sensor = streams
    if activity is None:
        activity = FIGURES_LABELS[int(for_activity.integers(len(FIGURES_LABELS)))]
    if scenery_seed is not None:
        for_scenery = np.random.default_rng([scenery_seed, 3])
    times_s = np.arange(frames) / fps
    body, look = random_body(for_body), random_look(for_body)
    pose, yaw = perform(activity, body, times_s, for_motion)
    layout = _arrange(body, pose, np.deg2rad(yaw), size, activity in GAITS, for_camera)
    shake = for_camera.choice([0.0, 1.0]) * for_camera.uniform(0.002, 0.012)
    camera = hand_held(for_camera, times_s, shake)
    backdrop = _backdrop(for_scenery, layout, size, families)
    shadow = float(for_scenery.choice([0.0, 0.25, 0.45]))
    oversize = int(for_sensor.choice([2, 2, 3]))
    drawn, parts = _render(layout, camera, backdrop, body, look, shadow, size, oversize)
    pictures = np.stack([_shrink(one, size, oversize) for one in drawn])
    if degraded:
        pictures = degrade(pictures, for_sensor)
    return FigureClip(
        pictures, parts > 0, parts, activity, FIGURES_LABELS.index(activity), fps, seed
    )


def project(joints: FloatArray, yaw: float) -> tuple[FloatArray, FloatArray]:
    """See joints from the front, turned by ``yaw`` (radians): (x, y) with y down, closeness."""
    forward, up, left = np.moveaxis(joints, -1, 0)
    across = left * np.cos(yaw) + forward * np.sin(yaw)
    return np.stack([across, -up], axis=-1), forward * np.cos(yaw) - left * np.sin(yaw)


def _arrange(
    body: Body, pose: Pose, yaw: float, size: int, moves_on: bool, rng: np.random.Generator
) -> Layout:
    """Choose size and place so that the figure stays in the picture for the whole clip.

    A figure that moves on crosses the picture, is followed by the camera, or steps on the
    spot; one that stays is panned over. So movement across the picture names no activity.
    """
    walked = pose.forward * np.sin(yaw)
    on_spot, closeness = project(joint_positions(body, _stay(pose)), yaw)
    count = len(walked)
    ramp = np.linspace(0, 1, count)
    if moves_on and rng.random() < 0.3:
        walked = np.zeros(count)
    # Displacement in the picture over the clip, in body heights.
    crossing = rng.uniform(-0.25, 0.9) * np.sign(yaw) if moves_on else rng.uniform(-0.35, 0.35)
    crossing = 0.0 if rng.random() < 0.3 else crossing
    placed = on_spot.copy()
    placed[..., 0] += (crossing * ramp)[:, None]
    low = placed.min(axis=(0, 1)) - _OUTLINE
    high = placed.max(axis=(0, 1)) + _OUTLINE
    free = (1 - 2 * _MARGIN) * size
    scale = min(rng.uniform(0.5, 0.86) * size, free / float((high - low).max()))
    spare = free - scale * (high - low)
    corner = _MARGIN * size + spare * rng.uniform(0, 1, 2) - scale * low
    return Layout(
        joints=corner + scale * placed,
        closeness=closeness,
        scale=scale,
        yaw=yaw,
        ground=float(corner[1]),
        slide=scale * (crossing * ramp - walked),
    )


def _stay(pose: Pose) -> Pose:
    return Pose(pose.directions, pose.lift, pose.planted, np.zeros_like(pose.forward))


def _backdrop(
    rng: np.random.Generator, layout: Layout, size: int, families: tuple[str, ...] | None
) -> UInt8Array:
    """Scenery as wide as the camera's path over it, 1.25 pictures high."""
    reach = int(min(np.ptp(layout.slide), 2.0 * size))
    high = int(1.25 * size)
    horizon = (layout.ground + 0.125 * size) / high - rng.uniform(0.02, 0.25)
    return random_scenery(rng, high, high + reach, families, horizon)


def _render(
    layout: Layout,
    camera: Camera,
    backdrop: UInt8Array,
    body: Body,
    look: Look,
    shadow: float,
    size: int,
    oversize: int,
) -> tuple[list[UInt8Array], UInt8Array]:
    """Draw all frames at ``oversize`` times the size; labels are read at the final size."""
    drawn, parts = [], []
    for frame in range(len(layout.slide)):
        affine = oversize * camera.affine(frame, size, size)
        start = np.array([layout.slide[frame] - layout.slide.max(), 0.0]) - 0.125 * size
        placed = affine.copy()
        placed[:, 2] += affine[:, :2] @ start
        picture = cv2.warpAffine(
            backdrop, placed, (size * oversize, size * oversize), flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )  # fmt: skip
        labels = np.zeros(picture.shape[:2], np.uint8)
        view = View(
            layout.joints[frame] @ affine[:, :2].T + affine[:, 2],
            layout.closeness[frame],
            layout.scale * oversize * camera.zoom[frame],
            layout.yaw,
        )
        if shadow:
            drop_shadow(picture, view, shadow)
        draw_figure(picture, labels, view, body, look)
        drawn.append(picture)
        parts.append(labels[oversize // 2 :: oversize, oversize // 2 :: oversize])
    return drawn, np.stack(parts)


def _shrink(picture: UInt8Array, size: int, oversize: int) -> UInt8Array:
    """Scale to the final size: averaged at twice the size, point-sampled at three times.

    Players and models scale in both ways, and a network should not care.
    """
    how = cv2.INTER_AREA if oversize == 2 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (size, size), interpolation=how), dtype=np.uint8)

"""Seeded clips: one seed gives one clip, byte for byte, and the truth about its pixels.

The generator draws body, motion, scenery, camera, degradation and props from separate random
streams, so one of them can be changed while the others stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.motion_figures.activities import GAITS, perform
from benchmarks.motion_figures.body import JOINT_INDEX, Body, FloatArray, random_body
from benchmarks.motion_figures.camera import Camera, hand_held
from benchmarks.motion_figures.degrade import degrade
from benchmarks.motion_figures.layout import CAMERAS, Layout, arrange
from benchmarks.motion_figures.motion_mask import moving_mask
from benchmarks.motion_figures.props import (
    CUE_LABEL,
    DISTRACTOR_LABEL,
    Distractor,
    Sign,
    draw_distractor,
    draw_sign,
    place_sign,
    random_distractor,
)
from benchmarks.motion_figures.render import (
    PARTS,
    Look,
    UInt8Array,
    View,
    draw_figure,
    drop_shadow,
    random_look,
)
from benchmarks.motion_figures.scenery import random_scenery
from engine.models.networks.figures import FIGURES_FPS, FIGURES_FRAMES, FIGURES_LABELS, FIGURES_SIZE

BoolArray = npt.NDArray[np.bool_]

DISTRACTED = 0.6
"""Share of the clips in which something beside the figure moves."""


@dataclass(frozen=True, slots=True, eq=False)
class FigureClip:
    """A rendered clip and the truth about it.

    Attributes
    ----------
    frames : uint8 array, (T, H, W, 3)
        RGB.
    labels : uint8 array, (T, H, W)
        What is seen at each pixel: an index into `render.PARTS` (0 is the background), or
        `props.CUE_LABEL` or `props.DISTRACTOR_LABEL`.
    moving : bool array, (T, H, W)
        Where something moves against the scenery (`moving.moving_mask`): parts of the figure,
        and the distractor. The camera's own movement does not count.
    activity : str
        Name of the activity.
    label : int
        Its index in `FIGURES_LABELS`.
    shown : int or None
        Index of the activity whose symbol is on the sign; None without a sign.
    camera : str
        One of `layout.CAMERAS`.
    fps : float
        Frames per second.
    seed : int
        Seed that made the clip.
    """

    frames: UInt8Array
    labels: UInt8Array
    moving: BoolArray
    activity: str
    label: int
    shown: int | None
    camera: str
    fps: float
    seed: int

    def __post_init__(self) -> None:
        for array in (self.frames, self.labels, self.moving):
            array.setflags(write=False)

    @property
    def actor(self) -> BoolArray:
        """Mask of the figure, bool (T, H, W)."""
        return (self.labels > 0) & (self.labels < len(PARTS))

    @property
    def cue(self) -> BoolArray:
        """Mask of the visible sign, bool (T, H, W)."""
        return np.asarray(self.labels == CUE_LABEL)

    @property
    def distractor(self) -> BoolArray:
        """Mask of the visible distractor, bool (T, H, W)."""
        return np.asarray(self.labels == DISTRACTOR_LABEL)


@dataclass(frozen=True, slots=True, eq=False)
class _Scene:
    """All that is drawn into one clip."""

    layout: Layout
    camera: Camera
    backdrop: UInt8Array
    sign: Sign | None
    distractor: Distractor | None
    shadow: float


def make_clip(
    seed: int,
    activity: str | None = None,
    *,
    size: int = FIGURES_SIZE,
    frames: int = FIGURES_FRAMES,
    fps: float = FIGURES_FPS,
    families: tuple[str, ...] | None = None,
    scenery_seed: int | None = None,
    shown: int | None = None,
    sign: bool = True,
    camera: str | None = None,
    degraded: bool = True,
    standing: int | None = None,
    body_seed: int | None = None,
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
    shown : int, optional
        Index of the activity whose symbol the sign shows; by default any, without regard to
        the activity.
    sign : bool
        Whether there is a sign.
    camera : str, optional
        One of `layout.CAMERAS`; by default the seed decides.
    degraded : bool
        Whether blur, compression, noise and exposure spoil the frames.
    standing : int, optional
        Frame whose pose the figure holds for the whole clip; all else goes on.
    body_seed : int, optional
        Another body and look for the same motion, scenery and camera.

    Returns
    -------
    FigureClip
        Frames and masks.

    Raises
    ------
    ValueError
        If the activity or the camera is unknown.
    """
    if camera is not None and camera not in CAMERAS:
        raise ValueError(f"unknown camera {camera!r}; known are {', '.join(CAMERAS)}")
    streams = [np.random.default_rng([seed, stream]) for stream in range(7)]
    for_activity, for_body, for_motion, for_scenery, for_camera, for_sensor, for_props = streams
    if activity is None:
        activity = FIGURES_LABELS[int(for_activity.integers(len(FIGURES_LABELS)))]
    if scenery_seed is not None:
        for_scenery = np.random.default_rng([scenery_seed, 3])
    if body_seed is not None:
        for_body = np.random.default_rng([body_seed, 1])
    times_s = np.arange(frames) / fps
    body, look = random_body(for_body), random_look(for_body)
    pose, yaw = perform(activity, body, times_s, for_motion)
    drawn_camera = str(for_camera.choice(CAMERAS, p=(0.45, 0.3, 0.25)))
    camera = camera or drawn_camera
    gait = activity in GAITS
    layout = arrange(body, pose, np.deg2rad(yaw), size, gait, camera, for_camera, standing)
    panel, thing = _props(for_props, layout, size, shown)
    scene = _Scene(
        layout,
        _shake(for_camera, times_s, camera),
        _backdrop(for_scenery, layout, size, families),
        panel if sign else None,
        thing,
        shadow=float(for_scenery.choice([0.0, 0.25, 0.45])),
    )
    oversize = int(for_sensor.choice([2, 2, 3]))
    drawn, labels = _render(scene, body, look, size, oversize)
    pictures = np.stack([_shrink(one, size, oversize) for one in drawn])
    if degraded:
        pictures = degrade(pictures, for_sensor)
    return FigureClip(
        frames=pictures,
        labels=labels,
        moving=moving_mask(labels, layout, scene.distractor, size),
        activity=activity,
        label=FIGURES_LABELS.index(activity),
        shown=panel.shows if sign else None,
        camera=camera,
        fps=fps,
        seed=seed,
    )


def _props(
    rng: np.random.Generator, layout: Layout, size: int, shown: int | None
) -> tuple[Sign, Distractor | None]:
    """Draw the sign, and often a distractor."""
    any_symbol = int(rng.integers(len(FIGURES_LABELS)))
    middle = float(layout.joints[:, JOINT_INDEX["pelvis"], 0].mean())
    panel = place_sign(rng, layout.slide, middle, size, any_symbol if shown is None else shown)
    thing = random_distractor(rng, len(layout.slide), size)
    return panel, thing if rng.random() < DISTRACTED else None


def _shake(rng: np.random.Generator, times_s: FloatArray, camera: str) -> Camera:
    """Shake a camera a little if it pans, and not at all if it is still."""
    strength = {"still": 0.0, "hand-held": rng.uniform(0.004, 0.02), "pan": rng.uniform(0, 0.006)}
    return hand_held(rng, times_s, strength[camera])


def _backdrop(
    rng: np.random.Generator, layout: Layout, size: int, families: tuple[str, ...] | None
) -> UInt8Array:
    """Draw scenery as wide as the camera's path over it, 1.25 pictures high."""
    reach = int(min(np.ptp(layout.slide), 2.0 * size))
    high = int(1.25 * size)
    horizon = (layout.ground + 0.125 * size) / high - rng.uniform(0.02, 0.25)
    return random_scenery(rng, high, high + reach, families, horizon)


def _render(
    scene: _Scene, body: Body, look: Look, size: int, oversize: int
) -> tuple[list[UInt8Array], UInt8Array]:
    """Draw all frames at ``oversize`` times the size, and read labels at the final size."""
    drawn, labels = [], []
    for frame in range(len(scene.layout.slide)):
        affine = oversize * scene.camera.affine(frame, size, size)
        picture = _scenery_in(scene, frame, affine, size * oversize)
        seen = np.zeros(picture.shape[:2], np.uint8)
        if scene.sign:
            slide = float(scene.layout.slide[frame])
            draw_sign(picture, seen, scene.sign, slide, affine)
        thing = scene.distractor
        if thing and not thing.before:
            draw_distractor(picture, seen, thing, frame, affine)
        view = _view(scene, frame, affine, oversize)
        if scene.shadow:
            drop_shadow(picture, view, scene.shadow)
        draw_figure(picture, seen, view, body, look)
        if thing and thing.before:
            draw_distractor(picture, seen, thing, frame, affine)
        drawn.append(picture)
        labels.append(seen[oversize // 2 :: oversize, oversize // 2 :: oversize])
    return drawn, np.stack(labels)


def _view(scene: _Scene, frame: int, affine: FloatArray, oversize: int) -> View:
    layout = scene.layout
    return View(
        layout.joints[frame] @ affine[:, :2].T + affine[:, 2],
        layout.closeness[frame],
        layout.scale * oversize * float(scene.camera.zoom[frame]),
        layout.yaw,
    )


def _scenery_in(scene: _Scene, frame: int, affine: FloatArray, drawn_size: int) -> UInt8Array:
    """Return the backdrop as the camera sees it in one frame, at drawing size.

    Places are rounded to 1/32 pixel and weights to integers before anything is summed, so every
    processor gives the same bytes.
    """
    slide = scene.layout.slide
    size = scene.layout.size
    start = np.array([slide[frame] - slide.max(), 0.0]) - 0.125 * size
    placed = affine.copy()
    placed[:, 2] += affine[:, :2] @ start
    back = cv2.invertAffineTransform(placed)
    y, x = np.mgrid[0:drawn_size, 0:drawn_size]
    source = [row[0] * x + row[1] * y + row[2] for row in back]
    fixed = [np.rint(32 * axis).astype(np.int64) for axis in source]
    whole = np.stack([axis >> 5 for axis in fixed], axis=-1).astype(np.int16)
    part = ((fixed[1] & 31) * 32 + (fixed[0] & 31)).astype(np.uint16)
    return np.asarray(
        cv2.remap(scene.backdrop, whole, part, cv2.INTER_LINEAR, None, cv2.BORDER_REFLECT_101),
        dtype=np.uint8,
    )


def _shrink(picture: UInt8Array, size: int, oversize: int) -> UInt8Array:
    """Scale to the final size: averaged at twice the size, point-sampled at three times.

    Players and models scale in both ways, and a network should not care.
    """
    how = cv2.INTER_AREA if oversize == 2 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (size, size), interpolation=how), dtype=np.uint8)

"""Clips that nobody could call one of the activities, more varied than those of `unlike`.

Soft bodies that sway, scenery that bends, and people so near that only a part of them is seen.
"""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.motion_figures.body import FloatArray
from benchmarks.motion_figures.dataset import make_clip
from benchmarks.motion_figures.degrade import degrade
from benchmarks.motion_figures.render import UInt8Array
from benchmarks.motion_figures.scenery import octaves, random_scenery
from benchmarks.motion_figures.unlike import add_things, make_unlike
from engine.models.networks.figures import FIGURES_FPS, FIGURES_FRAMES, FIGURES_SIZE


def make_strange(
    seed: int, *, size: int = FIGURES_SIZE, frames: int = FIGURES_FRAMES
) -> UInt8Array:
    """Render a clip of one of the kinds here, or of `unlike`.

    Parameters
    ----------
    seed : int
        Decides everything, >= 0.
    size : int
        Height and width, in pixels.
    frames : int
        Number of frames, T.

    Returns
    -------
    uint8 array, (T, size, size, 3)
        RGB.
    """
    rng = np.random.default_rng([seed, 71])
    draw = (None, _layered, _swaying, _close_up)[int(rng.choice(4, p=(0.4, 0.25, 0.15, 0.2)))]
    if draw is None:
        return make_unlike(seed, size=size, frames=frames)
    pictures = draw(rng, size, frames)
    add_things(pictures, rng)
    return degrade(pictures, rng)


def _layered(rng: np.random.Generator, size: int, frames: int) -> UInt8Array:
    """Render soft shaded bodies before one another, each swaying and drifting."""
    pictures = _swaying(rng, size, frames).astype(np.float64)
    for _ in range(int(rng.integers(1, 5))):
        body, outline = _soft_body(rng, size)
        moves = _sway(rng, size, frames, reach=rng.uniform(0, 0.05))
        drift = rng.normal(0, 1, 2) * float(rng.choice([0.0, 0.006, 0.02])) * size
        for frame, picture in enumerate(pictures):
            field = moves[frame] + drift * (frame - frames / 2)
            weight = _displaced(outline, field)[..., None]
            picture += weight * (_displaced(body, field) - picture)
    return np.asarray(np.rint(pictures), np.uint8)


def _soft_body(rng: np.random.Generator, size: int) -> tuple[FloatArray, FloatArray]:
    """Return colours 0 to 255 lit from one side, (size, size, 3), and coverage 0 to 1."""
    y, x = np.mgrid[0:size, 0:size] / size
    centre, radii = rng.uniform(0.1, 0.9, 2), rng.uniform(0.1, 0.45, 2)
    distance = np.hypot((x - centre[0]) / radii[0], (y - centre[1]) / radii[1])
    edge = distance + rng.uniform(0, 0.8) * (octaves(rng, size, size, 0.4) - 0.5)
    outline = 1 / (1 + np.exp((edge - 1) * rng.uniform(8, 40)))
    light = np.cos(rng.uniform(0, 2 * np.pi) + 2 * (x - centre[0]) + 2 * (y - centre[1]))
    texture = random_scenery(rng, size, size).astype(np.float64)
    tone = rng.uniform(30, 220, 3)
    share = rng.uniform(0.05, 0.6)
    colours = share * texture + (1 - share) * tone * (1 + 0.4 * light[..., None])
    return np.clip(colours, 0, 255), np.asarray(outline)


def _swaying(rng: np.random.Generator, size: int, frames: int) -> UInt8Array:
    """Render one scenery that bends as cloth, water or leaves do."""
    texture = random_scenery(rng, size, size).astype(np.float64)
    texture = cv2.GaussianBlur(texture, (0, 0), rng.uniform(0.3, 4))
    moves = _sway(rng, size, frames, reach=rng.uniform(0, 0.06))
    return np.stack([np.rint(_displaced(texture, move)).astype(np.uint8) for move in moves])


def _sway(rng: np.random.Generator, size: int, frames: int, reach: float) -> FloatArray:
    """Return smooth displacements over time, in pixels, (frames, size, size, 2)."""
    times_s = np.arange(frames) / FIGURES_FPS
    total = np.zeros((frames, size, size, 2))
    for _ in range(3):
        field = np.stack([octaves(rng, size, size, 0.3) for _ in range(2)], axis=2) - 0.5
        swing = np.sin(2 * np.pi * (rng.uniform(0.2, 2.5) * times_s + rng.random()))
        total += 2 * reach * size * swing[:, None, None, None] * field
    return total


def _displaced(picture: FloatArray, field: FloatArray) -> FloatArray:
    y, x = np.mgrid[0 : len(picture), 0 : len(picture)]
    source = (np.stack([x, y], axis=2) + field).astype(np.float32)
    return np.asarray(
        cv2.remap(picture, source, None, cv2.INTER_LINEAR, None, cv2.BORDER_REFLECT_101)
    )


def _close_up(rng: np.random.Generator, size: int, frames: int) -> UInt8Array:
    """Render a part of somebody, so near that no activity can be told."""
    clip = make_clip(int(rng.integers(1 << 40)), size=3 * size, frames=frames, degraded=False)
    rows, columns = np.nonzero(clip.actor.any(axis=0))
    side = int(min(size, 0.45 * np.ptp(rows)))
    row = int(rng.integers(rows.min(), max(rows.max() - side, rows.min() + 1)))
    left = int(np.clip(np.median(columns) - side * rng.uniform(0.3, 0.7), 0, 3 * size - side))
    cut = clip.frames[:, row : row + side, left : left + side]
    return np.stack([cv2.resize(one, (size, size)) for one in cut]).astype(np.uint8)

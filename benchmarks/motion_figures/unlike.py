"""Clips without any figure: what the network is to be unsure about.

Training shows them with no answer being right (outlier exposure: Hendrycks, Mazeika and
Dietterich 2019, arXiv 1812.04606). So the bundled network can tell that a video is unlike its own.
"""

from __future__ import annotations

import cv2
import numpy as np

from benchmarks.motion_figures.body import FloatArray
from benchmarks.motion_figures.camera import hand_held
from benchmarks.motion_figures.degrade import degrade
from benchmarks.motion_figures.props import draw_distractor, random_distractor
from benchmarks.motion_figures.render import UInt8Array
from benchmarks.motion_figures.scenery import octaves, random_scenery
from engine.models.networks.figures import FIGURES_FPS, FIGURES_FRAMES, FIGURES_SIZE


def make_unlike(seed: int, *, size: int = FIGURES_SIZE, frames: int = FIGURES_FRAMES) -> UInt8Array:
    """Render a clip with scenery, cameras, things and surfaces that move, but nobody in it.

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
    rng = np.random.default_rng([seed, 70])
    kind = rng.random()
    pictures = (_flowing if kind < 0.15 else _travelling)(rng, size, frames)
    for _ in range(int(rng.integers(0, 5)) if kind > 0.4 else 0):
        _add_surface(pictures, rng, size)
    add_things(pictures, rng)
    return degrade(pictures, rng)


def add_things(pictures: UInt8Array, rng: np.random.Generator) -> None:
    """Let up to three small things move through a clip, in place."""
    for _ in range(int(rng.integers(0, 4))):
        thing = random_distractor(rng, len(pictures), pictures.shape[1])
        for frame, picture in enumerate(pictures):
            draw_distractor(picture, np.zeros(picture.shape[:2], np.uint8), thing, frame, _SAME)


_SAME = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def _travelling(rng: np.random.Generator, size: int, frames: int) -> UInt8Array:
    """Render one scenery under a camera that rests, shakes, pans or zooms."""
    wide = 2 * size
    scenery = random_scenery(rng, wide, wide, horizon=rng.uniform(0.4, 0.9))
    if rng.random() < 0.5:
        scenery = np.asarray(cv2.GaussianBlur(scenery, (0, 0), rng.uniform(0.5, 6)), np.uint8)
    strength = float(rng.choice([0.0, 0.01, 0.03]))
    camera = hand_held(rng, np.arange(frames) / FIGURES_FPS, strength)
    drift = rng.normal(0, 1, 2) * float(rng.choice([0.0, 0.1, 0.4])) * size / frames
    zoom = rng.uniform(0.7, 1.6) * (1 + rng.uniform(-0.02, 0.02)) ** np.arange(frames)
    pictures = []
    for frame in range(frames):
        affine = camera.affine(frame, size, size)
        affine[:, :2] *= zoom[frame]
        affine[:, 2] += drift * frame - affine[:, :2] @ np.full(2, wide / 2) + size / 2
        pictures.append(_warped(scenery, affine, size))
    return np.stack(pictures)


def _flowing(rng: np.random.Generator, size: int, frames: int) -> UInt8Array:
    """Render cloudy colours that dissolve into one another, as water, smoke or light."""
    ends = [np.stack([octaves(rng, size, size, 0.6) for _ in range(3)], axis=2) for _ in range(2)]
    phase = rng.uniform(0, np.pi) + rng.uniform(0.2, 3) * np.linspace(0, np.pi, frames)
    weights = 0.5 - 0.5 * np.cos(phase)
    mixed = [(1 - weight) * ends[0] + weight * ends[1] for weight in weights]
    return np.asarray(np.rint(255 * np.stack(mixed)), np.uint8)


def _add_surface(pictures: UInt8Array, rng: np.random.Generator, size: int) -> None:
    """Draw a large textured thing that moves and turns on its own, in place."""
    texture = random_scenery(rng, size, size)
    corners = int(rng.integers(4, 9))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    radii = rng.uniform(0.1, 0.35) * size * rng.uniform(0.6, 1.0, corners)
    outline = radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    start, pace = rng.uniform(0, 1, 2) * size, rng.normal(0, 0.03, 2) * size
    wave, rate = rng.uniform(0, 0.15) * size, rng.uniform(0, 2.5)
    turn = rng.uniform(-0.12, 0.12)
    for frame, picture in enumerate(pictures):
        swing = wave * np.sin(2 * np.pi * rate * frame / FIGURES_FPS)
        _paste(picture, texture, outline, start + pace * frame + swing, turn * frame)


def _paste(
    picture: UInt8Array, texture: UInt8Array, outline: FloatArray, centre: FloatArray, turn: float
) -> None:
    size = len(picture)
    rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    mask = np.zeros((size, size), np.uint8)
    corners = np.rint(outline @ rotation.T + centre).astype(np.int32)
    cv2.fillPoly(mask, [corners], 255)
    shift = centre - rotation @ np.full(2, size / 2)
    moved = _warped(texture, np.column_stack([rotation, shift]), size)
    picture[mask > 0] = moved[mask > 0]


def _warped(picture: UInt8Array, affine: FloatArray, size: int) -> UInt8Array:
    return np.asarray(
        cv2.warpAffine(picture, affine, (size, size), borderMode=cv2.BORDER_REFLECT_101), np.uint8
    )

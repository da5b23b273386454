"""Rendered pictures whose motion is known: textures moved by homographies, one before another."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

HEIGHT, WIDTH = 180, 240
_MARGIN = 60  # of texture beyond the picture, so that what comes in is texture too


@dataclass(frozen=True)
class Scene:
    """Two frames, the true motion of the background, and where the object is in the first."""

    frames: list[np.ndarray]
    camera: np.ndarray
    on_object: np.ndarray
    object_step: tuple[float, float]

    @property
    def background_flow(self) -> np.ndarray:
        return field(self.camera)

    @property
    def object_residual(self) -> np.ndarray:
        """What the object's motion is once the camera's is taken off."""
        return np.asarray(self.object_step, np.float32) - self.background_flow


def texture(seed: int, contrast: float = 45.0) -> np.ndarray:
    """Smooth noise in three channels with a margin all around, float32 around 127."""
    size = (HEIGHT + 2 * _MARGIN, WIDTH + 2 * _MARGIN, 3)
    noise = np.random.default_rng(seed).standard_normal(size).astype(np.float32)
    fine, coarse = cv2.GaussianBlur(noise, None, 1.5), cv2.GaussianBlur(noise, None, 5)
    return 127 + contrast * (fine / fine.std() + coarse / coarse.std()) / 2


def seen(canvas: np.ndarray, motion: np.ndarray) -> np.ndarray:
    """Picture of a texture after the motion (3, 3), in pixels of the picture."""
    onto_picture = motion @ shift(-_MARGIN, -_MARGIN)
    moved = cv2.warpPerspective(canvas, onto_picture, (WIDTH, HEIGHT), flags=cv2.INTER_CUBIC)
    return np.clip(np.rint(moved), 0, 255).astype(np.uint8)


def shift(x: float, y: float) -> np.ndarray:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def turn(degrees: float, zoom: float = 1.0) -> np.ndarray:
    upper = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), degrees, zoom)
    return np.vstack([upper, [0, 0, 1]])


def yaw(degrees: float, focal_px: float = 230.0) -> np.ndarray:
    """A camera of 55 degrees field of view turns to the side: not an affine motion."""
    lens = np.array([[focal_px, 0, WIDTH / 2], [0, focal_px, HEIGHT / 2], [0, 0, 1]])
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    turned = lens @ [[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]] @ np.linalg.inv(lens)
    return turned / turned[2, 2]


def field(motion: np.ndarray) -> np.ndarray:
    """Displacement of every pixel, pixel by pixel."""
    flow = np.empty((HEIGHT, WIDTH, 2), np.float32)
    for y, x in np.ndindex(HEIGHT, WIDTH):
        along, down, depth = motion @ (x, y, 1)
        flow[y, x] = along / depth - x, down / depth - y
    return flow


def scene(
    camera: np.ndarray,
    share: float = 0.0,
    step: tuple[float, float] = (0.0, 0.0),
    *,
    contrast: float = 45.0,
    noise: float = 0.0,
) -> Scene:
    """Render a background under a camera, and an object over a share of it with its own step."""
    still = np.eye(3)
    high, wide = (round(side * share**0.5) for side in (HEIGHT, WIDTH))
    top, left = (HEIGHT - high) // 2, (WIDTH - wide) // 2
    on_object = np.zeros((HEIGHT, WIDTH), np.uint8)
    on_object[top : top + high, left : left + wide] = 1
    moved = cv2.warpPerspective(on_object, shift(*step), (WIDTH, HEIGHT), flags=cv2.INTER_NEAREST)
    behind, before = texture(1, contrast), texture(2, contrast)
    frames = [
        np.where(where[..., None] > 0, seen(before, own), seen(behind, whole))
        for where, own, whole in ((on_object, still, still), (moved, shift(*step), camera))
    ]
    random = np.random.default_rng(3)
    frames = [noisy(frame, noise, random) for frame in frames]
    return Scene(frames, camera, on_object > 0, step)


def noisy(frame: np.ndarray, deviation: float, random: np.random.Generator) -> np.ndarray:
    grain = deviation * random.standard_normal(frame.shape)
    return np.clip(np.rint(frame + grain), 0, 255).astype(np.uint8)


def pan_video(frames: int, step: tuple[float, float]) -> list[np.ndarray]:
    canvas = texture(1)
    return [seen(canvas, shift(step[0] * index, step[1] * index)) for index in range(frames)]

"""Realistic pictures: a moving scene with grain under a moving heatmap, and how alike two are."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from engine import render
from engine.types import Float32Array, Rect, UInt8Array

SIZE = (320, 180)
COUNT = 30


@cache
def overlay_clip(count: int = COUNT, size: tuple[int, int] = SIZE) -> UInt8Array:
    """Pictures of a heatmap over a scene, uint8 (T, H, W, 3)."""
    rng = np.random.default_rng(0)
    width, height = size
    scene = cv2.GaussianBlur(rng.integers(0, 256, (height, width, 3), np.uint8), (0, 0), 6)
    scene = cv2.normalize(scene, None, 0, 255, cv2.NORM_MINMAX)
    pictures = []
    for number in range(count):
        moved = np.roll(scene, 2 * number, axis=1).astype(np.int16)
        moved += rng.integers(-4, 5, (height, width, 1), np.int16)
        picture = np.clip(moved, 0, 255).astype(np.uint8)
        cv2.rectangle(picture, (number * 6, 60), (number * 6 + 30, 150), (220, 180, 40), -1)
        pictures.append(render.overlay(picture, _heat(number), Rect(0.0, 0.0, 1.0, 1.0), 1.0))
    return np.stack(pictures)


def _heat(number: int) -> Float32Array:
    rows, columns = np.mgrid[:14, :14]
    warm = np.exp(-((columns - number * 0.3) ** 2 + (rows - 7) ** 2) / 8)
    cold = 0.3 * np.exp(-((columns - 10) ** 2 + (rows - 3) ** 2) / 5)
    return (warm - cold).astype(np.float32)


def psnr(first: UInt8Array, second: UInt8Array) -> float:
    """Peak signal to noise ratio of two pictures in dB."""
    error = (first.astype(np.float64) - second.astype(np.float64)) ** 2
    return float(10 * np.log10(255**2 / max(error.mean(), 1e-12)))

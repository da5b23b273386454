"""Effects of camera and codec on frames: blur, exposure, noise, block compression."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.motion_figures.scenery import bell_noise

UInt8Array = npt.NDArray[np.uint8]


def degrade(frames: UInt8Array, rng: np.random.Generator) -> UInt8Array:
    """Spoil a clip a little, in one random way for all its frames.

    Parameters
    ----------
    frames : uint8 array, (T, H, W, 3)
        RGB.
    rng : numpy Generator
        Decides strength and kind.

    Returns
    -------
    uint8 array, (T, H, W, 3)
        A new clip.
    """
    small = rng.uniform(0.45, 0.9) if rng.random() < 0.3 else 1.0
    blur_px = rng.uniform(0.3, 1.1) if rng.random() < 0.5 else 0.0
    noise = rng.uniform(1, 9) if rng.random() < 0.6 else 0.0
    gain, offset = rng.uniform(0.8, 1.2), rng.uniform(-18, 18)
    flicker = rng.normal(0, 0.01, len(frames))
    quality = int(rng.integers(35, 95)) if rng.random() < 0.6 else 0
    spoiled = []
    for frame, change in zip(frames, flicker, strict=True):
        blurred = _through(frame, small)
        if blur_px:
            blurred = np.asarray(cv2.GaussianBlur(blurred, (0, 0), blur_px), np.uint8)
        picture = blurred * (gain + change) + offset
        if noise:
            picture = picture + noise * bell_noise(rng, picture.shape)
        whole = np.clip(np.rint(picture), 0, 255).astype(np.uint8)
        spoiled.append(_compress(whole, quality) if quality else whole)
    return np.stack(spoiled)


def _through(picture: UInt8Array, share: float) -> UInt8Array:
    """Scale down and up again, as a video does that was stored small."""
    if share == 1.0:
        return picture
    height, width = picture.shape[:2]
    small = cv2.resize(
        picture, (int(width * share), int(height * share)), interpolation=cv2.INTER_LINEAR_EXACT
    )
    return np.asarray(
        cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR_EXACT), np.uint8
    )


def _compress(picture: UInt8Array, quality: int) -> UInt8Array:
    """Pass a frame through JPEG, for the block and chroma losses of video codecs."""
    _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)

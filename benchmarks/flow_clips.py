"""Rendered clips whose motion is known pixel by pixel, for ``python -m benchmarks.flow``."""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
import cv2
import numpy as np

from engine.types import BoolArray, Float32Array, Float64Array, UInt8Array

SIZE = (180, 320)
"""Height and width of a picture."""

FRAMES = 6
_MARGIN = 100  # of texture beyond the picture, so that what comes in is texture too

TEXTURES = ("smooth", "natural", "leaves", "checks", "dull", "sparse")
CAMERAS = ("still", "pan", "zoom", "turn", "shake", "yaw")
STILL_KINDS = (
    "clean", "noise 5", "noise 10", "noise 20", "flicker 12 %", "gradual flicker",
    "noise 10 and flicker", "low light", "coded", "noise 10, coded", "noise 20, coded hard",
    "noise 10 and flicker, coded", "bands of flicker", "vignette flicker",
)  # fmt: skip
"""Disturbances of a still picture; nothing moves in any of them."""


@dataclass(frozen=True)
class Clip:
    """A clip with its truth.

    Attributes
    ----------
    frames : uint8 array, (T, H, W, 3)
    moving : bool array, (T, H, W)
        Where the object is.
    """

    frames: UInt8Array
    moving: BoolArray


@dataclass(frozen=True)
class Plan:
    """Conditions of a clip with an object.

    Attributes
    ----------
    texture, object_texture : str
        One of `TEXTURES`.
    camera : str
        One of `CAMERAS`.
    share : float
        Area of the object as a share of the picture; 0 for none.
    speed : float
        Pixels of the scene that it moves a frame.
    noise : float
        Deviation of the sensor's noise, of 255.
    crf : int or None
        Constant rate factor of H.264; None for frames that were not coded.
    seed : int
    """

    texture: str
    object_texture: str
    camera: str
    share: float
    speed: float
    noise: float
    crf: int | None
    seed: int


def texture(kind: str, rng: np.random.Generator, contrast: float = 1.0) -> Float32Array:
    """Draw a texture with a margin all around, float32 (H', W', 3), mean about 120."""
    size = (SIZE[0] + 2 * _MARGIN, SIZE[1] + 2 * _MARGIN)
    grey = {
        "smooth": _smooth, "natural": _natural, "leaves": _leaves, "checks": _checks,
        "dull": lambda rng, size: 0.25 * _natural(rng, size), "sparse": _sparse, "flat": _flat,
    }[kind](rng, size)  # fmt: skip
    tint = rng.uniform(0.85, 1.15, 3).astype(np.float32)
    return np.asarray((120 + rng.uniform(-25, 25) + contrast * grey)[..., None] * tint, np.float32)


def still_clip(kind: str, ground: str, seed: int, frames: int = FRAMES) -> Clip:
    """Repeat a picture under one of `STILL_KINDS` of disturbance."""
    rng = np.random.default_rng(seed)
    picture = _seen(texture(ground, rng), np.eye(3))
    clip = np.repeat(picture[None], frames, 0)
    if "flicker" in kind:
        clip = clip * _flicker(kind, rng, frames)
    if kind == "low light":
        clip = rng.poisson(np.clip(clip * 0.25, 0, None) * 0.5) / 0.5
    deviation = next((float(part) for part in kind.replace(",", "").split() if part.isdigit()), 0)
    if kind.startswith("noise"):
        clip = clip + deviation * rng.standard_normal(clip.shape)
    pictures = _levels(clip)
    if "coded" in kind:
        pictures = coded(pictures, 32 if "hard" in kind else 23)
    return Clip(pictures, np.zeros(pictures.shape[:3], np.bool_))


def moving_clip(plan: Plan, frames: int = FRAMES) -> Clip:
    """Render an object that crosses a textured ground under a camera."""
    rng = np.random.default_rng(plan.seed)
    ground, figure = texture(plan.texture, rng), texture(plan.object_texture, rng)
    path, outline = _path(plan.camera, rng, frames), _outline(plan.share, rng)
    angle = rng.uniform(0, 2 * np.pi)
    step = plan.speed * np.array([np.cos(angle), np.sin(angle)])
    pictures, masks = [], []
    for index in range(frames):
        own = path[index] @ shift(*(step * (index - frames / 2)))
        alpha = _seen(outline, own)
        picture = _seen(figure, own) * alpha + _seen(ground, path[index]) * (1 - alpha)
        pictures.append(picture)
        masks.append(alpha[..., 0] > 0.5)
    clip = np.stack(pictures)
    grained = _levels(clip + plan.noise * rng.standard_normal(clip.shape))
    seen = grained if plan.crf is None else coded(grained, plan.crf)
    return Clip(seen, np.stack(masks))


def coded(frames: UInt8Array, crf: int) -> UInt8Array:
    """Code frames with H.264 and decode them."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": str(crf)})
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], "yuv420p"
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack(pictures)


def shift(x: float, y: float) -> Float64Array:
    """Return the homography of a shift in pixels."""
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def _turn(degrees: float, zoom: float) -> Float64Array:
    upper = cv2.getRotationMatrix2D((SIZE[1] / 2, SIZE[0] / 2), degrees, zoom)
    return np.vstack([upper, [0, 0, 1]])


def _yaw(degrees: float) -> Float64Array:
    """Turn a camera of 55 degrees field of view to the side."""
    focal = SIZE[1] * 0.96
    lens = np.array([[focal, 0, SIZE[1] / 2], [0, focal, SIZE[0] / 2], [0, 0, 1]])
    cosine, sine = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    turned = lens @ [[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]] @ np.linalg.inv(lens)
    return np.asarray(turned / turned[2, 2])


def _path(camera: str, rng: np.random.Generator, frames: int) -> list[Float64Array]:
    """Return the homography of each frame under a camera."""
    times = np.arange(frames) - frames / 2
    sign = rng.choice((-1, 1))
    if camera == "pan":
        angle, speed = rng.uniform(0, 2 * np.pi), rng.uniform(1, 8)
        x, y = speed * np.cos(angle), speed * np.sin(angle)
        return [shift(x * time, y * time) for time in times]
    if camera == "zoom":
        rate = rng.uniform(0.01, 0.03) * sign
        return [_turn(0, float((1 + rate) ** time)) for time in times]
    if camera == "turn":
        rate = rng.uniform(0.5, 2) * sign
        return [_turn(float(rate * time), 1) for time in times]
    if camera == "shake":
        offsets = rng.normal(0, 2, (frames, 2))
        tilts = rng.normal(0, 0.3, frames)
        return [shift(*offsets[t]) @ _turn(float(tilts[t]), 1) for t in range(frames)]
    if camera == "yaw":
        rate = rng.uniform(0.3, 1.2) * sign
        return [_yaw(float(rate * time)) for time in times]
    return [np.eye(3)] * frames


def _outline(share: float, rng: np.random.Generator) -> Float32Array:
    """Draw an ellipse or a box over a share of the picture, float32 0 to 1 (H', W', 3)."""
    height, width = SIZE[0] + 2 * _MARGIN, SIZE[1] + 2 * _MARGIN
    mask = np.zeros((height, width, 3), np.float32)
    if share <= 0:
        return mask
    ratio = rng.uniform(0.7, 1.4)
    middle = np.array([width / 2, height / 2]) + rng.uniform(-1, 1, 2) * (1 - share) * (70, 30)
    area = share * SIZE[0] * SIZE[1]
    x, y = (int(part) for part in middle)
    if rng.random() < 0.5:
        wide, high = (int((area * ratio) ** 0.5 / 2), int((area / ratio) ** 0.5 / 2))
        cv2.rectangle(mask, (x - wide, y - high), (x + wide, y + high), (1, 1, 1), -1)
    else:
        wide, high = (int((area * ratio / np.pi) ** 0.5), int((area / ratio / np.pi) ** 0.5))
        cv2.ellipse(mask, (x, y), (wide, high), 0, 0, 360, (1, 1, 1), -1, cv2.LINE_AA)
    return mask


def _seen(canvas: Float32Array, motion: Float64Array) -> Float32Array:
    onto_picture = motion @ shift(-_MARGIN, -_MARGIN)
    seen = cv2.warpPerspective(canvas, onto_picture, SIZE[::-1], flags=cv2.INTER_CUBIC)
    return np.asarray(seen, np.float32)


def _levels(pictures: Float64Array) -> UInt8Array:
    return np.clip(np.rint(pictures), 0, 255).astype(np.uint8)


def _flicker(kind: str, rng: np.random.Generator, frames: int) -> Float64Array:
    """Return the gain of each frame, (T, 1 or H, 1 or W, 1), within 12 % of 1."""
    signs = np.where(np.arange(frames) % 2, 1, -1)[:, None, None, None]
    if kind == "gradual flicker":
        return np.linspace(0.88, 1.12, frames)[:, None, None, None]
    if kind == "bands of flicker":  # mains light and a rolling shutter
        phase = 2 * np.pi * (np.arange(SIZE[0]) / SIZE[0] + rng.random((frames, 1)))
        return 1 + 0.12 * np.sin(phase)[:, :, None, None]
    if kind == "vignette flicker":  # a lamp at one side
        return 1 + 0.12 * signs * np.linspace(0, 1, SIZE[1])[:, None]
    return 1 + 0.12 * signs * rng.uniform(0.5, 1, (frames, 1, 1, 1))


def _smooth(rng: np.random.Generator, size: tuple[int, int]) -> Float32Array:
    noise = rng.standard_normal(size).astype(np.float32)
    fine, coarse = cv2.GaussianBlur(noise, None, 1.5), cv2.GaussianBlur(noise, None, 5)
    return np.asarray(22 * (fine / fine.std() + coarse / coarse.std()), np.float32)


def _natural(rng: np.random.Generator, size: tuple[int, int]) -> Float32Array:
    """Noise of amplitude 1/f, as photographs have."""
    down, along = np.fft.fftfreq(size[0])[:, None], np.fft.fftfreq(size[1])
    spectrum = np.fft.fft2(rng.standard_normal(size)) / np.hypot(np.hypot(down, along), 0.005)
    field = np.fft.ifft2(spectrum).real
    return np.asarray(40 * field / field.std(), np.float32)


def _leaves(rng: np.random.Generator, size: tuple[int, int]) -> Float32Array:
    """Discs of one grey each that cover one another (dead leaves)."""
    canvas = np.zeros(size, np.float32)
    for _ in range(1500):
        radius = int(np.clip(3 / (1 - rng.random()) ** 0.7, 3, 50))
        middle = int(rng.integers(size[1])), int(rng.integers(size[0]))
        cv2.circle(canvas, middle, radius, float(rng.normal(0, 45)), -1, cv2.LINE_AA)
    return cv2.GaussianBlur(canvas, None, 0.7)


def _checks(rng: np.random.Generator, size: tuple[int, int]) -> Float32Array:
    """Squares of random greys, 6 to 14 pixels a side."""
    side = int(rng.integers(6, 15))
    coarse = rng.normal(0, 40, (size[0] // side + 1, size[1] // side + 1))
    squares = np.kron(coarse, np.ones((side, side)))[: size[0], : size[1]]
    return cv2.GaussianBlur(squares.astype(np.float32), None, 0.7)


def _sparse(rng: np.random.Generator, size: tuple[int, int]) -> Float32Array:
    """Draw a wall with a soft gradient and a few things on it."""
    canvas = np.add.outer(np.linspace(-20, 20, size[0]), np.linspace(-15, 15, size[1]))
    canvas = canvas.astype(np.float32)
    for _ in range(60):
        x, y = int(rng.integers(size[1])), int(rng.integers(size[0]))
        wide, high = (int(side) for side in rng.integers(4, 40, 2))
        cv2.rectangle(canvas, (x, y), (x + wide, y + high), float(rng.normal(0, 50)), -1)
    return cv2.GaussianBlur(canvas, None, 0.8)


def _flat(rng: np.random.Generator, size: tuple[int, int]) -> Float32Array:
    return np.zeros(size, np.float32)

"""Random textured backgrounds, which say nothing about the activity before them.

Families are named so that a network can be tested on families it was not trained on.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.float64]
"""RGB picture, float64 (H, W, 3), 0 to 1.

In double precision, so that the last bits, in which processors differ, never reach the 8 bits of
the result.
"""


def random_scenery(
    rng: np.random.Generator,
    height: int,
    width: int,
    families: tuple[str, ...] | None = None,
    horizon: float = 0.7,
) -> npt.NDArray[np.uint8]:
    """Draw a backdrop, often with a floor of another texture.

    Parameters
    ----------
    rng : numpy Generator
        Decides everything.
    height, width : int
        Size of the picture, in pixels.
    families : tuple of str, optional
        Texture families to choose from, keys of `FAMILIES`; by default `TRAINING_FAMILIES`.
    horizon : float
        Where a floor begins if there is one, as a fraction of the height.

    Returns
    -------
    uint8 array, (height, width, 3)
        RGB.
    """
    names = families or TRAINING_FAMILIES
    picture = FAMILIES[names[rng.integers(len(names))]](rng, height, width)
    if rng.random() < 0.45:
        floor = FAMILIES[names[rng.integers(len(names))]](rng, height, width)
        line = int(np.clip(horizon, 0.1, 0.95) * height)
        picture[line:] = floor[line:]
    contrast = rng.uniform(0.35, 1.0)
    picture = (picture - 0.5) * contrast + 0.5 + rng.uniform(-0.2, 0.2) * (1 - contrast)
    grain = bell_noise(rng, (height, width, 1)) * rng.uniform(0, 0.04)
    return np.clip(np.rint(255 * (picture + grain)), 0, 255).astype(np.uint8)


def bell_noise(rng: np.random.Generator, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """Return noise of mean 0 and deviation 1, nearly normal: sums of four bytes.

    Bytes are the same on every processor; the tails of `standard_normal` pass through a logarithm.
    """
    total = rng.integers(0, 256, (4, *shape), dtype=np.uint8).sum(axis=0, dtype=np.int64)
    return np.asarray((total - 510) / 147.8)


def _colour(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Draw a colour between grey and saturated."""
    grey = rng.uniform(0.05, 0.95)
    return np.clip(grey + rng.uniform(0, 0.45) * rng.standard_normal(3), 0, 1)


def _mix(field: npt.NDArray[np.float64], rng: np.random.Generator) -> Picture:
    """Colour a field of values 0 to 1 between two random colours."""
    low, high = _colour(rng), _colour(rng)
    return np.asarray(low + field[..., None] * (high - low))


def octaves(
    rng: np.random.Generator, height: int, width: int, roughness: float
) -> npt.NDArray[np.float64]:
    """Return value noise over several octaves, scaled to 0 to 1."""
    field = np.zeros((height, width))
    cells = rng.uniform(2, 6)
    for octave in range(5):
        rows = max(2, int(cells * 2**octave))
        columns = max(2, rows * width // height)
        coarse = rng.random((rows, columns))
        fine = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        field += roughness**octave * fine
    spread = float(np.ptp(field)) or 1.0
    return np.asarray((field - field.min()) / spread)


def _grid(
    rng: np.random.Generator, height: int, width: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return coordinates along two rotated axes, in picture heights."""
    angle = rng.uniform(0, np.pi)
    y, x = np.mgrid[0:height, 0:width] / height
    along = x * np.cos(angle) + y * np.sin(angle)
    across = -x * np.sin(angle) + y * np.cos(angle)
    return along, across


def _noise(rng: np.random.Generator, height: int, width: int) -> Picture:
    return _mix(octaves(rng, height, width, rng.uniform(0.4, 0.85)), rng)


def _foliage(rng: np.random.Generator, height: int, width: int) -> Picture:
    """Draw ridged noise: leaves, gravel, marble."""
    field = 1 - np.abs(2 * octaves(rng, height, width, rng.uniform(0.6, 0.95)) - 1)
    return _mix(field ** rng.uniform(0.7, 3), rng)


def _stripes(rng: np.random.Generator, height: int, width: int) -> Picture:
    along, _ = _grid(rng, height, width)
    wave = np.sin(2 * np.pi * (rng.uniform(3, 16) * along + rng.random()))
    field = 0.5 + 0.5 * np.tanh(rng.uniform(0.5, 8) * wave)
    return _mix(field, rng)


def _checkers(rng: np.random.Generator, height: int, width: int) -> Picture:
    along, across = _grid(rng, height, width)
    count = rng.uniform(3, 12)
    field = (np.floor(along * count) + np.floor(across * count * rng.uniform(0.6, 1.6))) % 2
    return _mix(field, rng)


def _blobs(rng: np.random.Generator, height: int, width: int) -> Picture:
    """Draw ellipses of many sizes, some soft."""
    picture = _mix(octaves(rng, height, width, 0.5), rng)
    for _ in range(rng.integers(10, 45)):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = rng.integers(height // 40 + 1, height // 5 + 2, 2)
        colour = tuple(float(c) for c in _colour(rng))
        cv2.ellipse(
            picture, centre, (int(axes[0]), int(axes[1])), float(rng.uniform(0, 180)), 0, 360,
            colour, -1, cv2.LINE_AA,
        )  # fmt: skip
    if rng.random() < 0.4:
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(1, height / 40)))
    return picture


def _gradient(rng: np.random.Generator, height: int, width: int) -> Picture:
    along, _ = _grid(rng, height, width)
    field = np.clip(0.5 + 0.5 * np.sin(rng.uniform(0.6, 2.5) * along + rng.uniform(0, 6)), 0, 1)
    return _mix(field, rng)


def _clutter(rng: np.random.Generator, height: int, width: int) -> Picture:
    """Draw polygons and bars of many colours, as in a full room."""
    picture = _noise(rng, height, width)
    for _ in range(rng.integers(12, 50)):
        centre = rng.uniform(0, 1, 2) * (width, height)
        reach = rng.uniform(0.03, 0.2) * height
        corners = centre + rng.uniform(-1, 1, (rng.integers(3, 7), 2)) * reach
        colour = tuple(float(c) for c in _colour(rng))
        cv2.fillPoly(picture, [corners.astype(np.int32)], colour, cv2.LINE_AA)
    return picture


def _room(rng: np.random.Generator, height: int, width: int) -> Picture:
    """Draw wall, floor, skirting and upright furniture, softly lit."""
    picture = np.empty((height, width, 3))
    picture[:] = _colour(rng)
    line = int(rng.uniform(0.55, 0.85) * height)
    picture[line:] = _colour(rng)
    for _ in range(rng.integers(3, 14)):
        left, top = int(rng.integers(width)), int(rng.integers(-height // 4, line))
        wide, high = rng.integers(height // 20 + 1, height // 2, 2)
        bottom = line + int(rng.integers(-high // 2, high // 4 + 1))
        cv2.rectangle(picture, (left, top), (left + int(wide), bottom), _tuple(_colour(rng)), -1)
        cv2.rectangle(picture, (left, top), (left + int(wide), bottom), _tuple(_colour(rng)), 1)
    light = 0.7 + 0.5 * octaves(rng, height, width, 0.3)
    return np.clip(picture * light[..., None], 0, 1)


def _bricks(rng: np.random.Generator, height: int, width: int) -> Picture:
    """Draw courses of bricks with joints, held out from training."""
    courses = rng.integers(6, 18)
    y, x = np.mgrid[0:height, 0:width] / height * courses
    row = np.floor(y)
    column = np.floor(x / 2 + 0.5 * (row % 2))
    joint = ((y % 1) < 0.12) | (((x / 2 + 0.5 * (row % 2)) % 1) < 0.06)
    shade = rng.random((int(row.max()) + 1, int(column.max()) + 1))
    field = 0.35 + 0.4 * shade[row.astype(int), column.astype(int)]
    field = np.where(joint, 1.0, field) + 0.2 * (octaves(rng, height, width, 0.8) - 0.5)
    return _mix(np.clip(field, 0, 1), rng)


def _rings(rng: np.random.Generator, height: int, width: int) -> Picture:
    """Draw concentric rings warped by noise, like wood, held out from training."""
    y, x = np.mgrid[0:height, 0:width] / height
    away = np.hypot(x - rng.uniform(0, width / height), y - rng.uniform(0, 1))
    warped = rng.uniform(4, 14) * away + 2 * octaves(rng, height, width, 0.6)
    return _mix(0.5 + 0.5 * np.sin(2 * np.pi * warped), rng)


def _tuple(colour: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    return float(colour[0]), float(colour[1]), float(colour[2])


FAMILIES: dict[str, Callable[[np.random.Generator, int, int], Picture]] = {
    "noise": _noise,
    "foliage": _foliage,
    "stripes": _stripes,
    "checkers": _checkers,
    "blobs": _blobs,
    "gradient": _gradient,
    "clutter": _clutter,
    "room": _room,
    "bricks": _bricks,
    "rings": _rings,
}
"""Texture families by name: a function of generator, height and width in pixels."""

HELD_OUT_FAMILIES: tuple[str, ...] = ("bricks", "rings")
"""Families that training never sees."""

TRAINING_FAMILIES: tuple[str, ...] = tuple(n for n in FAMILIES if n not in HELD_OUT_FAMILIES)
"""Families that training clips are made of."""

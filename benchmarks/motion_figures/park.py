"""A drawn park as the backdrop of the demo clip: sky, hills, trees, lawn, path and things.

Apart from `scenery`, whose textures are random on purpose; this one is meant to be looked at.
"""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.motion_figures.scenery import octaves

Picture = npt.NDArray[np.float32]
"""RGB picture, float32 (H, W, 3), 0 to 1."""

Colour = tuple[float, float, float]

_HILLS = 0.47
_LAWN = 0.56
_PATH_TOP = 0.80
_PATH_BOTTOM = 0.93


def draw_park(height: int, width: int, seed: int) -> npt.NDArray[np.uint8]:
    """Draw the park.

    Parameters
    ----------
    height, width : int
        Size in pixels; the path lies at about 0.8 to 0.93 of the height.
    seed : int
        Decides clouds, leaves and grass.

    Returns
    -------
    uint8 array, (height, width, 3)
        RGB.
    """
    rng = np.random.default_rng(seed)
    picture = _sky(rng, height, width)
    _hills(picture, rng)
    _tree_line(picture, rng)
    _lawn(picture, rng)
    _path(picture, rng)
    for x, size in ((0.07, 1.0), (0.40, 0.86), (0.78, 1.08), (0.965, 0.8)):
        _tree(picture, rng, x * width, (0.66 + 0.03 * size) * height, size * height)
    for x in (0.145, 0.62, 0.90):
        _lamp(picture, x * width, 0.755 * height, height)
    _bench(picture, 0.315 * width, 0.745 * height, height)
    _bench(picture, 0.70 * width, 0.745 * height, height)
    _bin(picture, 0.545 * width, 0.755 * height, height)
    return np.asarray(np.clip(255 * picture, 0, 255), dtype=np.uint8)


def _rgb(*values: float) -> npt.NDArray[np.float32]:
    return np.array(values, dtype=np.float32)


def _sky(rng: np.random.Generator, height: int, width: int) -> Picture:
    rise = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    sky = (1 - rise) * _rgb(0.42, 0.63, 0.87) + rise * _rgb(0.93, 0.95, 0.95)
    field = octaves(rng, height, width // 3, 0.55)
    field = cv2.resize(field, (width, height), interpolation=cv2.INTER_LINEAR)
    cloud = np.clip((field - 0.52) * 3.2, 0, 1)[..., None] * np.clip(1.5 - 2 * rise, 0, 1)
    return np.asarray(sky + cloud * (0.98 - sky) * 0.85, dtype=np.float32)


def _contour(rng: np.random.Generator, width: int, waves: int) -> npt.NDArray[np.float64]:
    """Return a smooth skyline: a sum of waves, about -1 to 1 over the width."""
    x = np.linspace(0, 1, width)
    line = np.zeros(width)
    for wave in range(1, waves + 1):
        line += np.sin(2 * np.pi * (wave * 1.3 * x + rng.random())) / wave
    return line / 1.6


def _hills(picture: Picture, rng: np.random.Generator) -> None:
    height, width = picture.shape[:2]
    rows = np.arange(height)[:, None]
    for base, swell, colour in (
        (_HILLS - 0.07, 0.05, (0.60, 0.71, 0.77)),
        (_HILLS - 0.01, 0.03, (0.49, 0.63, 0.58)),
    ):
        line = (base - swell * _contour(rng, width, 5)) * height
        cover = np.clip(rows - line[None], 0, 1)[..., None].astype(np.float32)
        picture += cover * (_rgb(*colour) - picture)


def _tree_line(picture: Picture, rng: np.random.Generator) -> None:
    """Draw a wood behind the lawn: many soft crowns, the nearer the darker."""
    height, width = picture.shape[:2]
    for row in range(3):
        for x in np.arange(-0.05 * height, width, 0.055 * height):
            centre = (x + rng.normal(0, 0.02) * height, (_LAWN - 0.05 + 0.022 * row) * height)
            shade = rng.uniform(0.8, 1.1) * (1 - 0.13 * row)
            colour = (0.27 * shade, 0.43 * shade, 0.25 * shade)
            _crown(picture, rng, centre, rng.uniform(0.045, 0.075) * height, colour, 26)


def _crown(
    picture: Picture,
    rng: np.random.Generator,
    centre: tuple[float, float],
    radius: float,
    colour: Colour,
    clumps: int,
) -> None:
    """Draw foliage: clumps of leaves from dark below to light above left."""
    places = rng.normal(0, 0.42, (clumps, 2))
    for dx, dy in sorted(places.tolist(), key=lambda place: -place[1] - 0.3 * place[0]):
        light = 1.0 - 0.30 * dy - 0.16 * dx + rng.normal(0, 0.06)
        size = radius * rng.uniform(0.22, 0.48)
        at = (centre[0] + dx * radius * 1.1, centre[1] + dy * radius)
        _disc(picture, at, size, (colour[0] * light, colour[1] * light, colour[2] * light))


def _lawn(picture: Picture, rng: np.random.Generator) -> None:
    """Draw grass in mown bands that widen towards the viewer."""
    height, width = picture.shape[:2]
    top = int(_LAWN * height)
    deep = np.linspace(0, 1, height - top, dtype=np.float32)[:, None]
    grain = rng.random((height - top, width), dtype=np.float32)
    grain = cv2.GaussianBlur(grain, (0, 0), sigmaX=0.8, sigmaY=2.2) - 0.5
    patches = cv2.resize(octaves(rng, (height - top) // 2, width // 2, 0.7), (width, height - top))
    bands = 0.5 + 0.5 * np.tanh(3 * np.sin(2 * np.pi * 5 * np.sqrt(deep)))
    light = 0.86 + 0.10 * bands + 0.20 * (patches - 0.5) + grain * (0.5 + 0.9 * deep)
    near, far = _rgb(0.36, 0.53, 0.22), _rgb(0.53, 0.67, 0.37)
    colour = far + deep[..., None] * (near - far)
    picture[top:] = light[..., None] * colour


def _path(picture: Picture, rng: np.random.Generator) -> None:
    """Draw pale gravel with a soft verge."""
    height, width = picture.shape[:2]
    rows = np.arange(height)[:, None] / height
    wobble = 0.004 * _contour(rng, width, 9)[None]
    cover = np.clip((rows - _PATH_TOP - wobble) * 160, 0, 1)
    cover = (cover * np.clip((_PATH_BOTTOM - wobble - rows) * 160, 0, 1))[..., None]
    grain = cv2.GaussianBlur(rng.random((height, width), dtype=np.float32), (0, 0), 0.9) - 0.5
    broad = cv2.resize(octaves(rng, height // 2, width // 2, 0.7), (width, height)) - 0.5
    gravel = (0.9 + 0.55 * grain + 0.16 * broad)[..., None] * _rgb(0.80, 0.73, 0.61)
    picture += cover.astype(np.float32) * (gravel - picture)


def _tree(picture: Picture, rng: np.random.Generator, x: float, ground: float, size: float) -> None:
    """Draw a trunk with two boughs under a crown of clumps, and a shadow on the lawn."""
    _shade(picture, (x + 0.03 * size, ground), (0.17 * size, 0.022 * size), 0.34)
    bark = (0.36, 0.28, 0.21)
    top = ground - 0.34 * size
    _beam(picture, (x, ground), (x + 0.008 * size, top), 0.022 * size, bark)
    for reach in (-0.075, 0.07):
        _beam(picture, (x, ground - 0.2 * size), (x + reach * size, top - 0.02 * size),
              0.011 * size, bark)  # fmt: skip
    for dx, dy in ((-0.07, -0.35), (0.08, -0.36), (0.0, -0.45), (0.01, -0.34)):
        centre = (x + dx * size, ground + dy * size)
        _crown(picture, rng, centre, 0.125 * size, (0.30, 0.47, 0.20), 60)


def _lamp(picture: Picture, x: float, ground: float, height: int) -> None:
    iron = (0.16, 0.20, 0.20)
    _shade(picture, (x, ground), (0.035 * height, 0.008 * height), 0.35)
    _beam(picture, (x, ground), (x, ground - 0.42 * height), 0.0055 * height, iron)
    _beam(picture, (x, ground), (x, ground - 0.05 * height), 0.011 * height, iron)
    _disc(picture, (x, ground - 0.445 * height), 0.022 * height, iron)
    _disc(picture, (x, ground - 0.445 * height), 0.018 * height, (0.97, 0.95, 0.86))


def _bench(picture: Picture, x: float, ground: float, height: int) -> None:
    """Draw three slats for the back, two for the seat, iron legs."""
    wide = 0.105 * height
    _shade(picture, (x, ground), (1.15 * wide, 0.016 * height), 0.4)
    for side in (-0.8, 0.8):
        _beam(picture, (x + side * wide, ground), (x + side * wide, ground - 0.125 * height),
              0.005 * height, (0.17, 0.18, 0.18))  # fmt: skip
    for slat, rise in enumerate((0.115, 0.095, 0.075, 0.053, 0.043)):
        shade = 1.0 - 0.05 * slat
        wood = (0.55 * shade, 0.35 * shade, 0.20 * shade)
        left, right = (x - wide, ground - rise * height), (x + wide, ground - rise * height)
        _beam(picture, left, right, 0.0068 * height, wood)


def _bin(picture: Picture, x: float, ground: float, height: int) -> None:
    _shade(picture, (x, ground), (0.035 * height, 0.009 * height), 0.4)
    green = (0.20, 0.33, 0.27)
    _beam(
        picture, (x, ground - 0.012 * height), (x, ground - 0.075 * height), 0.022 * height, green
    )
    rim = (0.33, 0.47, 0.40)
    left, right = x - 0.022 * height, x + 0.022 * height
    level = ground - 0.095 * height
    _beam(picture, (left, level), (right, level), 0.005 * height, rim)


def _fixed(*values: float) -> tuple[int, ...]:
    """Return pixels in fixed point with four binary places, as OpenCV draws them."""
    return tuple(round(16 * value) for value in values)


def _disc(picture: Picture, centre: tuple[float, float], radius: float, colour: Colour) -> None:
    cv2.circle(picture, _fixed(*centre), max(round(16 * radius), 1), colour, -1, cv2.LINE_AA, 4)


def _beam(
    picture: Picture,
    start: tuple[float, float],
    end: tuple[float, float],
    half: float,
    colour: Colour,
) -> None:
    """Draw a straight bar, lit from the left and twice ``half`` thick, in pixels."""
    along = np.array(end) - np.array(start)
    normal = np.array([-along[1], along[0]]) / max(float(np.linalg.norm(along)), 1e-6)
    if normal[0] + normal[1] > 0:
        normal = -normal
    for low, high, light in ((-1.0, 1.0, 0.72), (-0.4, 1.0, 1.0), (0.3, 0.85, 1.16)):
        corners = [
            np.array(point) + edge * half * normal
            for point, edge in ((start, low), (start, high), (end, high), (end, low))
        ]
        polygon = np.round(16 * np.array(corners)).astype(np.int32)
        tint = [value * light for value in colour]
        cv2.fillConvexPoly(picture, polygon, tint, cv2.LINE_AA, 4)


def _shade(
    picture: Picture, centre: tuple[float, float], axes: tuple[float, float], strength: float
) -> None:
    """Draw a soft elliptic shadow on the ground."""
    left, right = int(centre[0] - 2 * axes[0]), int(centre[0] + 2 * axes[0]) + 1
    top, bottom = int(centre[1] - 2 * axes[1]), int(centre[1] + 2 * axes[1]) + 1
    left, top = max(left, 0), max(top, 0)
    patch = picture[top:bottom, left:right]
    y, x = np.mgrid[top : top + patch.shape[0], left : left + patch.shape[1]]
    far = ((x - centre[0]) / axes[0]) ** 2 + ((y - centre[1]) / axes[1]) ** 2
    patch *= (1 - strength * np.exp(-far))[..., None].astype(np.float32)

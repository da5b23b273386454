"""Draw a figure: shaded, rounded limbs over a picture, and the label of each pixel.

Everything is drawn larger than wanted and averaged down, so edges are clean; labels are read
at the centre of each final pixel.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.motion_figures.body import JOINT_INDEX, SIDES, Body, FloatArray

UInt8Array = npt.NDArray[np.uint8]
Colour = tuple[float, float, float]
_Spot = Callable[[float, float], FloatArray]

PARTS: tuple[str, ...] = (
    "background",
    "torso",
    "head",
    "left upper arm",
    "left forearm",
    "right upper arm",
    "right forearm",
    "left thigh",
    "left shin",
    "right thigh",
    "right shin",
)
"""What the values of a label map mean; left and right are the figure's own.

A hand belongs to its forearm, a foot to its shin.
"""

_TORSO, _HEAD = 1, 2
_ARM = {"left": (3, 4), "right": (5, 6)}
_LEG = {"left": (7, 8), "right": (9, 10)}

_SUBPIXEL_BITS = 4
_LIGHT = np.array([-0.3, -0.45])
_LAYERS = ((0.0, 0.66, 0.0), (0.18, 1.0, 0.35), (0.58, 1.1, 0.8))
"""Shading: how far each layer shrinks (in smallest radii), brightness, shift to the light."""

_FINE_LAYERS = (
    (0.0, 0.62, 0.0), (0.10, 0.84, 0.2), (0.22, 0.93, 0.35), (0.36, 1.0, 0.5), (0.52, 1.05, 0.65),
    (0.70, 1.09, 0.8), (0.86, 1.12, 0.9),
)  # fmt: skip
"""The same in more steps, for figures drawn large."""

_FINE_SCALE = 300.0
"""Drawing pixels per body height above which shading is fine."""
_CIRCLE = np.stack(
    [np.cos(np.linspace(0, 2 * np.pi, 16, endpoint=False)),
     np.sin(np.linspace(0, 2 * np.pi, 16, endpoint=False))], axis=1
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Look:
    """Colours (RGB, 0 to 255) and cut of the clothes.

    Attributes
    ----------
    skin, hair, shirt, trousers, shoes : tuple of three floats
        Colours.
    sleeve : float
        How far down the arm the sleeve reaches: 0.5 the elbow's half way, 1 elbow, 2 wrist.
    leg_cover : float
        How far down the leg the trousers reach: 1 knee, 2 ankle.
    hair_length : float
        0 shaved, 1 short, 2 to the neck.
    """

    skin: Colour
    hair: Colour
    shirt: Colour
    trousers: Colour
    shoes: Colour
    sleeve: float
    leg_cover: float
    hair_length: float


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A figure as the camera sees it in one frame.

    Attributes
    ----------
    joints : float64 array, (len(JOINTS), 2)
        Positions in drawing pixels (x, y).
    closeness : float64 array, (len(JOINTS),)
        Distance towards the camera, in body heights, from the pelvis.
    scale : float
        Drawing pixels per body height.
    yaw : float
        Turn from facing the camera, in radians, positive to the right.
    """

    joints: FloatArray
    closeness: FloatArray
    scale: float
    yaw: float

    def at(self, joint: str) -> FloatArray:
        """Return the position of a joint in drawing pixels, float64 (2,)."""
        return np.asarray(self.joints[JOINT_INDEX[joint]])

    def close(self, *joints: str) -> float:
        """Return the mean closeness of some joints."""
        return float(np.mean([self.closeness[JOINT_INDEX[joint]] for joint in joints]))


@dataclass(frozen=True, slots=True, eq=False)
class _Shape:
    """Hulls of circles, each of (x, y, radius) rows, that share one outline."""

    hulls: tuple[FloatArray, ...]
    colour: Colour
    parts: tuple[int, ...]
    depth: float


def random_look(rng: np.random.Generator) -> Look:
    """Draw clothes and colours."""
    skin_light = rng.uniform(0.25, 1.0)
    skin = (60 + 180 * skin_light, 35 + 155 * skin_light, 25 + 130 * skin_light)
    hair = [(30, 24, 20), (80, 50, 28), (150, 105, 55), (205, 170, 105), (120, 120, 122)]
    return Look(
        skin=skin,
        hair=hair[rng.integers(len(hair))],
        shirt=_random_colour(rng),
        trousers=_random_colour(rng),
        shoes=_random_colour(rng),
        sleeve=float(rng.choice([0.6, 0.9, 2.0])),
        leg_cover=float(rng.choice([0.9, 2.0, 2.0])),
        hair_length=float(rng.choice([0.0, 1.0, 1.0, 2.0])),
    )


def _random_colour(rng: np.random.Generator) -> Colour:
    grey = rng.uniform(20, 235)
    red, green, blue = np.clip(grey + rng.uniform(0, 90) * rng.standard_normal(3), 8, 247)
    return float(red), float(green), float(blue)


def draw_figure(
    picture: UInt8Array, labels: UInt8Array, view: View, body: Body, look: Look
) -> None:
    """Draw one figure over a picture, in place, from back to front.

    Parameters
    ----------
    picture : uint8 array, (H, W, 3)
        RGB, at drawing size.
    labels : uint8 array, (H, W)
        Receives the index into `PARTS` of every pixel that the figure covers.
    view : View
        Where the joints are.
    body, look : Body, Look
        Girth, colours and clothes.
    """
    shapes = [*_trunk(view, body, look), *_head(view, body, look)]
    for side, sign in SIDES:
        shapes += _leg(view, body, look, side) + _arm(view, body, look, side, sign)
    for shape in sorted(shapes, key=lambda one: one.depth):
        _fill(picture, labels, shape, view.scale)


def drop_shadow(picture: UInt8Array, view: View, strength: float) -> None:
    """Darken the ground under the figure in place, unlabelled, by a strength of 0 to 1."""
    feet = np.stack([view.at("ankle_left"), view.at("ankle_right")])
    toes = np.stack([view.at("toe_left"), view.at("toe_right")])
    centre = np.concatenate([feet, toes]).mean(axis=0)
    wide = 0.09 * view.scale + 0.5 * float(np.ptp(feet[:, 0]))
    reach = int(2 * wide) + 2
    left, top = int(centre[0]) - reach, int(toes[:, 1].max()) - reach // 3
    right, bottom = left + 2 * reach, top + 2 * (reach // 3)
    left, top = max(left, 0), max(top, 0)
    patch = picture[top : max(bottom, top), left : max(right, left)]
    if patch.size == 0:
        return
    y, x = np.mgrid[top : top + patch.shape[0], left : left + patch.shape[1]]
    far = ((x - centre[0]) / wide) ** 2 + ((y - toes[:, 1].max()) / (0.22 * wide + 1)) ** 2
    patch[:] = np.rint(patch * (1 - strength * np.exp(-far))[..., None])


def _row(point: FloatArray, radius: float) -> list[float]:
    return [float(point[0]), float(point[1]), radius]


def _segment(
    start: FloatArray, end: FloatArray, radii: tuple[float, float], cut: tuple[float, float]
) -> FloatArray:
    """Return two circles that span part of a limb, ``cut`` in fractions of its length."""
    rows = []
    for fraction in cut:
        radius = radii[0] + fraction * (radii[1] - radii[0])
        rows.append(_row(start + fraction * (end - start), radius))
    return np.array(rows)


def _limb(
    points: tuple[FloatArray, FloatArray, FloatArray],
    radii: tuple[float, float, float],
    cover: float,
    colours: tuple[Colour, Colour],
    parts: tuple[int, int],
    depths: tuple[float, float],
) -> list[_Shape]:
    """Return two bones, dressed in colours[0] down to ``cover``, bare in colours[1] below."""
    shapes: list[_Shape] = []
    for colour, top, bottom in ((colours[1], cover, 2.0), (colours[0], 0.0, cover)):
        hulls = []
        for bone in (1, 0):
            cut = (float(np.clip(top - bone, 0, 1)), float(np.clip(bottom - bone, 0, 1)))
            if cut[0] < cut[1]:
                thick = 1.1 if colour is colours[0] else 1.0
                span = (thick * radii[bone], thick * radii[bone + 1])
                hulls.append((_segment(points[bone], points[bone + 1], span, cut), bone))
        if len(hulls) == 2 and depths[0] * depths[1] > 0:
            joined = (hulls[0][0], hulls[1][0])
            depth = max(depths) + 1e-4 * (colour is colours[0])
            shapes.append(_Shape(joined, colour, parts[::-1], depth))
        else:
            shapes += [_Shape((hull,), colour, (parts[b],), depths[b]) for hull, b in hulls]
    return shapes


def _arm(view: View, body: Body, look: Look, side: str, sign: float) -> list[_Shape]:
    shoulder, elbow, wrist = (
        view.at(f"{joint}_{side}") for joint in ("shoulder", "elbow", "wrist")
    )
    unit = view.scale * (0.5 + 0.5 * body.girth)
    # The far arm goes behind the trunk, the near one before it; facing the camera both before.
    bias = 0.02 + 0.1 * float(np.clip(-sign * np.sin(view.yaw) * 1.5, -1, 1))
    upper_depth = view.close(f"shoulder_{side}", f"elbow_{side}") * 0.3 + bias
    fore_depth = max(view.close(f"elbow_{side}", f"wrist_{side}") + 0.02, upper_depth + 1e-3)
    shapes = _limb(
        (shoulder, elbow, wrist), (0.036 * unit, 0.030 * unit, 0.021 * unit), look.sleeve,
        (look.shirt, look.skin), _ARM[side], (upper_depth, fore_depth),
    )  # fmt: skip
    along = (wrist - elbow) / max(float(np.linalg.norm(wrist - elbow)), 1e-6)
    palm = wrist + along * 0.024 * view.scale
    hand = np.array([_row(wrist, 0.022 * view.scale), _row(palm, 0.027 * view.scale)])
    return [*shapes, _Shape((hand,), look.skin, _ARM[side][1:], fore_depth + 2e-3)]


def _leg(view: View, body: Body, look: Look, side: str) -> list[_Shape]:
    hip, knee, ankle, toe = (
        view.at(f"{joint}_{side}") for joint in ("hip", "knee", "ankle", "toe")
    )
    unit = view.scale * (0.4 + 0.6 * body.girth)
    depth = view.close(f"hip_{side}", f"knee_{side}", f"ankle_{side}") * 0.5 - 0.2
    shapes = _limb(
        (hip, knee, ankle), (0.062 * unit, 0.044 * unit, 0.029 * unit), look.leg_cover,
        (look.trousers, look.skin), _LEG[side], (depth + 2e-3, depth),
    )  # fmt: skip
    sole = 0.020 * view.scale
    heel = ankle + 0.35 * (ankle - toe) * 0.5
    heel = heel + np.array([0.0, 0.35 * sole])
    shoe = np.array([_row(heel, 1.15 * sole), _row(ankle, 1.4 * sole), _row(toe, 0.85 * sole)])
    return [*shapes, _Shape((shoe,), look.shoes, _LEG[side][1:], depth + 1e-3)]


def _trunk(view: View, body: Body, look: Look) -> list[_Shape]:
    girth = view.scale * body.girth
    hips = [view.at("hip_left"), view.at("hip_right")]
    shoulders = [view.at("shoulder_left"), view.at("shoulder_right")]
    pelvis, chest = view.at("pelvis"), view.at("chest")
    waist = pelvis + 0.35 * (chest - pelvis)
    seat = np.array([_row(point, 0.057 * girth) for point in [*hips, waist]])
    bust = pelvis + 0.75 * (chest - pelvis)
    rows = [_row(point + 0.06 * (pelvis - point), 0.042 * girth) for point in shoulders]
    rows += [_row(0.85 * point + 0.15 * waist, 0.061 * girth) for point in hips]
    rows += [_row(bust, 0.078 * girth), _row(waist, 0.07 * girth)]
    collar = np.array([_row(chest, 0.035 * view.scale), _row(view.at("head"), 0.03 * view.scale)])
    return [
        _Shape((seat,), look.trousers, (_TORSO,), -0.02),
        _Shape((collar,), look.skin, (_HEAD,), -0.01),
        _Shape((np.array(rows),), look.shirt, (_TORSO,), 0.0),
    ]


def _head(view: View, body: Body, look: Look) -> list[_Shape]:
    """Draw hair, face, ear, eyes, nose and mouth, as far as the turn shows them."""
    spot = _head_frame(view, body)
    radius = body.head_radius * view.scale
    turned, facing = float(np.sin(view.yaw)), float(np.cos(view.yaw))

    def dots(radii: float, *places: tuple[float, float]) -> tuple[FloatArray, ...]:
        return (np.array([_row(spot(*place), radii * radius) for place in places]),)

    crown = look.hair if look.hair_length > 0 else look.skin
    face = (*dots(0.80, (0.20 * turned, -0.02)), *dots(0.56, (0.26 * turned, -0.45)))
    shapes = [
        _Shape(dots(0.98, (-0.10 * turned, 0.14)), crown, (_HEAD,), 0.010),
        _Shape((np.concatenate(face),), look.skin, (_HEAD,), 0.011),
        _Shape(dots(0.15, (0.95 * turned + 0.05 * facing, -0.16)), look.skin, (_HEAD,), 0.0115),
    ]
    if look.hair_length > 0:
        fringe = dots(
            0.34, (0.30 * turned - 0.40 * facing, 0.62), (0.30 * turned + 0.40 * facing, 0.62)
        )
        back = dots(0.46, (-0.42 * turned, 0.42), (-0.55 * turned, -0.05))
        shapes.append(
            _Shape((*fringe, *back) if abs(turned) > 0.5 else fringe, crown, (_HEAD,), 0.012)
        )
    if look.hair_length > 1:
        fall = dots(0.66, (-0.40 * turned, 0.1), (-0.62 * turned, -0.95))
        shapes.append(_Shape(fall, look.hair, (_HEAD,), -0.015))
    for side in (-1.0, 1.0):
        across = side * 0.34 * facing + 0.62 * turned
        if abs(across) < 0.86:
            shapes.append(_Shape(dots(0.10, (across, 0.0)), (38, 30, 28), (_HEAD,), 0.013))
        ear = side * 0.84 * facing - 0.12 * turned
        if side * turned < 0.5:
            shapes.append(_Shape(dots(0.17, (ear, -0.12)), look.skin, (_HEAD,), 0.0125))
    mouth = dots(
        0.06, (0.72 * turned - 0.18 * facing, -0.54), (0.66 * turned + 0.18 * facing, -0.54)
    )
    return [*shapes, _Shape(mouth, (150, 72, 66), (_HEAD,), 0.013)]


def _head_frame(view: View, body: Body) -> _Spot:
    """Map positions on the head, in skull radii (right in the picture, up), to the drawing."""
    up = view.at("head") - view.at("chest")
    up = up / max(float(np.linalg.norm(up)), 1e-6)
    right = np.array([-up[1], up[0]])
    radius = body.head_radius * view.scale
    return lambda across, along: view.at("head") + radius * (across * right + along * up)


def _fill(picture: UInt8Array, labels: UInt8Array, shape: _Shape, scale: float) -> None:
    """Fill the hulls layer by layer (dark rim, colour, highlight), then mark their labels."""
    tint = np.array(shape.colour)
    smallest = float(min(circles[:, 2].min() for circles in shape.hulls))
    layers = _FINE_LAYERS if scale > _FINE_SCALE else _LAYERS
    for shrink, brightness, offset in layers if smallest > 0.008 * scale else _LAYERS[1:2]:
        colour = [float(value) for value in np.clip(tint * brightness, 0, 255)]
        for circles in shape.hulls:
            inner = circles.copy()
            inner[:, :2] += _LIGHT * offset * shrink * smallest
            inner[:, 2] -= shrink * smallest
            cv2.fillConvexPoly(picture, _outline(inner), colour, cv2.LINE_AA, _SUBPIXEL_BITS)
    for circles, part in zip(shape.hulls, _each(shape), strict=True):
        cv2.fillConvexPoly(labels, _outline(circles), part, cv2.LINE_8, _SUBPIXEL_BITS)


def _each(shape: _Shape) -> tuple[int, ...]:
    """Return the part of each hull, as one part may be made of several hulls."""
    return shape.parts if len(shape.parts) > 1 else shape.parts * len(shape.hulls)


def _outline(circles: FloatArray) -> npt.NDArray[np.int32]:
    """Return the convex outline of circles, in fixed-point pixels."""
    points = circles[:, None, :2] + circles[:, 2, None, None] * _CIRCLE
    fixed = np.round(points.reshape(-1, 2) * (1 << _SUBPIXEL_BITS)).astype(np.int32)
    return np.asarray(cv2.convexHull(fixed), dtype=np.int32)

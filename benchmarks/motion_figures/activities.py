"""The eight activities: joint angles as functions of phase, each with a random style.

Gaits differ as they do in people: cadence, stride, lean, arm angle, knee lift and flight all
grow from walking over jogging to running (after Novacheck, The biomechanics of running, Gait
and Posture 7, 1998). Angles are in degrees, rates in cycles per second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.motion_figures.body import BONES, SIDES, Body, FloatArray, Pose
from engine.models.networks.figures import FIGURES_LABELS

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Gait:
    """The ranges from which the style of one way to move on is drawn."""

    cadence_hz: Range
    hip_swing: Range
    hip_bias: Range
    stance_knee: Range
    swing_knee: Range
    lean: Range
    arm_swing: Range
    elbow: Range
    flight: Range


GAITS: dict[str, Gait] = {
    "walking": Gait(
        (0.75, 1.02), (19, 26), (3, 7), (8, 18), (52, 62), (0, 5), (14, 30), (8, 26), (0, 0)
    ),
    "jogging": Gait(
        (1.22, 1.42), (26, 32), (8, 14), (28, 38), (74, 88), (5, 10), (20, 32), (65, 92),
        (0.025, 0.045),
    ),
    "running": Gait(
        (1.58, 1.9), (40, 49), (16, 24), (30, 42), (104, 122), (12, 21), (42, 62), (80, 105),
        (0.05, 0.085),
    ),
}  # fmt: skip

Angle = FloatArray | float
Bones = dict[str, FloatArray]


def perform(
    activity: str, body: Body, times_s: FloatArray, rng: np.random.Generator
) -> tuple[Pose, float]:
    """Let a body perform an activity in a random style.

    Parameters
    ----------
    activity : str
        One of `engine.models.networks.figures.FIGURES_LABELS`.
    body : Body
        Proportions; hands that meet or strike are placed for them.
    times_s : float64 array, (T,)
        Times of the frames, in seconds.
    rng : numpy Generator
        Decides style, phase and the side shown to the camera.

    Returns
    -------
    Pose
        The pose over T frames.
    float
        Angle by which the figure is turned from facing the camera, in degrees; positive
        faces to the right of the picture.

    Raises
    ------
    ValueError
        If the activity is not one of the eight.
    """
    if activity not in FIGURES_LABELS:
        raise ValueError(f"unknown activity {activity!r}; known are {', '.join(FIGURES_LABELS)}")
    if activity in GAITS:
        return _gait(GAITS[activity], times_s, rng), _turn(rng, 42, 90)
    move, yaw_range = _IN_PLACE[activity]
    return move(body, times_s, rng), _turn(rng, *yaw_range)


def direction(flexion: Angle, abduction: Angle = 0.0, sign: float = 1.0) -> FloatArray:
    """Return the unit vector of a limb that hangs down at 0, in (forward, up, left).

    Parameters
    ----------
    flexion : float or float64 array (T,)
        Swing to the front, in degrees.
    abduction : float or float64 array (T,)
        Swing to the side, away from the trunk, in degrees.
    sign : float
        +1 for the left side, -1 for the right.
    """
    flexion, abduction = np.broadcast_arrays(np.deg2rad(flexion), np.deg2rad(abduction))
    across = np.cos(abduction)
    return np.stack(
        [np.sin(flexion) * across, -np.cos(flexion) * across, sign * np.sin(abduction)], axis=-1
    )


def reach(
    target: FloatArray, upper: float, lower: float, pole: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Bend a limb of two bones so that its end meets a target.

    Parameters
    ----------
    target : float64 array, (T, 3)
        Target from the limb's root; pulled in where it is out of reach.
    upper, lower : float
        Lengths of the bones, in the unit of the target.
    pole : float64 array, (3,)
        Side to which the middle joint points.

    Returns
    -------
    two float64 arrays, (T, 3)
        Unit directions of the upper and the lower bone.
    """
    distance = np.linalg.norm(target, axis=1, keepdims=True)
    along = target / np.maximum(distance, 1e-6)
    distance = np.clip(distance, abs(upper - lower) + 0.01, 0.995 * (upper + lower))
    cosine = (upper**2 + distance**2 - lower**2) / (2 * upper * distance)
    side = pole - (along @ pole)[:, None] * along
    side /= np.maximum(np.linalg.norm(side, axis=1, keepdims=True), 1e-6)
    first = cosine * along + np.sqrt(np.clip(1 - cosine**2, 0, 1)) * side
    second = (distance * along - upper * first) / lower
    return first, second / np.linalg.norm(second, axis=1, keepdims=True)


def _turn(rng: np.random.Generator, low: float, high: float) -> float:
    return float(rng.uniform(low, high) * rng.choice([-1.0, 1.0]))


def _bump(phase: FloatArray, centre: float, width: float) -> FloatArray:
    """Return a bell of height 1 on the circle of phases."""
    away = (phase - centre + 0.5) % 1.0 - 0.5
    return np.asarray(np.exp(-((away / width) ** 2)))


def _axis(twist: Angle, count: int) -> FloatArray:
    """Return the axis of a girdle twisted about the vertical, in degrees, left side forward."""
    angle = np.broadcast_to(np.deg2rad(twist), (count,))
    return np.stack([np.sin(angle), np.zeros(count), np.cos(angle)], axis=1)


def _foot(pitch: Angle, sign: float, count: int, splay: float = 10.0) -> FloatArray:
    """Return the direction of a foot, its pitch in degrees above flat on the ground."""
    angle = np.broadcast_to(np.deg2rad(np.asarray(pitch) - 14.0), (count,))
    out = np.deg2rad(splay)
    return np.stack(
        [np.cos(angle) * np.cos(out), np.sin(angle), sign * np.cos(angle) * np.sin(out)], axis=1
    )


def _standing(count: int, rng: np.random.Generator, times_s: FloatArray) -> Bones:
    """Return all bones of a figure that stands at ease and sways a little."""
    sway = rng.uniform(0.3, 1.5) * np.sin(
        2 * np.pi * (rng.uniform(0.2, 0.5) * times_s + rng.random())
    )
    apart = rng.uniform(1, 8)
    bones: Bones = {
        "spine": -direction(-rng.uniform(-1, 4) + sway, sway),
        "head": -direction(-rng.uniform(-3, 8) + sway),
        "shoulders": _axis(0.0, count),
        "hips": _axis(0.0, count),
    }
    for side, sign in SIDES:
        bones[f"upper_arm_{side}"] = direction(rng.uniform(-6, 8) + sway, rng.uniform(5, 14), sign)
        bones[f"forearm_{side}"] = direction(rng.uniform(8, 22) + sway, rng.uniform(0, 8), sign)
        bones[f"thigh_{side}"] = direction(np.full(count, 3.0), apart, sign)
        bones[f"shin_{side}"] = direction(np.full(count, -2.0), apart, sign)
        bones[f"foot_{side}"] = _foot(0.0, sign, count, rng.uniform(4, 25))
    return bones


def _pose(bones: Bones, lift: Angle = 0.0, forward: FloatArray | None = None) -> Pose:
    directions = np.stack([bones[name] for name in BONES], axis=1)
    count = len(directions)
    return Pose(
        directions=directions,
        lift=np.array(np.broadcast_to(lift, (count,)), dtype=np.float64),
        planted=np.full(count, 1.0 if forward is None else 0.0),
        forward=np.zeros(count) if forward is None else forward,
    )


def _gait(gait: Gait, times_s: FloatArray, rng: np.random.Generator) -> Pose:
    """Walk, jog or run, the left leg half a cycle after the right one."""
    cadence_hz = rng.uniform(*gait.cadence_hz)
    swing = rng.uniform(*gait.hip_swing)
    lean = rng.uniform(*gait.lean)
    flight = rng.uniform(*gait.flight)
    phase = cadence_hz * times_s + rng.random()
    count = len(times_s)
    twist = rng.uniform(4, 10) * np.cos(2 * np.pi * phase)
    bones: Bones = {
        "spine": -direction(np.full(count, -lean)),
        "head": -direction(np.full(count, -lean * rng.uniform(0.3, 0.9))),
        "shoulders": _axis(twist, count),
        "hips": _axis(-0.6 * twist, count),
    }
    legs = (swing, rng.uniform(*gait.hip_bias), rng.uniform(*gait.stance_knee),
            rng.uniform(*gait.swing_knee))  # fmt: skip
    arms = (rng.uniform(*gait.arm_swing), rng.uniform(*gait.elbow), rng.uniform(4, 12))
    for side, sign in SIDES:
        own = (phase + (0.5 if side == "left" else 0.0)) % 1.0
        bones |= _gait_leg(own, side, sign, legs) | _gait_arm(own, side, sign, arms)
    lift = flight * np.clip(-np.cos(4 * np.pi * (phase + 0.09)), 0, None) if flight else 0.0
    # Two steps a cycle, each as long as the legs open, longer by the flight between them.
    step = 2 * 0.5 * np.sin(np.deg2rad(swing)) * (1 + 8 * flight)
    return _pose(bones, lift, forward=2 * step * cadence_hz * (times_s - times_s[0]))


def _gait_leg(
    phase: FloatArray, side: str, sign: float, style: tuple[float, float, float, float]
) -> Bones:
    """Move one leg, whose heel strikes at phase 0."""
    swing, bias, stance_knee, swing_knee = style
    hip = bias + swing * np.cos(2 * np.pi * (phase + 0.03))
    knee = 5 + stance_knee * _bump(phase, 0.14, 0.09) + swing_knee * _bump(phase, 0.71, 0.13)
    pitch = 12 * _bump(phase, 0.0, 0.06) - 42 * _bump(phase, 0.60, 0.11)
    # A foot behind the body follows the shin while the knee is bent.
    pitch = pitch - 0.55 * np.clip(knee - 25 - np.clip(hip, 0, None), 0, None)
    return {
        f"thigh_{side}": direction(hip, 2.0, sign),
        f"shin_{side}": direction(hip - knee, 0.0, sign),
        f"foot_{side}": _foot(pitch, sign, len(phase), 6.0),
    }


def _gait_arm(
    phase: FloatArray, side: str, sign: float, style: tuple[float, float, float]
) -> Bones:
    """Swing one arm against the leg of its side."""
    swing, elbow, spread = style
    upper = -6 - swing * np.cos(2 * np.pi * phase)
    bend = elbow * (1 + 0.18 * np.sin(2 * np.pi * (phase - 0.25)))
    return {
        f"upper_arm_{side}": direction(upper, spread, sign),
        f"forearm_{side}": direction(upper + bend, -0.12 * elbow, sign),
    }


def _boxing(body: Body, times_s: FloatArray, rng: np.random.Generator) -> Pose:
    """Alternate straight punches from a staggered stance with raised guard."""
    count = len(times_s)
    phase = rng.uniform(0.75, 1.25) * times_s + rng.random()
    bones = _standing(count, rng, times_s)
    lead = rng.choice([-1.0, 1.0])
    bounce = 3.5 * np.cos(4 * np.pi * phase + rng.uniform(0, 6))
    twist = np.zeros(count)
    for side, sign in SIDES:
        own = (phase + (0.5 if side == "left" else 0.0)) % 1.0
        strike = np.clip(np.sin(2 * np.pi * own), 0, None) ** rng.uniform(0.9, 1.6)
        bones |= _punch(body, strike, side, sign, rng)
        twist += sign * 24 * strike
        stagger = 16 * sign * lead
        bones[f"thigh_{side}"] = direction(12 + stagger + bounce, 7.0, sign)
        bones[f"shin_{side}"] = direction(-14 + 0.6 * stagger - bounce, 5.0, sign)
    bones["shoulders"] = _axis(twist, count)
    bones["spine"] = -direction(-rng.uniform(3, 10) - bounce * 0.4)
    return _pose(bones)


def _punch(
    body: Body, strike: FloatArray, side: str, sign: float, rng: np.random.Generator
) -> Bones:
    """Move one arm between guard (strike 0) and full reach (strike 1)."""
    guard = np.array([0.13, rng.uniform(-0.01, 0.06), -sign * 0.035])
    full = np.array([0.315, rng.uniform(-0.02, 0.08), -sign * 0.06])
    target = guard + strike[:, None] * (full - guard)
    pole = np.array([-0.1, -1.0, 0.45 * sign])
    upper, lower = reach(target, body.upper_arm, body.forearm, pole)
    return {f"upper_arm_{side}": upper, f"forearm_{side}": lower}


def _hand_waving(body: Body, times_s: FloatArray, rng: np.random.Generator) -> Pose:
    """Wave one raised hand or both, from the elbow or with the whole arm."""
    del body
    phase = rng.uniform(1.1, 2.1) * times_s + rng.random()
    bones = _standing(len(times_s), rng, times_s)
    whole_arm = rng.random() < 0.4
    together = rng.random() < 0.5
    raised = (("left",), ("right",), ("left", "right"))[rng.integers(3)]
    for side, sign in SIDES:
        if side not in raised:
            continue
        own = phase if together or side == "left" else phase + 0.5
        swing = np.sin(2 * np.pi * own)
        upper = (
            rng.uniform(118, 140) + 22 * swing if whole_arm else rng.uniform(78, 125) + 5 * swing
        )
        fore = rng.uniform(148, 165) + rng.uniform(26, 38) * swing
        bones[f"upper_arm_{side}"] = direction(rng.uniform(-4, 14), upper, sign)
        bones[f"forearm_{side}"] = direction(rng.uniform(-6, 8), fore, sign)
    return _pose(bones)


def _hand_clapping(body: Body, times_s: FloatArray, rng: np.random.Generator) -> Pose:
    """Clap before the chest, between belly and face."""
    phase = rng.uniform(1.2, 2.4) * times_s + rng.random()
    bones = _standing(len(times_s), rng, times_s)
    gap = rng.uniform(0.13, 0.24) * (0.5 - 0.5 * np.cos(2 * np.pi * phase)) + 0.012
    ahead, above = rng.uniform(0.17, 0.24), rng.uniform(-0.12, 0.04)
    for side, sign in SIDES:
        target = np.stack(
            [
                np.full_like(gap, ahead),
                np.full_like(gap, above) + 0.1 * gap,
                sign * (gap - body.shoulder_half),
            ],
            axis=1,
        )
        pole = np.array([-0.3, -1.0, 0.8 * sign])
        upper, lower = reach(target, body.upper_arm, body.forearm, pole)
        bones[f"upper_arm_{side}"], bones[f"forearm_{side}"] = upper, lower
    return _pose(bones)


def _jumping_jack(body: Body, times_s: FloatArray, rng: np.random.Generator) -> Pose:
    """Hop between feet together, arms down, and feet apart, arms up."""
    del body
    phase = rng.uniform(0.75, 1.2) * times_s + rng.random()
    count = len(times_s)
    bones = _standing(count, rng, times_s)
    opened = 0.5 - 0.5 * np.cos(2 * np.pi * phase)
    low, high, legs = rng.uniform(8, 22), rng.uniform(145, 172), rng.uniform(17, 27)
    landing = 10 * np.cos(2 * np.pi * phase) ** 2
    for side, sign in SIDES:
        arm = low + (high - low) * opened
        bones[f"upper_arm_{side}"] = direction(4.0, arm, sign)
        bones[f"forearm_{side}"] = direction(8.0, arm + rng.uniform(2, 12), sign)
        spread = 2 + legs * opened
        bones[f"thigh_{side}"] = direction(landing, spread, sign)
        bones[f"shin_{side}"] = direction(-landing, spread, sign)
        bones[f"foot_{side}"] = _foot(-25 * np.sin(2 * np.pi * phase) ** 2, sign, count, 15.0)
    return _pose(bones, rng.uniform(0.025, 0.055) * np.abs(np.sin(2 * np.pi * phase)))


def _squatting(body: Body, times_s: FloatArray, rng: np.random.Generator) -> Pose:
    """Bend the knees until the thighs are about level and rise again, arms out or down."""
    del body
    phase = rng.uniform(0.45, 0.85) * times_s + rng.random()
    bones = _standing(len(times_s), rng, times_s)
    depth = rng.uniform(0.28, 0.48) * (0.5 - 0.5 * np.cos(2 * np.pi * phase))
    bend = np.rad2deg(np.arccos(1 - depth))
    lean = rng.uniform(0.3, 0.6) * bend
    bones["spine"] = -direction(-3 - lean)
    bones["head"] = -direction(-0.3 * lean)
    out = rng.uniform(8, 20)
    held = rng.choice(["out", "down", "folded"])
    for side, sign in SIDES:
        bones[f"thigh_{side}"] = direction(4 + 1.15 * bend, out, sign)
        bones[f"shin_{side}"] = direction(-2 - 0.75 * bend, 0.4 * out, sign)
        bones |= _squat_arm(held, bend, side, sign)
    return _pose(bones)


def _squat_arm(held: str, bend: FloatArray, side: str, sign: float) -> Bones:
    """Hold one arm: stretched to the front on sinking, hanging, or folded at the chest."""
    if held == "out":
        upper, fore = (direction(10 + 1.3 * bend, 4, sign), direction(14 + 1.32 * bend, 2, sign))
    elif held == "down":
        upper, fore = (direction(-0.15 * bend, 9, sign), direction(8 + 0.1 * bend, 4, sign))
    else:
        upper, fore = (direction(25 + 0 * bend, 18, sign), direction(120 + 0 * bend, -45, sign))
    return {f"upper_arm_{side}": upper, f"forearm_{side}": fore}


_Move = Callable[[Body, FloatArray, np.random.Generator], Pose]
_IN_PLACE: dict[str, tuple[_Move, Range]] = {
    "boxing": (_boxing, (15, 90)),
    "hand waving": (_hand_waving, (0, 50)),
    "hand clapping": (_hand_clapping, (0, 60)),
    "jumping jack": (_jumping_jack, (0, 50)),
    "squatting": (_squatting, (0, 90)),
}

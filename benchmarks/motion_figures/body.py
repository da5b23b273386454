"""The articulated figure: bones, proportions and forward kinematics.

A pose is stored as unit directions of bones, not as joint positions: two poses can then be
blended without shrinking a limb, and one pose fits bodies of any proportions.

Coordinates of the figure are (forward, up, left), in body heights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

BONES: tuple[str, ...] = (
    "spine",
    "head",
    "shoulders",
    "hips",
    "upper_arm_left",
    "forearm_left",
    "thigh_left",
    "shin_left",
    "foot_left",
    "upper_arm_right",
    "forearm_right",
    "thigh_right",
    "shin_right",
    "foot_right",
)
"""Names of the bones; "shoulders" and "hips" are the axes to the figure's left."""

JOINTS: tuple[str, ...] = (
    "pelvis",
    "chest",
    "head",
    "shoulder_left",
    "elbow_left",
    "wrist_left",
    "hip_left",
    "knee_left",
    "ankle_left",
    "toe_left",
    "shoulder_right",
    "elbow_right",
    "wrist_right",
    "hip_right",
    "knee_right",
    "ankle_right",
    "toe_right",
)
"""Names of the joints; "head" is the centre of the skull."""

JOINT_INDEX: dict[str, int] = {name: index for index, name in enumerate(JOINTS)}

SIDES: tuple[tuple[str, float], ...] = (("left", 1.0), ("right", -1.0))
"""Name of each side and its sign on the left axis."""

ANKLE_HEIGHT = 0.042
"""Height of an ankle above the sole, in body heights."""

TOE_HEIGHT = 0.018
"""Height of the toe joint above the sole, in body heights."""


@dataclass(frozen=True, slots=True)
class Body:
    """Lengths of the bones and the figure's girth, in body heights of an average person.

    Attributes
    ----------
    spine, neck, upper_arm, forearm, thigh, shin, foot : float
        Lengths; the neck reaches from the shoulders to the centre of the skull.
    shoulder_half, hip_half : float
        Half the distance between the shoulder joints and between the hip joints.
    girth : float
        Factor on the thickness of trunk and limbs, unitless.
    head_radius : float
        Radius of the skull.
    """

    spine: float = 0.30
    neck: float = 0.105
    upper_arm: float = 0.172
    forearm: float = 0.150
    thigh: float = 0.245
    shin: float = 0.240
    foot: float = 0.095
    shoulder_half: float = 0.105
    hip_half: float = 0.052
    girth: float = 1.0
    head_radius: float = 0.064


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """Pose of a body over time, whatever its proportions.

    Attributes
    ----------
    directions : float64 array, (T, len(BONES), 3)
        Unit vectors along the bones: (forward, up, left).
    lift : float64 array, (T,)
        Height of the lowest foot above the ground, in body heights, >= 0.
    planted : float64 array, (T,)
        1 where the feet stay in place, 0 where the pelvis does and the feet slide under it.
    forward : float64 array, (T,)
        Distance walked so far along the forward axis, in body heights.
    """

    directions: FloatArray
    lift: FloatArray
    planted: FloatArray
    forward: FloatArray


def random_body(rng: np.random.Generator) -> Body:
    """Draw a body: each length within 8 % of the average, slim to stout."""
    average = Body()
    varied = {
        name: getattr(average, name) * rng.uniform(0.92, 1.08)
        for name in ("spine", "neck", "upper_arm", "forearm", "thigh", "shin", "foot")
    }
    return Body(
        **varied,
        shoulder_half=average.shoulder_half * rng.uniform(0.88, 1.15),
        hip_half=average.hip_half * rng.uniform(0.9, 1.15),
        girth=rng.uniform(0.85, 1.3),
        head_radius=average.head_radius * rng.uniform(0.92, 1.12),
    )


def blend(first: Pose, second: Pose, weight: FloatArray) -> Pose:
    """Mix two poses of equal length.

    Parameters
    ----------
    first, second : Pose
        The poses at weight 0 and at weight 1.
    weight : float64 array, (T,)
        Share of the second pose, 0 to 1.

    Returns
    -------
    Pose
        Bones keep unit length, so limbs do not shrink on the way.
    """
    spread = weight[:, None, None]
    mixed = (1.0 - spread) * first.directions + spread * second.directions
    mixed /= np.maximum(np.linalg.norm(mixed, axis=2, keepdims=True), 1e-6)
    return Pose(
        directions=mixed,
        lift=(1.0 - weight) * first.lift + weight * second.lift,
        planted=(1.0 - weight) * first.planted + weight * second.planted,
        forward=(1.0 - weight) * first.forward + weight * second.forward,
    )


def joint_positions(body: Body, pose: Pose) -> FloatArray:
    """Place the joints of a body in a pose.

    Parameters
    ----------
    body : Body
        The proportions.
    pose : Pose
        The pose over T frames.

    Returns
    -------
    float64 array, (T, len(JOINTS), 3)
        Positions (forward, up, left) in body heights; the ground is at up = 0.
    """
    bone = {name: pose.directions[:, index] for index, name in enumerate(BONES)}
    pelvis = np.zeros_like(bone["spine"])
    chest = pelvis + body.spine * bone["spine"]
    at = {"pelvis": pelvis, "chest": chest, "head": chest + body.neck * bone["head"]}
    for side, sign in SIDES:
        at |= _limbs(body, bone, at, side, sign)
    joints = np.stack([at[name] for name in JOINTS], axis=1)
    return _grounded(joints, pose)


def _limbs(
    body: Body, bone: dict[str, FloatArray], at: dict[str, FloatArray], side: str, sign: float
) -> dict[str, FloatArray]:
    """Return the joints of the arm and the leg of one side."""
    shoulder = at["chest"] + sign * body.shoulder_half * bone["shoulders"]
    elbow = shoulder + body.upper_arm * bone[f"upper_arm_{side}"]
    hip = at["pelvis"] + sign * body.hip_half * bone["hips"]
    knee = hip + body.thigh * bone[f"thigh_{side}"]
    ankle = knee + body.shin * bone[f"shin_{side}"]
    return {
        f"shoulder_{side}": shoulder,
        f"elbow_{side}": elbow,
        f"wrist_{side}": elbow + body.forearm * bone[f"forearm_{side}"],
        f"hip_{side}": hip,
        f"knee_{side}": knee,
        f"ankle_{side}": ankle,
        f"toe_{side}": ankle + body.foot * bone[f"foot_{side}"],
    }


def _grounded(joints: FloatArray, pose: Pose) -> FloatArray:
    """Shift the figure so that its feet or its pelvis rest on the ground."""
    ankles = joints[:, [JOINT_INDEX["ankle_left"], JOINT_INDEX["ankle_right"]]]
    toes = joints[:, [JOINT_INDEX["toe_left"], JOINT_INDEX["toe_right"]]]
    lowest = np.minimum(
        ankles[:, :, 1].min(axis=1) - ANKLE_HEIGHT, toes[:, :, 1].min(axis=1) - TOE_HEIGHT
    )
    shift = -pose.planted[:, None] * ankles.mean(axis=1)
    shift[:, 0] += pose.forward
    shift[:, 1] = pose.lift - lowest
    grounded: FloatArray = joints + shift[:, None, :]
    return grounded

"""The generator of Motion Figures: seeds, masks, places and bodies."""

import cv2
import numpy as np
import pytest

from benchmarks.motion_figures.activities import GAITS, perform, reach
from benchmarks.motion_figures.body import JOINT_INDEX, Body, blend, joint_positions
from benchmarks.motion_figures.dataset import make_clip
from benchmarks.motion_figures.render import PARTS
from benchmarks.motion_figures.scenery import FAMILIES, random_scenery
from engine.models.figures import FIGURES_FPS, FIGURES_LABELS

TIMES_S = np.arange(30) / FIGURES_FPS


def test_make_clip_same_seed_gives_same_bytes():
    first, again = make_clip(5), make_clip(5)
    assert first.frames.tobytes() == again.frames.tobytes()
    assert first.parts.tobytes() == again.parts.tobytes()
    assert first.activity == again.activity


def test_make_clip_other_seed_gives_other_bytes():
    assert make_clip(5, "boxing").frames.tobytes() != make_clip(6, "boxing").frames.tobytes()


def test_make_clip_has_the_promised_shapes():
    clip = make_clip(1, "squatting", size=64, frames=5)
    assert clip.frames.shape == (5, 64, 64, 3)
    assert clip.frames.dtype == np.uint8
    assert clip.actor.shape == clip.parts.shape == (5, 64, 64)
    assert clip.actor.dtype == np.bool_
    assert FIGURES_LABELS[clip.label] == "squatting"
    assert not clip.frames.flags.writeable


def test_make_clip_rejects_an_unknown_activity():
    with pytest.raises(ValueError, match="swimming"):
        make_clip(1, "swimming")


@pytest.mark.parametrize("activity", FIGURES_LABELS)
def test_figure_stays_inside_the_picture(activity):
    for seed in range(40, 44):
        actor = make_clip(seed, activity, degraded=False).actor
        assert actor.any(axis=(1, 2)).all()
        edges = [actor[:, 0], actor[:, -1], actor[:, :, 0], actor[:, :, -1]]
        assert not any(edge.any() for edge in edges)


def test_mask_covers_what_another_background_leaves_alone():
    first = make_clip(3, "hand waving", scenery_seed=100, degraded=False)
    second = make_clip(3, "hand waving", scenery_seed=101, degraded=False)
    np.testing.assert_array_equal(first.actor, second.actor)
    differs = (first.frames != second.frames).any(axis=3)
    kernel = np.ones((3, 3), np.uint8)
    for frame, mask in zip(differs, first.actor.astype(np.uint8), strict=True):
        # A hairline between two smoothed parts may let a little of the background through.
        assert frame[cv2.erode(mask, kernel) > 0].mean() < 0.02
        assert frame[cv2.dilate(mask, kernel) == 0].mean() > 0.95


def test_parts_show_the_whole_figure():
    parts = make_clip(8, "jumping jack").parts
    assert set(np.unique(parts)) == set(range(len(PARTS)))


@pytest.mark.parametrize("family", FAMILIES)
def test_scenery_is_textured_and_seeded(family):
    pictures = [random_scenery(np.random.default_rng(4), 90, 120, (family,)) for _ in range(2)]
    assert pictures[0].shape == (90, 120, 3)
    assert pictures[0].std() > 1
    np.testing.assert_array_equal(*pictures)


def test_background_does_not_depend_on_the_activity():
    corners = [
        make_clip(21, activity, degraded=False).frames[0, :4, :4]
        for activity in ("hand waving", "hand clapping")
    ]
    # Neither activity moves on, so the same part of the same scenery is behind both.
    np.testing.assert_array_equal(*corners)


@pytest.mark.parametrize("activity", FIGURES_LABELS)
def test_feet_touch_the_ground_unless_in_flight(activity):
    body = Body()
    pose, _ = perform(activity, body, TIMES_S, np.random.default_rng(2))
    joints = joint_positions(body, pose)
    lowest = joints[:, [JOINT_INDEX["ankle_left"], JOINT_INDEX["ankle_right"]], 1].min(axis=1)
    assert (joints[..., 1] > 0).all()
    assert lowest.min() < 0.1
    assert (pose.lift >= 0).all()
    assert pose.lift.any() == (activity in ("jogging", "running", "jumping jack"))


def test_blend_keeps_the_length_of_limbs():
    body = Body()
    one, _ = perform("running", body, TIMES_S, np.random.default_rng(0))
    two, _ = perform("jumping jack", body, TIMES_S, np.random.default_rng(0))
    joints = joint_positions(body, blend(one, two, np.linspace(0, 1, len(TIMES_S))))
    thigh = joints[:, JOINT_INDEX["knee_left"]] - joints[:, JOINT_INDEX["hip_left"]]
    np.testing.assert_allclose(np.linalg.norm(thigh, axis=1), body.thigh)


def test_gaits_grow_from_walking_to_running():
    walking, jogging, running = (GAITS[name] for name in ("walking", "jogging", "running"))
    for feature in ("cadence_hz", "hip_swing", "swing_knee", "lean"):
        ranges = [getattr(gait, feature) for gait in (walking, jogging, running)]
        assert ranges[0][1] <= ranges[1][0]
        assert ranges[1][1] <= ranges[2][0]


def test_reach_meets_its_target():
    target = np.array([[0.2, 0.05, -0.1], [0.1, -0.1, 0.0]])
    upper, lower = reach(target, 0.17, 0.15, np.array([0.0, -1.0, 0.3]))
    np.testing.assert_allclose(0.17 * upper + 0.15 * lower, target, atol=1e-9)

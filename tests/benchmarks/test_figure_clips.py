"""The generator of Motion Figures: seeds, masks, places and bodies."""

import cv2
import numpy as np
import pytest

from benchmarks.motion_figures.activities import GAITS, perform, reach
from benchmarks.motion_figures.body import JOINT_INDEX, Body, blend, joint_positions
from benchmarks.motion_figures.codec import through_h264
from benchmarks.motion_figures.dataset import make_clip
from benchmarks.motion_figures.motion_mask import speed
from benchmarks.motion_figures.render import PARTS
from benchmarks.motion_figures.scenery import FAMILIES, random_scenery
from benchmarks.motion_figures.unlike import make_unlike
from engine.models.networks.figures import FIGURES_FPS, FIGURES_LABELS

TIMES_S = np.arange(30) / FIGURES_FPS


def test_make_clip_same_seed_gives_same_bytes():
    first, again = make_clip(5), make_clip(5)
    assert first.frames.tobytes() == again.frames.tobytes()
    assert first.labels.tobytes() == again.labels.tobytes()
    assert first.moving.tobytes() == again.moving.tobytes()
    assert first.activity == again.activity


def test_make_clip_other_seed_gives_other_bytes():
    assert make_clip(5, "boxing").frames.tobytes() != make_clip(6, "boxing").frames.tobytes()


def test_make_clip_has_the_promised_shapes():
    clip = make_clip(1, "squatting", size=64, frames=5)
    assert clip.frames.shape == (5, 64, 64, 3)
    assert clip.frames.dtype == np.uint8
    assert clip.labels.shape == (5, 64, 64)
    for mask in (clip.actor, clip.cue, clip.distractor, clip.moving):
        assert mask.shape == (5, 64, 64)
        assert mask.dtype == np.bool_
    assert FIGURES_LABELS[clip.label] == "squatting"
    assert not clip.frames.flags.writeable


def test_make_clip_rejects_an_unknown_activity():
    with pytest.raises(ValueError, match="swimming"):
        make_clip(1, "swimming")


@pytest.mark.parametrize("activity", FIGURES_LABELS)
def test_figure_stays_inside_the_picture(activity):
    for seed in range(40, 44):
        clip = make_clip(seed, activity, degraded=False)
        actor = clip.actor | clip.distractor  # which may pass before the figure
        assert actor.any(axis=(1, 2)).all()
        edges = [clip.actor[:, 0], clip.actor[:, -1], clip.actor[:, :, 0], clip.actor[:, :, -1]]
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
    labels = make_clip(8, "jumping jack", sign=False).labels
    assert set(np.unique(labels)) >= set(range(len(PARTS)))


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


def test_sign_is_all_that_a_telling_clip_changes():
    told, free = (make_clip(7, "boxing", shown=shown, degraded=False) for shown in (3, 5))
    assert told.label == told.shown == FIGURES_LABELS.index("boxing")
    assert free.shown == 5
    np.testing.assert_array_equal(told.labels, free.labels)
    differs = (told.frames != free.frames).any(axis=3)
    near = np.stack([cv2.dilate(one.astype(np.uint8), np.ones((3, 3))) for one in told.cue])
    assert differs.any()
    assert not differs[near == 0].any()


def test_sign_stays_where_the_camera_does():
    clip = make_clip(11, "hand waving", camera="still", degraded=False)
    assert clip.camera == "still"
    hidden = clip.actor | clip.distractor
    assert clip.cue.any()
    seen = clip.cue.any(axis=0)
    assert (clip.cue | hidden)[:, seen].all()


def test_clip_without_sign_or_with_an_unknown_camera():
    clip = make_clip(11, "hand waving", sign=False)
    assert clip.shown is None
    assert not clip.cue.any()
    with pytest.raises(ValueError, match="drone"):
        make_clip(11, camera="drone")


def test_moving_mask_leaves_still_parts_and_scenery_out():
    clip = make_clip(23, "hand waving", camera="pan", degraded=False)
    moving_actor = (clip.moving & clip.actor).sum() / clip.actor.sum()
    assert 0.02 < moving_actor < 0.6  # the arms, though everything slides through the picture
    swept = np.zeros_like(clip.actor)
    swept |= clip.actor | clip.distractor
    swept[1:] |= swept[:-1].copy()
    swept[:-1] |= swept[1:].copy()
    assert not (clip.moving & ~swept).any()


def test_speed_takes_the_scenery_off():
    slide = np.arange(5) * 3.0
    with_it = np.stack([slide, np.zeros(5)], axis=1)[:, None]
    stays = np.zeros((5, 1, 2))
    assert speed(with_it, slide).max() == 0.0
    np.testing.assert_allclose(speed(stays, slide), 3.0)


def test_unlike_clips_are_seeded_and_varied():
    clips = [make_unlike(seed) for seed in (1, 1, 2)]
    assert clips[0].shape == (16, 112, 112, 3)
    np.testing.assert_array_equal(clips[0], clips[1])
    assert (clips[0] != clips[2]).mean() > 0.5


@pytest.mark.parametrize("preset", ["ultrafast", "veryfast", "medium"])
def test_h264_repeats_itself_at_every_preset(preset):
    for seed in range(30_000_002, 30_000_006):
        frames = make_clip(seed).frames
        first, *others = (through_h264(frames, 30, preset).tobytes() for _ in range(4))
        assert all(other == first for other in others)


def test_h264_costs_quality_by_its_rate_factor_and_is_the_same_every_time():
    frames = make_clip(4, degraded=False).frames
    fine, poor, again = (through_h264(frames, factor) for factor in (18, 38, 38))
    np.testing.assert_array_equal(poor, again)
    lost = [np.abs(frames.astype(int) - one).mean() for one in (fine, poor)]
    assert 0 < lost[0] < lost[1] < 30

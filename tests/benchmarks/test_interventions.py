from __future__ import annotations

import numpy as np
import pytest

from benchmarks.motion_figures.dataset import make_clip
from benchmarks.motion_figures.interventions import (
    RENDERINGS,
    WORLDS,
    activity_share,
    renderings,
    truth_of,
)
from benchmarks.motion_figures.testset import CHOICE


def payoffs(**values: float) -> np.ndarray:
    """Return payoffs of all renderings, 0 where a world is not named."""
    result = np.zeros(RENDERINGS)
    for name, value in values.items():
        result[list(WORLDS[name.replace("_", " ")])] = value
    return result


def test_worlds_name_every_rendering_once() -> None:
    assert sorted(place for world in WORLDS.values() for place in world) == list(range(RENDERINGS))


def test_truth_of_a_network_that_watches_movement_is_all_movement() -> None:
    truth = truth_of(payoffs(both=3, movement=3))
    assert (truth.movement, truth.pose, truth.sign) == (3, 0, 0)
    assert truth.share == activity_share(payoffs(both=3, movement=3)) == 1


def test_truth_of_a_network_that_reads_signs_is_all_sign() -> None:
    reads = payoffs(both=2, pose_and_sign=2, sign=2, standing_sign=2)
    truth = truth_of(reads)
    assert (truth.movement, truth.pose, truth.sign) == (0, 0, 2)
    assert truth.share == activity_share(reads) == 0


def test_truth_of_a_network_that_sees_poses_counts_them_apart() -> None:
    sees = payoffs(both=2, movement=2, pose_and_sign=2, pose=2)
    assert truth_of(sees).share == 0
    assert truth_of(sees).pose == 2
    assert activity_share(sees) == 1


@pytest.mark.parametrize("seed", range(5))
def test_truth_of_sums_to_everything_less_nothing(seed: int) -> None:
    drawn = np.random.default_rng(seed).normal(size=RENDERINGS)
    truth = truth_of(drawn)
    means = {name: drawn[list(places)].mean() for name, places in WORLDS.items()}
    whole = means["both"] - means["standing none"]
    assert truth.movement + truth.pose + truth.sign == pytest.approx(whole)


def test_renderings_begin_with_the_clip_and_change_one_cause() -> None:
    made = renderings(CHOICE, 3)
    clip = CHOICE.clip(3, telling=True)
    assert np.array_equal(made[0], clip.frames)
    changed = np.abs(made[1].astype(int) - made[0]).max(axis=-1) > 30
    assert changed[~clip.cue].mean() < 0.05
    assert changed[clip.cue].mean() > 0.2


def test_standing_holds_the_pose_and_leaves_the_rest() -> None:
    moving = make_clip(5, "boxing", camera="still", degraded=False)
    standing = make_clip(5, "boxing", camera="still", degraded=False, standing=4)
    assert np.array_equal(moving.frames[4], standing.frames[4])
    thing = standing.distractor.any(axis=0)[..., None]
    assert np.array_equal(
        np.where(thing, 0, standing.frames[0]), np.where(thing, 0, standing.frames[9])
    )

from __future__ import annotations

import numpy as np
import pytest

from engine.motion import flows, significant_flow
from engine.motion.light import evened
from tests.engine.motion.rendered import noisy, scene, shift, texture, turn

MOTIONS = {"still": np.eye(3), "pan": shift(4, 2), "turn": turn(1.5, zoom=1.02)}


def picture(contrast: float = 45.0) -> np.ndarray:
    return np.clip(texture(1, contrast)[60:-60, 60:-60], 0, 255).astype(np.uint8)


def repeated(still: np.ndarray, deviation: float, gains: tuple[float, ...]) -> list[np.ndarray]:
    random = np.random.default_rng(5)
    return [noisy(np.clip(still * gain, 0, 255), deviation, random) for gain in gains]


@pytest.mark.parametrize("gains", [(1, 1, 1), (0.88, 1.12, 0.95)], ids=["steady", "flicker"])
@pytest.mark.parametrize("deviation", [0, 10, 20])
@pytest.mark.parametrize("contrast", [45.0, 6.0, 0.0])
def test_still_picture_does_not_move(
    contrast: float, deviation: float, gains: tuple[float, ...]
) -> None:
    frames = repeated(picture(contrast), deviation, gains)
    for motion in flows(frames):
        assert (motion.significant > 1).mean() < 0.01


def test_flow_alone_would_call_a_noisy_wall_moving() -> None:
    motion = next(flows(repeated(picture(0), 10, (1, 1))))
    assert (motion.magnitude > 1).mean() > 0.05


@pytest.mark.parametrize("noise", [0.0, 5.0])
@pytest.mark.parametrize("camera", MOTIONS)
def test_object_moves_and_the_rest_does_not(camera: str, noise: float) -> None:
    seen = scene(MOTIONS[camera], 0.2, (-4.0, 2.5), noise=noise)
    motion = next(flows(seen.frames))
    called = motion.significant > 1
    assert called[~seen.on_object].mean() <= 0.04  # with what is covered and uncovered
    assert called[seen.on_object].mean() >= 0.97


def test_object_moves_under_flicker() -> None:
    seen = scene(np.eye(3), 0.2, (-4.0, 2.5))
    seen.frames[1] = np.rint(seen.frames[1] * 0.88).astype(np.uint8)
    called = next(flows(seen.frames)).significant > 1
    assert called[~seen.on_object].mean() <= 0.04  # with what is covered and uncovered
    assert called[seen.on_object].mean() >= 0.97


def test_significant_flow_is_nothing_on_noise_and_the_flow_on_an_object() -> None:
    still = significant_flow(*repeated(picture(), 10, (1, 1)))
    assert (np.linalg.norm(still, axis=-1) > 0.5).mean() < 0.01
    seen = scene(np.eye(3), 0.2, (-4.0, 2.5))
    moved = significant_flow(*seen.frames)
    assert np.allclose(np.median(moved[seen.on_object], axis=0), (-4, 2.5), atol=0.2)


def test_evened_takes_a_lamp_at_one_side_off() -> None:
    before = picture()[..., 0]
    lamp = 1 + 0.12 * np.linspace(0, 1, before.shape[1])
    after = np.clip(np.rint(before * lamp), 0, 255).astype(np.uint8)
    off = evened(before, after).astype(int) - before
    assert np.abs(off)[after < 255].mean() < 1
    assert np.abs(after.astype(int) - before).mean() > 5


def test_evened_leaves_pictures_of_one_light_as_they_are() -> None:
    before = picture()[..., 0]
    assert evened(before, before) is before

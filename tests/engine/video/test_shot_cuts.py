"""Cuts in generated shots: pans, moving things, noise, flashes, dark scenes, repeated frames."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from engine.types import UInt8Array
from engine.video.shot_cuts import AHEAD, SIZE, CutFinder

LENGTH = 12


def shot(seed: int, length: int = LENGTH, *, pan: float = 0.0, light: float = 1.0) -> UInt8Array:
    """A scene of coloured blots with grain and a thing that moves, uint8 (length, h, w, 3)."""
    rng = np.random.default_rng(seed)
    width, height = SIZE
    coarse = rng.integers(20, 235, (5, 14, 3)).astype(np.float32)
    scene = cv2.resize(coarse, (4 * width, height), interpolation=cv2.INTER_CUBIC)
    frames = []
    for number in range(length):
        left = 8 + pan * number
        columns = (np.arange(width) + round(left)) % (4 * width)
        frame = scene[:, columns].copy()
        frame[10:22, (3 * number) % 50 : (3 * number) % 50 + 9] = coarse[seed % 5, seed % 14]
        frames.append(light * (frame + rng.normal(0, 4, frame.shape)))
    return np.clip(np.round(frames), 0, 255).astype(np.uint8)


def found(frames: UInt8Array, first: int = 0) -> list[int]:
    finder = CutFinder(first)
    for frame in frames:
        finder.add(frame)
    finder.finish()
    return finder.cuts


@pytest.mark.parametrize("light", [1.0, 0.4, 0.15])
@pytest.mark.parametrize("pan", [0.0, 2.0, 6.0])
@pytest.mark.parametrize("seed", range(4))
def test_cut_is_the_first_frame_of_the_other_shot(seed: int, pan: float, light: float) -> None:
    one, other = (shot(2 * seed + i, pan=pan * i, light=light) for i in (0, 1))
    assert found(np.concatenate([one, other])) == [LENGTH]
    assert found(np.concatenate([other, one, other]), first=100) == [100 + LENGTH, 100 + 2 * LENGTH]


@pytest.mark.parametrize("pan", [0.0, 1.0, 4.0, 9.0])
@pytest.mark.parametrize("seed", range(3))
def test_one_shot_has_no_cut_however_fast_it_pans(seed: int, pan: float) -> None:
    frames = shot(seed, 30, pan=pan)
    assert found(frames) == []
    assert found(np.concatenate([frames[:1].repeat(9, axis=0), frames])) == []
    for times in (2, 3):
        assert found(frames.repeat(times, axis=0)) == []


@pytest.mark.parametrize("length", range(1, AHEAD + 1))
@pytest.mark.parametrize("to", [0, 255])
def test_flash_is_no_cut(length: int, to: int) -> None:
    frames = shot(5, 24, pan=1.0)
    frames[10 : 10 + length] = to
    assert found(frames) == []


def test_fade_and_light_that_grows_are_no_cut() -> None:
    frames = shot(6, 30)
    light = np.linspace(1, 0, 30)[:, None, None, None]
    assert found((frames * light).astype(np.uint8)) == []


def test_cut_beside_a_flash_is_found_once() -> None:
    frames = np.concatenate([shot(1), shot(2)])
    frames[LENGTH - 1] = 255
    (cut,) = found(frames)
    assert cut in (LENGTH - 1, LENGTH)


def test_what_is_judged_stays() -> None:
    frames = np.concatenate([shot(1), shot(2), shot(3)])
    whole = found(frames)
    finder = CutFinder(0)
    for number, frame in enumerate(frames):
        finder.add(frame)
        assert finder.judged == max(number + 1 - AHEAD, 0)
        assert finder.cuts == [cut for cut in whole if cut < finder.judged]


def test_frames_of_no_length_have_no_cut() -> None:
    assert found(np.zeros((0, SIZE[1], SIZE[0], 3), np.uint8)) == []
    assert found(shot(1)[:1]) == []
    assert found(np.concatenate([shot(1)[:1], shot(2)[:1]])) == [1]

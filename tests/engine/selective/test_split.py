from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.errors import AttributionError
from engine.selective import Prepared, Split, split, temporal_derivative
from engine.types import SPLIT_PRESETS
from tests.engine.selective import plain

SHAPES = arrays.array_shapes(min_dims=3, max_dims=3, max_side=6)
FLOATS = st.floats(-1e6, 1e6, width=32)
SIGMAS = st.floats(0, 5)
DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def still_blob(frames: int = 16) -> np.ndarray:
    rows, columns = np.mgrid[:32, :32]
    blob = np.exp(-((rows - 12.0) ** 2 + (columns - 18.0) ** 2) / 20).astype(np.float32)
    return np.repeat(blob[None], frames, axis=0)


@pytest.mark.parametrize("preset", SPLIT_PRESETS)
@given(
    volume=arrays.arrays(np.float32, SHAPES, elements=st.integers(-999, 999)),
    sigma=st.sampled_from([0.0, 0.5, 1.0, 2.0]),
)
def test_split_equals_a_plain_one(volume: np.ndarray, sigma: float, preset: str) -> None:
    assume(volume.size > 1)  # the spread of one voxel is not defined
    if preset == "paper-2020":
        volume = np.abs(volume)  # scaled values round, and then the order of sums would show
    answer = split(volume, sigma, preset=preset)
    relevance, mask = plain.masked(volume, sigma, preset)
    if preset == "variation":  # in another precision: what is at the threshold may fall either way
        score = plain.variation(volume)
        mask = np.where(np.isclose(score, answer.threshold, rtol=1e-4), answer.mask, mask)
    assert np.array_equal(answer.mask, mask)
    assert np.array_equal(answer.motion, relevance * mask)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0, 3.5])
@pytest.mark.parametrize("preset", SPLIT_PRESETS)
@pytest.mark.parametrize("seed", range(3))
def test_split_masks_noise_as_a_plain_one(preset: str, sigma: float, seed: int) -> None:
    volume = noise(16, 40, 30, seed=seed)
    answer = split(volume, sigma, preset=preset)
    relevance, mask = plain.masked(volume, sigma, preset)
    assert np.array_equal(answer.mask, mask)
    assert np.array_equal(answer.relevance, relevance)


@pytest.mark.parametrize("sigma", [0.0, 1.0, 2.5])
def test_split_code_2021_is_absolute_sobel_masking_to_the_last_bit(sigma: float) -> None:
    volume = noise(16, 56, 56)
    expected = plain.authors_motion(torch.tensor(volume), sigma).numpy()
    motion = split(volume, sigma, preset="code-2021").motion
    assert motion.dtype == np.float32
    assert motion.tobytes() == expected.tobytes()


@pytest.mark.parametrize("preset", SPLIT_PRESETS)
@given(volume=arrays.arrays(np.float32, SHAPES, elements=FLOATS), sigma=SIGMAS)
def test_split_parts_add_up_exactly(volume: np.ndarray, sigma: float, preset: str) -> None:
    answer = split(volume, sigma, preset=preset)
    assert np.array_equal(answer.motion + answer.static, answer.relevance)
    assert not answer.motion[~answer.mask].any()
    assert not answer.static[answer.mask].any()
    if preset != "paper-2020":
        assert np.array_equal(answer.relevance, volume)


@pytest.mark.parametrize("sigma", [0.0, 0.5, 1.0])
def test_split_recommended_finds_no_motion_in_a_still_blob(sigma: float) -> None:
    answer = split(still_blob(), sigma)
    assert not answer.mask.any()
    assert answer.changing_share == 0.0
    assert np.array_equal(answer.static, still_blob())


def test_split_with_zero_padding_invents_motion_at_both_ends() -> None:
    answer = split(still_blob(), 1.0, preset="code-2021")
    assert answer.frame_changing_share[[0, -1]].min() > 0.5
    assert not answer.mask[1:-1].any()
    assert answer.changing_share == pytest.approx(0.125, abs=0.01)


def test_split_finds_a_blob_that_moves() -> None:
    moving = np.stack([np.roll(frame, 2 * t, axis=1) for t, frame in enumerate(still_blob())])
    assert split(moving, 1.0).changing_share > 0.5


def test_split_paper_2020_rescales_signed_relevance_only() -> None:
    signed = split(noise(4, 6, 6), preset="paper-2020")
    assert (signed.relevance.min(), signed.relevance.max()) == (0, 1)
    positive = np.abs(noise(4, 6, 6))
    assert np.array_equal(split(positive, preset="paper-2020").relevance, positive)


def test_split_paper_2020_is_one_sided() -> None:
    appearing = np.zeros((6, 5, 5), np.float32)
    appearing[3:, 2, 2] = 1  # relevance before minus after is negative where it appears
    assert not split(appearing, 1.0, preset="paper-2020").mask[2, 2, 2]
    assert split(appearing, 1.0, preset="code-2021").mask[2, 2, 2]


def test_split_of_flat_negative_relevance_is_finite() -> None:
    answer = split(np.full((3, 4, 4), -2, np.float32), preset="paper-2020")
    assert not answer.relevance.any()
    assert np.isnan(answer.changing_share)


def test_split_leaves_its_argument_alone() -> None:
    volume = noise(4, 5, 6)
    before = volume.copy()
    split(volume, preset="paper-2020")
    assert np.array_equal(volume, before)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("preset", SPLIT_PRESETS)
def test_split_of_a_tensor_is_that_of_the_array(preset: str, device: str) -> None:
    volume = noise(6, 20, 17)
    by_tensor = split(torch.tensor(volume, device=device), 1.5, preset=preset)
    by_array = split(volume, 1.5, preset=preset)
    assert by_tensor.threshold == by_array.threshold
    for name in ("relevance", "motion", "static", "mask"):
        found = getattr(by_tensor, name)
        assert found.device.type == device
        assert np.array_equal(found.cpu().numpy(), getattr(by_array, name))
    assert by_tensor.changing_share == pytest.approx(by_array.changing_share)
    assert by_tensor.frame_changing_share == pytest.approx(by_array.frame_changing_share)


def test_split_shares_are_those_of_absolute_relevance() -> None:
    answer = split(noise(5, 8, 8), 1.0)
    by_frame = np.abs(answer.motion).sum((1, 2)) / np.abs(answer.relevance).sum((1, 2))
    assert answer.frame_changing_share == pytest.approx(by_frame, rel=1e-6)
    assert answer.changing_share == pytest.approx(
        np.abs(answer.motion).sum() / np.abs(answer.relevance).sum(), rel=1e-6
    )


def test_split_shares_are_nan_where_a_frame_has_no_relevance() -> None:
    volume = noise(4, 5, 5)
    volume[2] = 0
    shares = split(volume).frame_changing_share
    assert np.isnan(shares).tolist() == [False, False, True, False]


@pytest.mark.parametrize("sigma", [-0.1, float("nan"), float("inf")])
def test_split_refuses_a_senseless_sigma(sigma: float) -> None:
    with pytest.raises(AttributionError, match="sigma"):
        split(noise(2, 2, 2), sigma)


def test_split_refuses_an_unknown_preset() -> None:
    with pytest.raises(AttributionError, match="best") as caught:
        split(noise(2, 2, 2), preset="best")
    assert "recommended" in caught.value.hint


def test_prepared_answers_for_any_sigma_without_differentiating_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    volume = noise(5, 8, 9)
    prepared = Prepared(volume)
    expected = [split(volume, sigma) for sigma in (0.0, 1.0, 3.0)]

    def never(*_: object, **__: object) -> None:
        raise AssertionError("differentiated again")

    monkeypatch.setattr(import_module("engine.selective.split"), "temporal_derivative", never)
    answers: list[Split] = [prepared.at(sigma) for sigma in (0.0, 1.0, 3.0)]
    for answer, wanted in zip(answers, expected, strict=True):
        assert np.array_equal(answer.mask, wanted.mask)
    assert answers[0].mask.sum() > answers[1].mask.sum() > answers[2].mask.sum()


def test_split_of_one_voxel_has_no_motion() -> None:
    answer = split(np.ones((1, 1, 1), np.float32))
    assert answer.threshold == 0
    assert not answer.mask.any()


def test_split_threshold_is_sigma_unbiased_deviations() -> None:
    volume = noise(3, 4, 5)
    change = temporal_derivative(volume, padding="edge")
    assert split(volume, 2.0).threshold == pytest.approx(2 * change.std(ddof=1), rel=1e-6)

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from engine.errors import EngineError
from engine.metrics import mass_accuracy, rank_accuracy

SHAPES = arrays.array_shapes(min_dims=1, max_dims=3, max_side=5)
MEASURES = (mass_accuracy, rank_accuracy)


@st.composite
def maps(draw: st.DrawFn, largest: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Relevance with many ties, and a mask of the same shape."""
    shape = draw(SHAPES)
    relevance = draw(arrays.arrays(np.float32, shape, elements=st.integers(-largest, largest)))
    return relevance, draw(arrays.arrays(np.bool_, shape))


def plain_mass(relevance: np.ndarray, mask: np.ndarray) -> float:
    strength = [abs(float(value)) for value in relevance.flat]
    inside = [value for value, hit in zip(strength, mask.flat, strict=True) if hit]
    return sum(inside) / sum(strength)


def rank_over_all_orders(relevance: np.ndarray, mask: np.ndarray) -> float:
    """Mean over every order of the voxels, each sorted by strength with ties left in order."""
    count, scores = int(mask.sum()), []
    for order in permutations(range(relevance.size)):
        ranked = sorted(order, key=lambda index: -abs(relevance[index]))
        scores.append(np.mean([mask[index] for index in ranked[:count]]))
    return float(np.mean(scores))


@given(maps())
def test_mass_accuracy_equals_the_plain_sum(both: tuple[np.ndarray, np.ndarray]) -> None:
    relevance, mask = both
    if relevance.any():
        assert mass_accuracy(relevance, mask) == pytest.approx(plain_mass(relevance, mask))
    else:
        assert np.isnan(mass_accuracy(relevance, mask))


@given(arrays.arrays(np.float32, 6, elements=st.integers(-2, 2)), st.integers(1, 6), st.randoms())
def test_rank_accuracy_is_the_mean_over_random_tie_breaking(
    relevance: np.ndarray, count: int, random: object
) -> None:
    mask = np.isin(np.arange(6), random.sample(range(6), count))  # type: ignore[attr-defined]
    assert rank_accuracy(relevance, mask) == pytest.approx(rank_over_all_orders(relevance, mask))


@given(maps())
def test_rank_accuracy_lies_between_0_and_1(both: tuple[np.ndarray, np.ndarray]) -> None:
    score = rank_accuracy(*both)
    assert 0 <= score <= 1 or (np.isnan(score) and not both[1].any())


@given(arrays.arrays(np.bool_, SHAPES), st.sampled_from([0.0, 0.1, -3.0]))
def test_rank_accuracy_of_a_constant_map_is_exactly_chance(mask: np.ndarray, value: float) -> None:
    if mask.any():
        constant = np.full(mask.shape, value, np.float32)
        assert rank_accuracy(constant, mask) == mask.sum() / mask.size


@pytest.mark.parametrize("measure", MEASURES)
def test_accuracy_counts_negative_relevance_like_positive(measure) -> None:  # type: ignore[no-untyped-def]
    relevance = np.random.default_rng(0).standard_normal((3, 4, 5)).astype(np.float32)
    mask = relevance > 0.5
    assert measure(relevance, mask) == measure(-relevance, mask) == measure(abs(relevance), mask)


@pytest.mark.parametrize("measure", MEASURES)
def test_accuracy_is_1_inside_and_0_outside(measure) -> None:  # type: ignore[no-untyped-def]
    mask = np.zeros((2, 4, 4), np.bool_)
    mask[:, 1:3, 1:3] = True
    relevance = np.where(mask, -2, 0).astype(np.float32)
    assert measure(relevance, mask) == 1
    assert measure(np.where(mask, 0, 1).astype(np.float32), mask) == 0


def test_mass_accuracy_adds_up_large_maps_without_loss() -> None:
    relevance = np.full(3_000_000, 0.1, np.float32)
    mask = np.arange(relevance.size) % 3 == 0
    assert mass_accuracy(relevance, mask) == pytest.approx(1 / 3, rel=1e-9)


def test_rank_accuracy_without_a_mask_is_nan() -> None:
    assert np.isnan(rank_accuracy(np.ones((2, 2)), np.zeros((2, 2), np.bool_)))


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("relevance", "mask"),
    [
        (np.ones((2, 3)), np.ones((3, 2), np.bool_)),
        (np.ones((2, 3)), np.ones((2, 3), np.uint8)),
        (np.ones((2, 3), int), np.ones((2, 3), np.bool_)),
        (np.full((2, 3), np.nan), np.ones((2, 3), np.bool_)),
        (np.ones((0, 3)), np.ones((0, 3), np.bool_)),
    ],
)
def test_accuracy_refuses_what_does_not_fit(measure, relevance, mask) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(EngineError) as error:
        measure(relevance, mask)
    assert error.value.hint

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evidence.measure import Answers, weigh


def answers(seed: int, scale: float = 3.0) -> Answers:
    rng = np.random.default_rng(seed)
    sizes = {"clip": 1, "stills": 2, "orders": 1, "held": 1, "mixed": 1, "prior": 1}
    return Answers.from_logits(
        **{name: rng.normal(0, scale, (rows, 5)) for name, rows in sizes.items()},
        activation="softmax",
    )


@given(st.integers(0, 10_000), st.floats(0.01, 20))
def test_weigh_gives_parts_that_are_not_negative_and_sum(seed: int, scale: float) -> None:
    parts = weigh(answers(seed, scale))
    assert min(parts.still, parts.frames, parts.order) >= 0
    assert parts.total == pytest.approx(parts.still + parts.frames + parts.order)
    assert 0 <= parts.share <= 1


def test_weigh_agrees_with_sums_written_out() -> None:
    one = answers(3)
    p, q = np.exp2(one.clip[0]), np.exp2(one.prior[0])
    still, beyond = [], []
    for s in np.exp2(one.stills):
        moved = q * p / s
        moved /= moved.sum()
        still += [sum(s * np.log2(s / q)), sum(p * np.log2(p / moved))]
        beyond += [sum(p * np.log2(p / s)), sum(moved * np.log2(moved / q))]
    parts = weigh(one)
    assert parts.still == pytest.approx(np.mean(still))
    assert parts.frames + parts.order == pytest.approx(np.mean(beyond))


def test_weigh_finds_no_movement_where_order_makes_no_difference() -> None:
    one = answers(4)
    blind = Answers(one.clip, one.stills, one.clip, one.held, one.held, one.prior)
    assert weigh(blind).order == 0
    assert weigh(blind).frames > 0


def test_class_steps_are_additive_for_every_class() -> None:
    one = answers(5)
    steps = one.class_steps(0.3)
    assert steps.shape == (4, 5)
    assert np.diff(steps, axis=0).sum(axis=0) == pytest.approx(one.clip[0] - one.prior[0])
    assert steps[3] - steps[2] == pytest.approx(0.3 * (steps[3] - steps[1]))

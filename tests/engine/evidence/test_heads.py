from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pytest

from engine.evidence.heads import divergence_bits, log2_probabilities
from engine.types import Activation

_HEADS: tuple[Activation, ...] = ("softmax", "sigmoid", "binary")


def test_log2_probabilities_of_a_softmax_add_up_to_one() -> None:
    logits = np.array([[0.0, 0.0], [3.0, -2.0]], np.float32)
    bits = log2_probabilities(logits, "softmax")
    assert bits.dtype == np.float64
    assert bits[0] == pytest.approx([-1, -1])
    assert np.exp2(bits).sum(axis=1) == pytest.approx([1, 1])


def test_log2_probabilities_of_a_sigmoid_has_both_sides_of_each_class() -> None:
    bits = log2_probabilities(np.array([[0.0, -0.16, 40.0]], np.float32), "sigmoid")
    assert bits.shape == (1, 3, 2)
    assert np.exp2(bits[0, 1]) == pytest.approx([0.46009, 0.53991], abs=1e-5)
    assert bits[0, 2, 1] == pytest.approx(-40 / np.log(2))


def test_log2_probabilities_of_one_output_are_of_two_classes() -> None:
    bits = log2_probabilities(np.array([[-2.0, 2.0]]), "binary")
    assert bits.shape == (1, 2)
    assert bits == pytest.approx(log2_probabilities(np.array([[-2.0]]), "sigmoid")[0])


@pytest.mark.parametrize("head", _HEADS)
def test_log2_probabilities_of_extreme_logits_are_finite(head: Activation) -> None:
    bits = log2_probabilities(np.array([[1e30, -1e30], [-8e4, 8e4]]), head)
    assert np.isfinite(bits).all()
    assert (bits <= 0).all()


@pytest.mark.parametrize("head", _HEADS)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 30.0, 1000.0])
def test_divergence_bits_agree_with_sixty_digits(head: Activation, scale: float) -> None:
    p, q = scale * np.random.default_rng(0).normal(size=(2, 5, 4))
    if head == "binary":
        p, q = (np.stack([-row[:, 0], row[:, 0]], axis=1) for row in (p, q))
    found = divergence_bits(log2_probabilities(p, head), log2_probabilities(q, head))
    slow = [float(_exact(*rows, head)) for rows in zip(p, q, strict=True)]
    assert found == pytest.approx(slow, rel=1e-8, abs=1e-22)


def test_divergence_bits_are_summed_over_independent_classes() -> None:
    p, q = np.array([[1.0, -2.0]]), np.array([[0.5, 3.0]])
    parts = [
        divergence_bits(*(log2_probabilities(x[:, [i]], "sigmoid") for x in (p, q))) for i in (0, 1)
    ]
    whole = divergence_bits(*(log2_probabilities(x, "sigmoid") for x in (p, q)))
    assert whole == pytest.approx(sum(parts))


@pytest.mark.parametrize("head", _HEADS)
def test_divergence_bits_are_zero_for_equal_and_never_negative(head: Activation) -> None:
    logits = np.random.default_rng(1).normal(0, 300, (200, 2))
    p = log2_probabilities(logits, head)
    near = log2_probabilities(logits + 1e-12, head)
    assert (divergence_bits(p, p) == 0).all()
    assert (divergence_bits(p, near) >= 0).all()


def test_divergence_bits_of_excluded_classes() -> None:
    sure = np.array([[0.0, -np.inf]])
    open_ = np.array([[-1.0, -1.0]])
    assert divergence_bits(sure, sure) == [0]
    assert divergence_bits(sure, open_) == pytest.approx([1])
    assert divergence_bits(open_, sure) == [np.inf]


def test_divergence_bits_take_one_row_for_all() -> None:
    p = log2_probabilities(np.eye(3), "softmax")
    prior = log2_probabilities(np.zeros((1, 3)), "softmax")
    assert divergence_bits(p, prior).shape == (3,)
    with pytest.raises(ValueError, match="one head"):
        divergence_bits(p, log2_probabilities(np.zeros((1, 3)), "sigmoid"))


def _exact(p: np.ndarray, q: np.ndarray, head: Activation) -> Decimal:
    if head == "sigmoid":
        return sum(
            (_exact_softmax([a, 0.0], [b, 0.0]) for a, b in zip(p, q, strict=True)), Decimal(0)
        )
    if head == "binary":
        return _exact_softmax([p[0], 0.0], [q[0], 0.0])
    return _exact_softmax(list(p), list(q))


def _exact_softmax(p: list[float], q: list[float]) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        first, second = ([Decimal(float(x)).exp() for x in row] for row in (p, q))
        pairs = zip(first, second, strict=True)
        shares = ((a / sum(first), b / sum(second)) for a, b in pairs)
        return sum((a * (a / b).ln() for a, b in shares), Decimal(0)) / Decimal(2).ln()

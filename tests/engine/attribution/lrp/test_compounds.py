"""Operations made of others, against those and against sums written out."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.errors import AttributionError
from tests.engine.attribution.lrp.test_attention import drawn, traced

Body = Callable[[Tensor], Tensor]
FIRST, SECOND = drawn(3, 4, seed=5), drawn(3, 4, seed=6)
PROTOTYPES = drawn(2, 4, seed=7)
SAME: dict[str, tuple[Body, Body]] = {
    "lerp": (lambda x: torch.lerp(x, x.square(), 0.3), lambda x: x * 0.7 + x.square() * 0.3),
    "addcmul": (
        lambda x: torch.addcmul(FIRST, x, SECOND, value=2),
        lambda x: FIRST + x * SECOND * 2,
    ),
    "addcdiv": (lambda x: torch.addcdiv(x, x, x.norm(), value=2), lambda x: x + x / x.norm() * 2),
    "diff": (lambda x: torch.diff(x, dim=1), lambda x: x[:, 1:] - x[:, :-1]),
    "second diff": (lambda x: x.diff(n=2), lambda x: x.diff().diff()),
    "softmin": (lambda x: F.softmin(x, 1) * x, lambda x: torch.softmax(-x, 1) * x),
    "signed root": (lambda x: x.sign() * x.abs().sqrt(), lambda x: x * x.abs().rsqrt()),
    "glu": (lambda x: F.glu(x, 1), lambda x: x[:, :2] * torch.sigmoid(x[:, 2:])),
    "pairwise distance": (
        lambda x: F.pairwise_distance(x, FIRST),
        lambda x: (x - FIRST + 1e-6).norm(dim=-1),
    ),
    "cdist": (
        lambda x: torch.cdist(x, PROTOTYPES),
        lambda x: (x[:, None] - PROTOTYPES[None]).norm(dim=-1),
    ),
    "dist": (lambda x: torch.dist(x, FIRST), lambda x: (x - FIRST).norm()),
    "cosine by hand": (
        lambda x: F.cosine_similarity(x, FIRST, dim=1),
        lambda x: torch.einsum("rc,rc->r", F.normalize(x), F.normalize(FIRST)),
    ),
    "inner": (lambda x: torch.inner(x, PROTOTYPES), lambda x: x @ PROTOTYPES.T),
    "tensordot": (
        lambda x: torch.tensordot(x, PROTOTYPES, dims=([1], [1])),
        lambda x: x @ PROTOTYPES.T,
    ),
    "linear with a weight of the input": (
        lambda x: F.linear(x, x.square(), x[:, 0]),
        lambda x: x @ x.square().T + x[:, 0],
    ),
    "linear of a constant": (lambda x: F.linear(FIRST, x), lambda x: FIRST @ x.T),
    "mv": (lambda x: x.mv(PROTOTYPES[0]), lambda x: x @ PROTOTYPES[0]),
    "constant from the left": (
        lambda x: FIRST.T @ x,
        lambda x: torch.einsum("rk,rc->kc", FIRST, x),
    ),
    "einsum of three": (
        lambda x: torch.einsum("rc,rc,r->r", x, FIRST, FIRST[:, 0]),
        lambda x: torch.einsum("rc,rc->r", x, FIRST) * FIRST[:, 0],
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_compounds_are_handled_as_what_they_are_made_of(name: str) -> None:
    one, other = SAME[name]
    values = drawn(3, 4)
    back = drawn(*one(values).shape, seed=1)
    torch.testing.assert_close(
        traced(one, values, back), traced(other, values, back), rtol=1e-4, atol=1e-5
    )


def test_a_cosine_with_constant_prototypes_shares_by_signed_products() -> None:
    values, back = drawn(3, 4), drawn(3, 2, seed=1)
    expected = torch.zeros_like(values)
    for row in range(3):
        for k in range(2):
            products = [float(values[row, c] * PROTOTYPES[k, c]) for c in range(4)]
            for c in range(4):
                expected[row, c] += products[c] / sum(products) * back[row, k]

    def head(x: Tensor) -> Tensor:
        return F.linear(F.normalize(x, dim=1), F.normalize(PROTOTYPES, dim=1))

    def function(x: Tensor) -> Tensor:
        return F.cosine_similarity(x[:, None], PROTOTYPES[None], dim=2)

    for body in (head, function):
        found = traced(body, values, back)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_a_distance_to_a_prototype_shares_by_the_squares() -> None:
    values, back = drawn(3, 4), drawn(3, 2, seed=1)
    expected = torch.zeros_like(values)
    for row in range(3):
        for k in range(2):
            squares = [float(values[row, c] - PROTOTYPES[k, c]) ** 2 for c in range(4)]
            for c in range(4):
                expected[row, c] += squares[c] / sum(squares) * back[row, k]
    found = traced(lambda x: torch.cdist(x, PROTOTYPES), values, back)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_a_product_of_three_signals_gives_each_a_third() -> None:
    values, back = drawn(3, 4).abs() + 0.1, drawn(4, seed=1)
    found = traced(lambda x: torch.einsum("i,i,i->i", x[0], x[1], x[2]), values, back)
    torch.testing.assert_close(found, back.expand(3, 4) / 3, rtol=1e-4, atol=1e-5)


def test_a_bilinear_form_of_two_signals_gives_each_half() -> None:
    weight, values, back = drawn(2, 4, 4, seed=3), drawn(3, 4), drawn(3, 2, seed=1)
    found = traced(lambda x: F.bilinear(x, FIRST, weight, drawn(2)), values, back)
    terms = torch.einsum("ri,kij,rj->rki", values, weight, FIRST)
    expected = (terms / terms.sum(2, keepdim=True) * back[..., None]).sum(1)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-4)


def test_diff_with_prepend_is_refused_by_name() -> None:
    with pytest.raises(AttributionError, match="diff with prepend"):
        traced(lambda x: torch.diff(x, prepend=x[:1]), drawn(4), drawn(4, seed=1))

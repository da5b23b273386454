"""Rules of operations over axes, each against the same thing written out over numbers."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from engine.attribution.lrp.fixed_rules import spread_rule
from tests.engine.attribution.lrp.test_attention import drawn, traced

Share = Callable[[list[float]], list[float]]
ROWS, COLUMNS = 3, 5
PLACES = torch.arange(COLUMNS).repeat(ROWS, 1)
NOTHING = torch.zeros(ROWS, 1, dtype=torch.float64)


def winner(row: list[float]) -> list[float]:
    return [float(value == max(row)) for value in row]


def top_two(row: list[float]) -> list[float]:
    best = sorted(row)[-2:]
    return [value / sum(best) if value in best else 0.0 for value in row]


def middle(row: list[float]) -> list[float]:
    return [float(value == sorted(row)[len(row) // 2]) for value in row]


def powers(order: float) -> Share:
    def share(row: list[float]) -> list[float]:
        total = sum(abs(value) ** order for value in row)
        return [abs(value) ** order / total for value in row]

    return share


def distances(row: list[float]) -> list[float]:
    mean = sum(row) / len(row)
    total = sum((value - mean) ** 2 for value in row)
    return [(value - mean) ** 2 / total for value in row]


def softmax(row: list[float]) -> list[float]:
    total = sum(math.exp(value) for value in row)
    return [math.exp(value) / total for value in row]


REDUCTIONS: dict[str, tuple[Callable[[Tensor], Tensor], Share]] = {
    "max with axis": (lambda x: torch.max(x, dim=1)[0], winner),
    "max method": (lambda x: x.max(1).values, winner),
    "amax": (lambda x: x.amax(1), winner),
    "negative min": (lambda x: -(-x).min(1)[0], winner),
    "negative amin": (lambda x: -torch.amin(-x, 1), winner),
    "sort and select": (lambda x: x.sort(1).values[:, -1], winner),
    "argmax and gather": (lambda x: x.gather(1, x.argmax(1, keepdim=True))[:, 0], winner),
    "kthvalue": (lambda x: x.kthvalue(COLUMNS, dim=1)[0], winner),
    "cummax": (lambda x: x.cummax(1)[0][:, -1], winner),
    "max pooling with places": (
        lambda x: F.max_pool1d(x, COLUMNS, return_indices=True)[0][:, 0],
        winner,
    ),
    "topk": (lambda x: x.topk(2, dim=1)[0].mean(1), top_two),
    "median": (lambda x: x.median(1).values, middle),
    "quantile": (lambda x: x.quantile(0.5, dim=1), middle),
    "norm": (lambda x: x.norm(dim=1), powers(2)),
    "norm of order 1": (lambda x: torch.norm(x, p=1, dim=1), powers(1)),
    "vector norm": (lambda x: torch.linalg.vector_norm(x, 3, dim=1), powers(3)),
    "norm by hand": (lambda x: x.pow(2).sum(1).sqrt(), powers(2)),
    "power pooling": (lambda x: F.lp_pool1d(x.abs(), 3, COLUMNS)[:, 0], powers(3)),
    "GeM": (lambda x: x.abs().clamp(min=1e-6).pow(3).mean(1).pow(1 / 3), powers(3)),
    "std": (lambda x: x.std(1), distances),
    "std with named axis": (lambda x: torch.std(x, dim=-1, correction=0), distances),
    "old std": (lambda x: torch.std(x, 1, False, False), distances),
    "var": (lambda x: x.var(dim=1, keepdim=True)[:, 0], distances),
    "std and mean": (lambda x: torch.std_mean(x, 1)[0], distances),
    "logsumexp": (lambda x: torch.logsumexp(x, dim=1), softmax),
    "logsumexp by hand": (lambda x: x.exp().sum(1).log(), softmax),
    "cumsum": (lambda x: x.abs().cumsum(1)[:, -1], powers(1)),
    "einsum of one": (lambda x: torch.einsum("rc->r", x.abs()), powers(1)),
    "scatter_add": (
        lambda x: NOTHING.scatter_add(1, torch.zeros(ROWS, COLUMNS).long(), x.abs())[:, 0],
        powers(1),
    ),
    "scatter_add in place": (
        lambda x: (NOTHING * 1).scatter_add_(1, torch.zeros(ROWS, COLUMNS).long(), x.abs())[:, 0],
        powers(1),
    ),
    "index_add": (
        lambda x: NOTHING.index_add(1, torch.zeros(COLUMNS).long(), x.abs())[:, 0],
        powers(1),
    ),
}


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_share_as_written_out(name: str) -> None:
    body, share = REDUCTIONS[name]
    values, back = drawn(ROWS, COLUMNS), drawn(ROWS, seed=1)
    shares = torch.tensor([share(row) for row in values.tolist()]).double()
    found = traced(body, values, back)
    torch.testing.assert_close(found, shares * back[:, None], rtol=2e-5, atol=1e-6)
    assert float(found.sum()) == pytest.approx(float(back.sum()), rel=1e-4)


def test_mean_and_spread_together_share_each_their_own() -> None:
    values, back = drawn(4, 3), drawn(2, 3, seed=1)
    found = traced(lambda x: torch.stack(torch.var_mean(x, dim=0)), values, back)
    alone = traced(lambda x: torch.stack([x.var(0), x.mean(0)]), values, back)
    torch.testing.assert_close(found, alone)


@given(count=st.integers(1, 5), seed=st.integers(0, 99), constant=st.booleans())
@settings(max_examples=25, deadline=None)
def test_spread_rule_loses_nothing(count: int, seed: int, constant: bool) -> None:
    values = torch.ones(2, count).double() if constant else drawn(2, count, seed=seed)
    back = drawn(2, 1, seed=seed + 1)
    found = spread_rule(values, (1,), back)
    torch.testing.assert_close(found.sum(1, keepdim=True), back, rtol=1e-5, atol=1e-7)


def test_small_means_beside_large_ones_keep_their_relevance() -> None:
    values = torch.tensor([[1e-12, 2e-12], [1.0, 2.0]]).double()
    found = traced(lambda x: x.mean(1), values, torch.ones(2).double())
    torch.testing.assert_close(found.sum(1), torch.ones(2).double(), rtol=1e-5, atol=0)


MOVED: dict[str, Callable[[Tensor], Tensor]] = {
    "flip": lambda x: x.flip(1),
    "rot90": lambda x: torch.rot90(x, 1, (0, 1)),
    "roll": lambda x: x.roll(2, 1),
    "expand": lambda x: x[:, None].expand(ROWS, 2, COLUMNS),
    "repeat": lambda x: x.repeat(2, 1),
    "take": lambda x: x.take(torch.tensor([0, 3, 4])),
    "take_along_dim": lambda x: x.take_along_dim(torch.zeros(ROWS, 1).long(), 1),
    "masked_select": lambda x: x.masked_select(torch.arange(COLUMNS) > 1),
    "index": lambda x: x[:, torch.tensor([0, 0, 2])],
    "scatter": lambda x: torch.zeros(ROWS, 9).double().scatter(1, PLACES, x),
    "hstack": lambda x: torch.hstack([x, x]),
    "broadcast": lambda x: torch.broadcast_tensors(x, torch.zeros(2, 1, 1))[0],
    "unfold": lambda x: x.unfold(1, 3, 1),
    "scatter in place": lambda x: torch.zeros(ROWS, 9).double().scatter_(1, PLACES, x),
    "masked in place": lambda x: (x * 1).masked_fill_(torch.arange(COLUMNS) > 2, 0.0),
    "unsqueezed in place": lambda x: (x * 1).unsqueeze_(1).transpose_(0, 2),
    "tril": lambda x: x.tril(1),
}


@pytest.mark.parametrize("name", MOVED)
def test_moved_values_take_their_relevance_along(name: str) -> None:
    body, values = MOVED[name], drawn(ROWS, COLUMNS)
    places = torch.arange(1.0, ROWS * COLUMNS + 1).double().view(ROWS, COLUMNS)
    moved = body(places)
    back = drawn(*moved.shape, seed=1)
    expected = torch.zeros(ROWS * COLUMNS + 1).double()
    expected.index_add_(0, moved.flatten().long(), back.flatten())
    torch.testing.assert_close(traced(body, values, back), expected[1:].view(ROWS, COLUMNS))


@pytest.mark.parametrize("mode", ["nearest", "bilinear", "bicubic"])
def test_interpolation_shares_by_what_each_value_gave(mode: str) -> None:
    values, back = drawn(1, 1, 3, 4).abs(), drawn(1, 1, 5, 6, seed=1)

    def body(x: Tensor) -> Tensor:
        return F.interpolate(x, (5, 6), mode=mode)

    expected = torch.zeros(12).double()
    share = back / body(values)
    for place in range(12):
        unit = torch.zeros(12).double().index_fill(0, torch.tensor(place), 1.0).view(1, 1, 3, 4)
        expected[place] = values.flatten()[place] * (body(unit) * share).sum()
    found = traced(body, values, back)
    torch.testing.assert_close(found.flatten(), expected, rtol=1e-4, atol=1e-5)

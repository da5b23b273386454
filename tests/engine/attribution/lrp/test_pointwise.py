"""Rules of operations place by place, each against the same thing written out over numbers."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from engine.attribution.lrp.composites import COMPOSITES
from engine.attribution.lrp.context import Settings
from engine.attribution.lrp.fixed_rules import difference_rule
from engine.errors import AttributionError
from tests.engine.attribution.lrp.test_attention import drawn, traced

Body = Callable[[Tensor], Tensor]
POSITIVE = Settings(COMPOSITES["epsilon-plus-box"])
ONE_INPUT: dict[str, Body] = {
    "abs": torch.abs,
    "method abs": lambda x: x.abs(),
    "builtin abs": abs,
    "square": torch.square,
    "power": lambda x: x**2,
    "root of a power": lambda x: x.clamp(min=1e-6).pow(3).pow(1 / 3),
    "learned power": lambda x: x.abs() ** torch.tensor(1.5),
    "root": lambda x: x.abs().sqrt(),
    "logarithm": lambda x: torch.log1p(x.abs()),
    "exponential": lambda x: x.exp(),
    "power of a constant": lambda x: 2**x,
    "in place": lambda x: (x * 1).exp_().log_().pow_(2).abs_(),
    "reciprocal": lambda x: 1 / x,
    "threshold": lambda x: F.threshold(x, 0.1, 0.0),
    "limit": lambda x: torch.maximum(x, torch.tensor(0.2)),
    "limits": lambda x: torch.clip(x, -1, 1).clamp_max(0.5),
}


@pytest.mark.parametrize("name", ONE_INPUT)
def test_what_has_one_input_gives_it_all(name: str) -> None:
    back, body = drawn(3, 4, seed=1), ONE_INPUT[name]
    found = traced(lambda x: F.leaky_relu(body(x)), drawn(3, 4), back)  # a factor is no output
    torch.testing.assert_close(found, back)


SCALED: dict[str, Body] = {
    "over its norm": lambda x: x / x.norm(dim=1, keepdim=True),
    "over a limited norm": lambda x: x / x.norm(dim=1, keepdim=True).clamp_min(1e-12),
    "normalize": lambda x: F.normalize(x, dim=1),
    "over its sum": lambda x: x / x.abs().sum(1, keepdim=True),
    "rms by hand": lambda x: x * torch.rsqrt(x.pow(2).mean(1, keepdim=True) + 1e-6),
    "times a reciprocal": lambda x: x * (1 / x.std(1, keepdim=True)),
    "negative power": lambda x: x * x.norm(dim=1, keepdim=True) ** -1,
}


@pytest.mark.parametrize("name", SCALED)
def test_a_scale_is_a_constant(name: str) -> None:
    back = drawn(3, 4, seed=1)
    torch.testing.assert_close(traced(SCALED[name], drawn(3, 4), back), back)


def test_softmax_by_hand_is_a_gate_as_the_function_is() -> None:
    values, back = drawn(3, 4), drawn(3, 4, seed=1)

    def by_hand(x: Tensor) -> Tensor:
        powers = torch.exp(x - x.detach().amax(1, keepdim=True))
        return powers / powers.sum(1, keepdim=True) * x

    torch.testing.assert_close(traced(by_hand, values, back), back)
    torch.testing.assert_close(traced(lambda x: x.softmax(1) * x, values, back), back)


def test_where_gives_each_place_to_the_side_it_came_from() -> None:
    values, back = drawn(2, 5), drawn(5, seed=1)
    chosen = [True, False, True, True, False]
    expected = torch.zeros_like(values)
    for place, is_first in enumerate(chosen):
        expected[0 if is_first else 1, place] = back[place]
    mask = torch.tensor(chosen)
    torch.testing.assert_close(
        traced(lambda x: torch.where(mask, x[0], x[1]), values, back), expected
    )
    torch.testing.assert_close(traced(lambda x: x[0].where(mask, x[1]), values, back), expected)


def test_where_keeps_the_relevance_of_constants() -> None:
    values, back = drawn(5), drawn(5, seed=1)
    found = traced(lambda x: torch.where(x > 0, x, 3.0), values, back)
    torch.testing.assert_close(found, back * (values > 0))


@pytest.mark.parametrize(("pick", "better"), [(torch.maximum, max), (torch.min, min)])
def test_the_larger_of_two_takes_all_and_a_draw_half(pick: Body, better: Body) -> None:
    values, back = drawn(2, 5), drawn(5, seed=1)
    values[:, 2] = 0.5
    expected = torch.zeros_like(values)
    for place in range(5):
        pair = values[:, place].tolist()
        winners = [side for side in range(2) if pair[side] == better(pair)]
        for side in winners:
            expected[side, place] = back[place] / len(winners)
    torch.testing.assert_close(traced(lambda x: pick(x[0], x[1]), values, back), expected)


numbers = st.floats(-3, 3, allow_nan=False)


@given(first=numbers, second=numbers, back=numbers)
def test_difference_rule_shares_by_parts_of_the_result_s_sign(
    first: float, second: float, back: float
) -> None:
    sign = (first > second) - (first < second)
    one, other = max(first * sign, 0.0), max(-second * sign, 0.0)
    share = one / (one + other) if one + other > 0 else 0.5
    found = difference_rule(
        *(torch.tensor([side], dtype=torch.float64) for side in (first, second, back))
    )
    assert float(found[0]) == pytest.approx(share * back, abs=1e-9)
    assert float(found[0] + found[1]) == pytest.approx(back, abs=1e-9)


def test_a_distance_goes_to_the_larger_of_what_is_behind_a_relu() -> None:
    values = torch.tensor([3.0, 1.0, 4.0]).double()
    back = torch.tensor([5.0, 7.0]).double()
    found = traced(lambda x: (x[1:] - x[:-1]).abs(), values, back, POSITIVE)
    torch.testing.assert_close(found, torch.tensor([5.0, 0.0, 7.0]).double())


def test_differences_share_by_signed_values_in_transformers() -> None:
    found = traced(lambda x: x[0] - x[1], torch.tensor([3.0, 1.0]).double(), torch.tensor(4.0))
    torch.testing.assert_close(found, torch.tensor([6.0, -2.0]).double(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (lambda x: x.abs() ** x, "with an activation as exponent"),
        (lambda x: torch.div(x, 2, rounding_mode="floor"), "div with rounding"),
        (lambda x: x.cumprod(0), "cumprod"),
        (lambda x: torch.fft.fft(x).real, "fft"),
        (lambda x: x.prod(0), "prod"),
        (lambda x: x.norm(p=0, dim=0), "norm of order 0"),
        (lambda x: x.clamp(min=x.mean()), "clamp with weights or limits of the input"),
        (
            lambda x: F.conv1d(torch.ones(1, 1, 4).double(), x.view(1, 1, 4))[0, 0],
            "conv1d with weights or limits of the input",
        ),
        (lambda x: x.log_softmax(0) + 1, "log_softmax"),
    ],
)
def test_what_has_no_rule_is_named_with_its_line(body: Body, name: str) -> None:
    with pytest.raises(AttributionError, match=rf"{name}.* \(in .*test_pointwise.py:\d+\)"):
        traced(body, drawn(4), drawn(4, seed=1))

"""Every rule against its dense re-implementation in float64, on convolutions of any kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from engine.attribution.lrp.fixed_rules import signed_add_rule
from engine.attribution.lrp.rules import AlphaBeta, Epsilon, Flat, Gamma, Rule, WSquare, ZBox, ZPlus
from tests.engine.attribution import plain
from tests.engine.attribution.lrp.test_rules import shared

CALLS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}


@dataclass(frozen=True)
class Case:
    """A linear operation with values, weight and relevance of its result, in float64."""

    op: plain.LinearOp
    values: Tensor
    weight: Tensor
    relevance: Tensor


@st.composite
def cases(draw: st.DrawFn) -> Case:
    dimensions = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 1, 2]))
    inner, outer = (draw(st.integers(1, 2)) for _ in range(2))
    kernel = [draw(st.integers(1, 3)) for _ in range(dimensions)]
    dilation = draw(st.integers(1, 2))
    sizes = [dilation * (extent - 1) + draw(st.integers(1, 3)) for extent in kernel]
    options = {
        "stride": draw(st.integers(1, 2)),
        "padding": draw(st.integers(0, 1)) if min(sizes) > 1 else 0,
        "dilation": dilation,
        "groups": groups,
    }
    transposed = draw(st.booleans()) and options["padding"] == 0
    call = (TRANSPOSED if transposed else CALLS)[dimensions]
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**20)))
    shape = (inner * groups, outer, *kernel) if transposed else (outer * groups, inner, *kernel)
    weight = torch.randn(shape, generator=generator, dtype=torch.float64)
    values = torch.randn((1, inner * groups, *sizes), generator=generator, dtype=torch.float64)
    if draw(st.booleans()):
        values = values.clamp(min=0)  # as behind a ReLU

    def op(x: Tensor, w: Tensor) -> Tensor:
        return call(x, w, None, **options)

    found = op(values, weight)
    share = torch.rand(found.shape, generator=generator, dtype=torch.float64)
    firm = firm_sums(plain.parts(op, values, weight)).view(found.shape)
    return Case(op, values, weight, share * found * firm)


def firm_sums(contributions: Tensor) -> Tensor:
    """Outputs none of whose sums is so near zero that the stabilizer shows."""
    sums = [contributions.clamp(min=0).sum(0), contributions.clamp(max=0).sum(0)]
    sums.append(contributions.sum(0))
    return torch.stack([(part == 0) | (part.abs() > 0.05) for part in sums]).all(0)


def by(rule: Rule, case: Case) -> Tensor:
    bounds = box(case)
    return shared(rule, case.op, case.values, case.weight, case.relevance, bounds=bounds)


def dense_z_plus(case: Case) -> Tensor:
    return plain.z_plus(case.op, case.values, case.weight, case.relevance)


RULES: dict[str, tuple[Callable[[Case], Tensor], Callable[[Case], Tensor]]] = {
    "epsilon": (
        lambda c: by(Epsilon(), c),
        lambda c: plain.epsilon(c.op, c.values, c.weight, c.relevance),
    ),
    "z-plus": (lambda c: by(ZPlus(), c), dense_z_plus),
    "alpha-beta": (
        lambda c: by(AlphaBeta(alpha=2), c),
        lambda c: plain.alpha_beta(c.op, c.values, c.weight, c.relevance, 2),
    ),
    "gamma": (
        lambda c: by(Gamma(gamma=0.5), c),
        lambda c: plain.gamma(c.op, c.values, c.weight, c.relevance, 0.5),
    ),
    "w-square": (
        lambda c: by(WSquare(), c),
        lambda c: plain.w_square(c.op, c.values, c.weight, c.relevance),
    ),
    "flat": (lambda c: by(Flat(), c), lambda c: plain.flat(c.op, c.values, c.weight, c.relevance)),
    "z-box": (
        lambda c: by(ZBox(), c),
        lambda c: plain.z_box(c.op, c.values, c.weight, *box(c), c.relevance),
    ),
}


def box(case: Case) -> tuple[Tensor, Tensor]:
    return torch.full_like(case.values, -5.0), torch.full_like(case.values, 5.0)


@pytest.mark.parametrize("rule", RULES)
@given(case=cases())
@settings(max_examples=40, deadline=None)
def test_rules_equal_dense_ones_anywhere(rule: str, case: Case) -> None:
    ours, dense = RULES[rule]
    torch.testing.assert_close(ours(case), dense(case), rtol=1e-4, atol=1e-4)


def test_alpha_beta_with_alpha_one_is_z_plus() -> None:
    torch.manual_seed(0)
    weight, values = torch.randn(3, 2, 3), torch.rand(1, 2, 6)
    relevance = torch.rand(1, 3, 4)
    found = shared(AlphaBeta(alpha=1), F.conv1d, values, weight, relevance)
    torch.testing.assert_close(found, shared(ZPlus(), F.conv1d, values, weight, relevance))


def test_rules_give_biases_their_share() -> None:
    weight, values = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0, 1.0]])
    bias, relevance = torch.tensor([1.0]), torch.tensor([[8.0]])
    assert shared(Epsilon(), F.linear, values, weight, relevance, bias=bias).tolist() == [
        pytest.approx([2, 4], rel=1e-5)
    ]
    assert shared(ZPlus(), F.linear, values, weight, relevance, bias=-bias).tolist() == [
        pytest.approx([8 / 3, 16 / 3], rel=1e-5)
    ]


def test_epsilon_takes_from_weak_sums() -> None:
    weight, values = torch.tensor([[1.0], [0.01]]), torch.tensor([[1.0]])
    relevance = torch.tensor([[0.0, 1.0]])
    kept = shared(Epsilon(0.1), F.linear, values, weight, relevance)
    assert 0 < float(kept) < 0.2


def test_signed_add_rule_gives_in_proportion_to_values() -> None:
    first, second = torch.tensor([3.0, 2.0, 0.0]), torch.tensor([1.0, -1.0, 0.0])
    one, other = signed_add_rule(first, second, torch.tensor([8.0, 1.0, 6.0]))
    assert one.tolist() == pytest.approx([6, 2, 3], rel=1e-5)
    assert other.tolist() == pytest.approx([2, -1, 3], rel=1e-5)


def test_a_stabilizer_never_takes_much_from_a_weak_network() -> None:
    weight, values = torch.tensor([[1e-7, 2e-7]]), torch.tensor([[1.0, 1.0]])
    found = shared(Epsilon(), F.linear, values, weight, torch.tensor([[1.0]]), stabilizer=1e-6)
    assert float(found.sum()) == pytest.approx(1, abs=2e-4)

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from zennit import rules as zennit_rules
from zennit.core import Hook

from engine.attribution.lrp.fixed_rules import add_rule, average_rule
from engine.attribution.lrp.operation import Operation
from engine.attribution.lrp.rules import RULES, Epsilon, Flat, Rule, ZBox, ZPlus
from tests.engine.attribution import plain

LOW, HIGH = torch.tensor(-1.5), torch.tensor(2.0)

LAYERS: dict[str, tuple[plain.LinearOp, tuple[int, ...], tuple[int, ...]]] = {
    "linear": (F.linear, (4, 7), (1, 7)),
    "conv1d": (F.conv1d, (4, 3, 3), (1, 3, 6)),
    "strided": (lambda x, w: F.conv2d(x, w, stride=2, padding=1), (4, 3, 3, 3), (1, 3, 5, 6)),
    "dilated": (lambda x, w: F.conv2d(x, w, dilation=2), (2, 3, 2, 2), (1, 3, 5, 5)),
    "grouped": (lambda x, w: F.conv2d(x, w, groups=2), (4, 2, 2, 2), (1, 4, 4, 4)),
    "depthwise": (lambda x, w: F.conv1d(x, w, groups=3), (3, 1, 2), (1, 3, 5)),
    "conv3d": (lambda x, w: F.conv3d(x, w, padding=1), (2, 3, 3, 3, 3), (1, 3, 3, 3, 3)),
    "transposed": (
        lambda x, w: F.conv_transpose2d(x, w, stride=2, padding=1, output_padding=1),
        (3, 2, 3, 3),
        (1, 3, 3, 3),
    ),
    "transposed grouped": (
        lambda x, w: F.conv_transpose3d(x, w, groups=2, padding=1),
        (4, 2, 3, 3, 3),
        (1, 4, 2, 3, 3),
    ),
}


@pytest.fixture(params=LAYERS)
def layer(request: pytest.FixtureRequest) -> tuple[plain.LinearOp, Tensor, Tensor, Tensor]:
    """An operation, values between `LOW` and `HIGH`, a weight, relevance of what comes out."""
    op, weight_shape, shape = LAYERS[request.param]
    generator = torch.Generator().manual_seed(len(request.param))
    weight = torch.randn(weight_shape, generator=generator)
    values = torch.rand(shape, generator=generator) * (HIGH - LOW) + LOW
    relevance = torch.rand(op(values, weight).shape, generator=generator)
    return op, values, weight, relevance


def shared(
    rule: Rule, op: plain.LinearOp, values: Tensor, weight: Tensor, relevance: Tensor, **more: Any
) -> Tensor:
    return rule.relevance(Operation(op, values, weight, **more), relevance)


def assert_same(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found.double(), expected, rtol=2e-4, atol=2e-4)


def test_epsilon_equals_a_dense_one(layer: tuple) -> None:
    op, values, weight, share = layer
    relevance = share * op(values, weight)  # as in a network: none where a sum nearly cancels
    found = shared(Epsilon(), op, values, weight, relevance)
    assert_same(found, plain.epsilon(op, values, weight, relevance))


def test_z_plus_equals_a_dense_one(layer: tuple) -> None:
    op, values, weight, relevance = layer
    assert_same(shared(ZPlus(), *layer), plain.z_plus(*layer))
    behind_relu = values.clamp(min=0)
    assert_same(
        shared(ZPlus(), op, behind_relu, weight, relevance),
        plain.z_plus(op, behind_relu, weight, relevance),
    )


def test_z_plus_conserves_and_is_never_negative(layer: tuple) -> None:
    found = shared(ZPlus(), *layer)
    assert found.min() >= 0
    assert found.sum().item() == pytest.approx(layer[-1].sum().item(), rel=1e-5)


def test_z_plus_spreads_what_nothing_excited(layer: tuple) -> None:
    op, values, weight, relevance = layer
    silent = -weight.abs(), values.abs()
    found = shared(ZPlus(), op, silent[1], silent[0], relevance)
    assert_same(found, plain.z_plus(op, silent[1], silent[0], relevance))
    assert found.sum().item() == pytest.approx(relevance.sum().item(), rel=1e-5)


def test_z_plus_of_values_all_zero_conserves(layer: tuple) -> None:
    op, values, weight, relevance = layer
    found = shared(ZPlus(), op, torch.zeros_like(values), weight, relevance)
    assert found.sum().item() == pytest.approx(relevance.sum().item(), rel=1e-5)


def test_z_box_equals_a_dense_one(layer: tuple) -> None:
    op, values, weight, relevance = layer
    box = torch.full_like(values, LOW), torch.full_like(values, HIGH)
    expected = plain.z_box(op, values, weight, *box, relevance)
    assert_same(shared(ZBox(), op, values, weight, relevance, bounds=box), expected)
    assert expected.sum().item() == pytest.approx(relevance.sum().item(), rel=1e-5)


@pytest.mark.parametrize("name", ["conv1d", "strided", "dilated", "conv3d"])
def test_z_box_in_one_wide_call_is_the_same(name: str) -> None:
    op, weight_shape, shape = LAYERS[name]
    weight, values = torch.randn(weight_shape), torch.rand(shape)
    relevance = torch.rand_like(op(values, weight))
    box = torch.full_like(values, LOW), torch.full_like(values, HIGH)
    torch.testing.assert_close(
        shared(ZBox(), op, values, weight, relevance, bounds=box, is_wide=True),
        shared(ZBox(), op, values, weight, relevance, bounds=box),
    )


def test_flat_is_even_over_the_receptive_field() -> None:
    weight, values = torch.randn(1, 1, 3), torch.randn(1, 1, 5)
    found = shared(Flat(), F.conv1d, values, weight, torch.tensor([[[3.0, 0.0, 6.0]]]))
    assert found.flatten().tolist() == pytest.approx([1, 1, 3, 2, 2], rel=1e-5)


def test_average_rule_follows_each_part_of_the_mean() -> None:
    values = torch.tensor([[1.0, 3.0, 0.0, -2.0]])
    relevance = torch.tensor([4.0])
    found = average_rule(lambda x: x.mean(1), values, relevance)
    assert found.flatten().tolist() == pytest.approx([2, 6, 0, -4], rel=1e-4)


def test_add_rule_gives_in_proportion_to_positive_parts() -> None:
    first = torch.tensor([3.0, 2.0, -1.0, 0.0, -1.0, 0.0])
    second = torch.tensor([1.0, -5.0, 4.0, 0.0, -3.0, 0.0])
    relevance = torch.tensor([8.0, 1.0, 1.0, 6.0, 4.0, 0.0])
    one, other = add_rule(first, second, relevance)
    assert one.tolist() == [6, 1, 0, 3, 1, 0]
    assert torch.equal(one + other, relevance)


@contextmanager
def hooked(module: nn.Module, rule: Hook) -> Iterator[None]:
    handle = rule.register(module)
    try:
        yield
    finally:
        handle.remove()


CONVOLUTIONS = {
    "conv2d": (lambda: nn.Conv2d(3, 4, 3, stride=2, padding=1), (1, 3, 7, 7)),
    "conv3d": (lambda: nn.Conv3d(3, 4, 3, padding=1), (1, 3, 4, 6, 6)),
    "linear": (lambda: nn.Linear(9, 5), (1, 9)),
}


def by_zennit(module: nn.Module, rule: Hook, values: Tensor, relevance: Tensor) -> Tensor:
    leaf = values.clone().requires_grad_()
    with hooked(module, rule):
        (found,) = torch.autograd.grad(module(leaf), leaf, relevance)
    return found


def op_of(module: nn.Module) -> plain.LinearOp:
    if isinstance(module, nn.Linear):
        return F.linear
    call: Callable[..., Tensor] = F.conv3d if isinstance(module, nn.Conv3d) else F.conv2d
    return lambda x, w: call(x, w, None, module.stride, module.padding)


@pytest.mark.parametrize("kind", CONVOLUTIONS)
@pytest.mark.parametrize("rule", ["z-plus", "epsilon", "z-box"])
def test_rules_agree_with_zennit(kind: str, rule: str) -> None:
    torch.manual_seed(3)
    build, shape = CONVOLUTIONS[kind]
    module = build().requires_grad_(False)
    values = torch.rand(shape) * (HIGH - LOW) + LOW
    relevance = torch.rand_like(module(values)) * op_of(module)(values, module.weight)
    box = torch.full_like(values, LOW), torch.full_like(values, HIGH)
    theirs = {
        "z-plus": zennit_rules.ZPlus(stabilizer=1e-9, zero_params="bias"),
        "epsilon": zennit_rules.Epsilon(epsilon=1e-9, zero_params="bias"),
        "z-box": zennit_rules.ZBox(*box, stabilizer=1e-9, zero_params="bias"),
    }[rule]
    ours = shared(RULES[rule](), op_of(module), values, module.weight, relevance, bounds=box)
    expected = by_zennit(module, theirs, values, relevance)
    torch.testing.assert_close(ours, expected, rtol=1e-3, atol=1e-3)

"""Positions as a named part of the sum, and networks that cannot do without their biases."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from engine.attribution import Attribution, attribute, attribute_all
from engine.errors import AttributionError
from tests.engine.attribution.nets import CLASSES, conv
from tests.engine.attribution.plain import model_of, random_clip

TOKENS, WIDTH = 4, 6


class Tokens(nn.Module):
    """A token a frame, positions added to them, and their mean in a classifier without a bias."""

    def __init__(self, body: Callable[[Tokens, Tensor], Tensor], *, is_class_first: bool = False):
        super().__init__()
        torch.manual_seed(0)
        self.first = conv(3, bias=False)
        self.positions = nn.Parameter(torch.randn(1, TOKENS + is_class_first, WIDTH))
        self.first_token = nn.Parameter(torch.randn(1, 1, WIDTH))
        self.head = nn.Linear(WIDTH, CLASSES, bias=False)
        self.body = body

    def forward(self, clip: Tensor) -> Tensor:
        tokens = self.body(self, self.first(clip).mean((3, 4)).transpose(1, 2))
        logits: Tensor = self.head(tokens.mean(1))
        return logits

    def given(self, rows: Tensor, target: int) -> float:
        """What some rows of the positions give to a logit: the network is linear in them."""
        weight = self.head.weight.double()[target]
        return float((weight @ rows.double().sum((0, 1))) / self.positions.shape[1])


def added(net: Tokens, tokens: Tensor) -> Tensor:
    return tokens + net.positions


def added_in_place(net: Tokens, tokens: Tensor) -> Tensor:
    tokens += net.positions
    return tokens


def behind_a_class_token(net: Tokens, tokens: Tensor) -> Tensor:
    first = net.first_token.expand(len(tokens), -1, -1)
    return torch.cat([first, tokens], 1) + net.positions


def explained(network: nn.Module, **options: object) -> Attribution:
    return attribute(model_of(network), random_clip(), 1, "lrp", composite="attention", **options)


@pytest.mark.parametrize("body", [added, added_in_place])
def test_positions_are_what_a_linear_network_makes_of_them(
    body: Callable[[Tokens, Tensor], Tensor],
) -> None:
    network = Tokens(body)
    result = explained(network)
    assert result.conservation == pytest.approx(1, abs=1e-3)
    assert result.positions == pytest.approx(network.given(network.positions, 1), rel=1e-3)


def test_positions_of_class_tokens_do_not_count_with_the_pixels() -> None:
    network = Tokens(behind_a_class_token, is_class_first=True)
    result = explained(network)
    assert result.positions == pytest.approx(network.given(network.positions[:, 1:], 1), rel=1e-3)


def test_positions_are_told_clip_by_clip() -> None:
    model, clips = model_of(Tokens(added)), [random_clip(seed=0), random_clip(seed=1)]
    both = attribute_all(model, clips, None, "lrp", composite="attention")
    for clip, found in zip(clips, both, strict=True):
        alone = attribute(model, clip, None, "lrp", composite="attention")
        assert found.positions == pytest.approx(alone.positions, rel=1e-4)


@pytest.mark.parametrize(
    "body", [lambda net, tokens: tokens, lambda net, tokens: tokens + net.first_token]
)
def test_networks_without_positions_have_no_part_of_them(
    body: Callable[[Tokens, Tensor], Tensor],
) -> None:
    assert math.isnan(explained(Tokens(body)).positions)


def test_layer_norm_without_biases_is_refused() -> None:
    network = nn.Sequential(Tokens(added), nn.LayerNorm(CLASSES))
    with pytest.raises(AttributionError, match="no bounds in a network with LayerNorm") as caught:
        explained(network, biases="nothing")
    assert "share" in caught.value.hint


class LayerNorm2d(nn.Module):
    def forward(self, values: Tensor) -> Tensor:
        mean, spread = values.mean(1, keepdim=True), values.std(1, keepdim=True)
        return (values - mean) / (spread + 1e-6)


def test_layer_norm_written_by_hand_takes_the_rules_of_transformers() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(Tokens(added), LayerNorm2d())
    result = attribute(model_of(network), random_clip(), 1, "lrp")
    assert any("Biases" in notice for notice in result.notices)
    assert result.conservation == pytest.approx(1, abs=1e-3)


def test_relevance_that_cancels_out_is_told() -> None:
    network = Tokens(added)
    network.positions.data.zero_()
    features = network.first(random_clip().tensor).mean((0, 2, 3, 4))
    network.head.weight.data[1] = torch.tensor([1.0, -0.9999, 0, 0, 0, 0]) / features
    assert any("cancel out" in notice for notice in explained(network).notices)
    assert not explained(Tokens(added)).notices[1:]


def test_relevance_that_is_not_finite_is_refused() -> None:
    def infinite(net: Tokens, tokens: Tensor) -> Tensor:
        if tokens.requires_grad:
            tokens.register_hook(lambda back: back * math.inf)
        return tokens * 1

    with pytest.raises(AttributionError, match="not finite"):
        explained(Tokens(infinite))

"""Recurrent cells, gates and attention as people write them by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tests.engine.attribution import plain
from tests.engine.attribution.lrp.test_attention import drawn, traced
from tests.engine.attribution.lrp.test_recurrent import DEFAULT, SHARING, layer

Body = Callable[[Tensor], Tensor]
Step = Callable[[nn.Module, Tensor, Tensor], Tensor]


def by_two_products(net: nn.LSTM, clip: Tensor) -> Tensor:
    """An LSTM whose gates are sums of two linear layers."""
    state = torch.zeros(len(clip), 4).double(), torch.zeros(len(clip), 4).double()
    for frame in clip.unbind(1):
        sums = F.linear(frame, net.weight_ih_l0) + F.linear(state[0], net.weight_hh_l0)
        state = opened(*sums.chunk(4, 1), state[1])
    return state[0]


def by_one_product(net: nn.LSTM, clip: Tensor) -> Tensor:
    """An LSTM with one linear layer on the input and the hidden state side by side."""
    weight = torch.cat([net.weight_ih_l0, net.weight_hh_l0], 1)
    state = torch.zeros(len(clip), 4).double(), torch.zeros(len(clip), 4).double()
    for frame in clip.unbind(1):
        both = torch.cat([frame, state[0]], 1)
        i, f, g, o = torch.split(F.linear(both, weight), 4, dim=1)
        state = opened(i, f, g, o, state[1])
    return state[0]


def opened(i: Tensor, f: Tensor, g: Tensor, o: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
    cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
    return o.sigmoid() * cell.tanh(), cell


@pytest.mark.parametrize("written", [by_two_products, by_one_product])
def test_lstm_by_hand_equals_the_layer(written: Callable[[nn.LSTM, Tensor], Tensor]) -> None:
    net, clips = layer("LSTM", bias=False), drawn(2, 5, 5)
    back = net(clips)[0][:, -1]
    found = traced(lambda x: written(net, x), clips, back, DEFAULT)
    expected = traced(lambda x: net(x)[0][:, -1], clips, back, DEFAULT)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)


BLENDS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "weights": lambda z, n, h: (1 - z) * n + z * h,
    "difference": lambda z, n, h: n + z * (h - n),
    "lerp": lambda z, n, h: torch.lerp(n, h, z),
    "addcmul": lambda z, n, h: torch.addcmul((1 - z) * n, z, h),
}


@pytest.mark.parametrize("blend", BLENDS)
def test_gru_by_hand_equals_the_layer(blend: str) -> None:
    net, clips = layer("GRU", bias=False), drawn(2, 5, 5)

    def written(clip: Tensor) -> Tensor:
        hidden = torch.zeros(len(clip), 4).double()
        for frame in clip.unbind(1):
            given = F.linear(frame, net.weight_ih_l0).chunk(3, 1)
            held = F.linear(hidden, net.weight_hh_l0).chunk(3, 1)
            reset, update = (torch.sigmoid(given[k] + held[k]) for k in (0, 1))
            new = torch.tanh(given[2] + reset * held[2])
            hidden = BLENDS[blend](update, new, hidden)
        return hidden

    back = written(clips)
    found = traced(written, clips, back, DEFAULT)
    expected = traced(lambda x: net(x)[0][:, -1], clips, back, DEFAULT)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)


class ConvLSTM(nn.Module):
    """A ConvLSTM of one convolution without a bias (Shi et al. 2015, arXiv 1506.04214)."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = drawn(8, 4, 3, 3)

    def sums(self, frame: Tensor, hidden: Tensor) -> Tensor:
        return F.conv2d(torch.cat([frame, hidden], 1), self.weight, padding=1)

    def forward(self, clip: Tensor) -> Tensor:
        hidden = cell = clip.new_zeros(len(clip), 2, 3, 3)
        for frame in clip.unbind(1):
            i, f, o, g = torch.split(self.sums(frame, hidden), 2, dim=1)
            hidden, cell = opened(i, f, g, o, cell)
        return hidden.mean((2, 3)) @ drawn(2, 3, seed=4)


def plain_conv_lstm(net: ConvLSTM, clip: Tensor, logits: Tensor) -> Tensor:
    """Relevance of the frames (T, C, h, w), step by step backwards."""
    h = c = torch.zeros(1, 2, 3, 3).double()
    kept = []
    for frame in clip[:, None]:
        i, f, o, g = net.sums(frame, h).chunk(4, 1)
        kept.append((h, f.sigmoid() * c, i.sigmoid() * g.tanh()))
        h, c = opened(i, f, g, o, c)
    head = h.mean((2, 3)).T * drawn(2, 3, seed=4)
    pooled = (head / head.sum(0) * logits).sum(1).view(1, 2, 1, 1)
    late, held = pooled * h / h.sum((2, 3), keepdim=True), torch.zeros_like(h)
    found = torch.zeros_like(clip)
    for t in reversed(range(len(clip))):
        h, old, new = kept[t]
        share = (late + held) / (old + new)
        both = torch.cat([clip[t : t + 1], h], 1)
        op = lambda values, weight: F.conv2d(values, weight, padding=1)  # noqa: E731
        parts = plain.z_plus(op, both, net.weight[6:], share * new)
        found[t], late, held = parts[0, :2], parts[:, 2:], share * old
    return found


def test_conv_lstm_by_hand_equals_its_rules_written_out() -> None:
    net, clips = ConvLSTM(), drawn(1, 4, 2, 3, 3, seed=1)
    logits = net(clips)
    found = traced(net, clips, logits, DEFAULT)
    expected = plain_conv_lstm(net, clips[0], logits[0])
    torch.testing.assert_close(found[0], expected, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(found.sum(), logits.sum(), rtol=1e-4, atol=1e-6)


def gate_alone(gate: Body) -> Body:
    """Half of the channels make a gate, and half a signal."""

    def body(values: Tensor) -> Tensor:
        first, second = values.chunk(2, 1)
        return gate(first @ drawn(3, 3, seed=5)) * torch.tanh(second)

    return body


@pytest.mark.parametrize(
    "gate",
    [
        torch.sigmoid,
        F.hardsigmoid,
        lambda x: torch.softmax(x, 1),
        lambda x: 1 - x.sigmoid(),
        lambda x: torch.stack([one.sigmoid() for one in x.unbind(1)], 1),
        lambda x: torch.cat([x[:, :1].sigmoid(), x[:, 1:].sigmoid()], 1),
        lambda x: x.exp() / x.exp().sum(1, keepdim=True),
        lambda x: x.sigmoid().clone().view(2, 3).expand(2, 3),
    ],
)
def test_what_a_gate_multiplies_takes_all(gate: Body) -> None:
    values, back = drawn(2, 6), drawn(2, 3, seed=1)
    found = traced(gate_alone(gate), values, back, DEFAULT)
    assert not found[:, :3].any()
    torch.testing.assert_close(found[:, 3:], back)


def test_a_gated_constant_takes_what_a_bias_takes() -> None:
    values, constant = drawn(2, 6), drawn(2, 3, seed=1)

    def body(given: Tensor) -> Tensor:
        first, second = given.chunk(2, 1)
        return first.sigmoid() * constant + torch.tanh(second)

    back = drawn(2, 3, seed=2)
    found = traced(body, values, back, DEFAULT)
    assert not found[:, :3].any()
    torch.testing.assert_close(found[:, 3:], back)
    shared = traced(body, values, back, SHARING)
    new = torch.tanh(values[:, 3:])
    torch.testing.assert_close(shared[:, 3:], back * new / body(values), rtol=1e-4, atol=1e-5)


ATTENTION: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "weighted sum": lambda scores, seen: (scores.softmax(1) * seen).sum(1),
    "bmm": lambda scores, seen: torch.bmm(scores.softmax(1).mT, seen)[:, 0],
    "einsum": lambda scores, seen: torch.einsum("btk,btd->bd", scores.softmax(1), seen),
    "by exp": lambda scores, seen: (seen * (scores.exp() / scores.exp().sum(1, True))).sum(1),
}


def test_attention_over_recurrent_outputs_is_the_same_however_written() -> None:
    net, clips = layer("LSTM"), drawn(2, 5, 5)

    def body(values: Tensor, way: str) -> Tensor:
        seen = net(values)[0]
        return ATTENTION[way](torch.tanh(seen @ drawn(4, 4)) @ drawn(4, 1), seen)

    back = body(clips, "bmm")
    found = [traced(lambda x, way=way: body(x, way), clips, back, DEFAULT) for way in ATTENTION]
    for one in found:
        torch.testing.assert_close(one, found[0], rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(found[0].sum(), back.sum(), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("biases", ["share", "nothing"])
def test_classifier_behind_a_recurrent_layer_shares_its_bias_by_size(biases: str) -> None:
    values = drawn(2, 4)
    weight, bias = drawn(3, 4, seed=1), drawn(3, seed=2)
    logits = F.linear(values.tanh(), weight, bias)
    settings = DEFAULT if biases == "nothing" else SHARING
    found = traced(lambda x: F.linear(x.tanh(), weight, bias), values, logits, settings)
    parts = weight * values.tanh()[:, None]
    expected = parts.sum(1)
    if biases == "nothing":
        sizes = parts.abs()
        expected = expected + (sizes / sizes.sum(2, keepdim=True) * bias[:, None]).sum(1)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)

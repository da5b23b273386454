"""The rules of recurrent layers, each against the same thing written out in double precision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from engine.attribution import attribute
from engine.attribution.lrp.composites import COMPOSITES
from engine.attribution.lrp.context import Settings
from engine.errors import AttributionError
from tests.engine.attribution.lrp.test_attention import drawn, traced
from tests.engine.attribution.plain import model_of, random_clip

DEFAULT = Settings(COMPOSITES["epsilon-plus-box"])
SHARING = replace(DEFAULT, biases=True)
Layer = nn.LSTM | nn.GRU | nn.RNN


def layer(kind: str, *sizes: int, seed: int = 0, **options: object) -> Layer:
    """A recurrent layer in double precision."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made: Layer = getattr(nn, kind)(*(sizes or (5, 4)), batch_first=True, **options)
    return made.double().eval().requires_grad_(False)


class Shares:
    """Shares of a sum by its contributions, written out."""

    def __init__(self, biases: str) -> None:
        self.biases = biases

    def __call__(self, contributions: Tensor, bias: Tensor, back: Tensor) -> Tensor:
        """Relevance of inputs, from contributions (outputs, inputs) and that of the outputs."""
        whole = contributions.sum(1) + bias
        shares = contributions / whole[:, None]
        if self.biases == "nothing":
            sizes = contributions.abs()
            rest = (bias / whole)[:, None] * sizes / sizes.sum(1, keepdim=True)
            shares = shares + rest
        return back @ shares


def plain_lstm(net: nn.LSTM, clip: Tensor, back: Tensor, share: Shares) -> Tensor:
    """Relevance of the input, (T, C), from that of the outputs, (T, H), of one layer."""
    hidden = net.hidden_size
    inner, outer = net.weight_ih_l0, net.weight_hh_l0
    bias = net.bias_ih_l0 + net.bias_hh_l0 if net.bias else torch.zeros(4 * hidden).double()
    h, c, kept = torch.zeros(hidden).double(), torch.zeros(hidden).double(), []
    for x in clip:
        i, f, g, o = (inner @ x + outer @ h + bias).chunk(4)
        new = f.sigmoid() * c + i.sigmoid() * g.tanh()
        kept.append((h, f.sigmoid() * c, i.sigmoid() * g.tanh()))
        h, c = o.sigmoid() * new.tanh(), new
    rows = slice(2 * hidden, 3 * hidden)
    return backwards(clip, back, kept, (inner[rows], outer[rows], bias[rows]), share)


def plain_gru(net: nn.GRU, clip: Tensor, back: Tensor, share: Shares) -> Tensor:
    """As `plain_lstm`."""
    hidden = net.hidden_size
    inner, outer = net.weight_ih_l0, net.weight_hh_l0
    none = torch.zeros(3 * hidden).double()
    one, two = (net.bias_ih_l0, net.bias_hh_l0) if net.bias else (none, none)
    h, found = torch.zeros(hidden).double(), torch.zeros_like(clip)
    kept = []
    for x in clip:
        given, held = (inner @ x + one).chunk(3), (outer @ h + two).chunk(3)
        r, z = (given[0] + held[0]).sigmoid(), (given[1] + held[1]).sigmoid()
        n = (given[2] + r * held[2]).tanh()
        kept.append((h, r, z, n))
        h = (1 - z) * n + z * h
    rows = slice(2 * hidden, None)
    late = torch.zeros(hidden).double()
    for t in reversed(range(len(clip))):
        h, r, z, n = kept[t]
        now = (back[t] + late) / ((1 - z) * n + z * h)
        parts = torch.cat([inner[rows] * clip[t], r[:, None] * outer[rows] * h], 1)
        both = share(parts, one[rows] + r * two[rows], now * (1 - z) * n)
        found[t], late = both[: clip.shape[1]], both[clip.shape[1] :] + now * z * h
    return found


def plain_rnn(net: nn.RNN, clip: Tensor, back: Tensor, share: Shares) -> Tensor:
    """As `plain_lstm`."""
    inner, outer = net.weight_ih_l0, net.weight_hh_l0
    bias = net.bias_ih_l0 + net.bias_hh_l0 if net.bias else torch.zeros(len(outer)).double()
    h, kept = torch.zeros(len(outer)).double(), []
    for x in clip:
        kept.append((h, torch.zeros_like(h), torch.ones_like(h)))
        h = (inner @ x + outer @ h + bias).tanh()
    return backwards(clip, back, kept, (inner, outer, bias), share)


def backwards(
    clip: Tensor,
    back: Tensor,
    kept: list[tuple[Tensor, Tensor, Tensor]],
    weights: tuple[Tensor, Tensor, Tensor],
    share: Shares,
) -> Tensor:
    """Go back in time: each cell holds something old, and adds something new to it."""
    inner, outer, bias = weights
    found = torch.zeros_like(clip)
    late, cell = torch.zeros(len(outer)).double(), torch.zeros(len(outer)).double()
    for t in reversed(range(len(clip))):
        h, old, new = kept[t]
        now = (back[t] + late + cell) / (old + new)
        both = share(torch.cat([inner * clip[t], outer * h], 1), bias, now * new)
        found[t], late, cell = both[: clip.shape[1]], both[clip.shape[1] :], now * old
    return found


PLAIN: dict[str, Callable[..., Tensor]] = {"LSTM": plain_lstm, "GRU": plain_gru, "RNN": plain_rnn}


@pytest.mark.parametrize("biases", ["none", "nothing", "share"])
@pytest.mark.parametrize("kind", PLAIN)
def test_recurrent_layer_equals_its_rules_written_out(kind: str, biases: str) -> None:
    net = layer(kind, bias=biases != "none")
    clips = drawn(2, 6, 5)
    back = net(clips)[0] * drawn(4, seed=1)  # a linear layer gives to each what it is worth
    settings = SHARING if biases == "share" else DEFAULT
    found = traced(lambda x: net(x)[0], clips, back, settings)
    for clip, relevance, one in zip(clips, back, found, strict=True):
        expected = PLAIN[kind](net, clip, relevance, Shares(biases))
        torch.testing.assert_close(one, expected, rtol=1e-3, atol=1e-4)


VARIANTS = {
    "LSTM of two layers": ("LSTM", {"num_layers": 2}),
    "LSTM both ways": ("LSTM", {"bidirectional": True, "num_layers": 2}),
    "LSTM with a projection": ("LSTM", {"proj_size": 3, "bidirectional": True, "num_layers": 2}),
    "GRU both ways": ("GRU", {"bidirectional": True, "num_layers": 2}),
    "RNN of two layers": ("RNN", {"num_layers": 2}),
    "RNN with ReLU": ("RNN", {"nonlinearity": "relu", "bidirectional": True}),
}


def head(net: Layer, clips: Tensor) -> Tensor:
    """Logits of the mean output, without a bias."""
    output = net(clips)[0].mean(1)
    return output @ drawn(output.shape[1], 3, seed=2)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_recurrent_head_conserves_the_logits(variant: str, bias: bool) -> None:
    kind, options = VARIANTS[variant]
    net, clips = layer(kind, bias=bias, **options), drawn(2, 6, 5)
    logits = head(net, clips)
    found = traced(lambda x: head(net, x), clips, logits, DEFAULT)
    torch.testing.assert_close(found.sum((1, 2)), logits.sum(1), rtol=1e-4, atol=1e-5)
    assert found.abs().sum() < 40 * logits.abs().sum()


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_recurrent_cells_equal_the_layer(kind: str) -> None:
    net, clips, back = layer(kind), drawn(2, 4, 5), drawn(2, 4, seed=1)
    cell = getattr(nn, f"{kind}Cell")(5, 4).double()
    weights = {name.removesuffix("_l0"): part for name, part in net.state_dict().items()}
    cell.load_state_dict(weights)
    cell.requires_grad_(False)

    def stepwise(values: Tensor) -> Tensor:
        state = None
        for step in values.unbind(1):
            state = cell(step, state)
        return state[0] if isinstance(state, tuple) else state

    found = traced(stepwise, clips, back, DEFAULT)
    expected = traced(lambda x: net(x)[0][:, -1], clips, back, DEFAULT)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_recurrent_layer_called_step_by_step_is_the_same(kind: str) -> None:
    net, clips, back = layer(kind, num_layers=2), drawn(2, 4, 5), drawn(2, 4, seed=1)

    def stepwise(values: Tensor) -> Tensor:
        state = None
        for t in range(values.shape[1]):
            output, state = net(values[:, t : t + 1], state)
        return output[:, 0]

    found = traced(stepwise, clips, back, DEFAULT)
    expected = traced(lambda x: net(x)[0][:, -1], clips, back, DEFAULT)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_packed_clips_are_explained_as_each_alone(kind: str) -> None:
    net, clips, lengths = layer(kind, bidirectional=True), drawn(3, 5, 5), torch.tensor([5, 2, 4])

    def packed(values: Tensor) -> Tensor:
        given = pack_padded_sequence(values, lengths, batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(net(given)[0], batch_first=True)[0]

    back = packed(clips)
    found = traced(packed, clips, back, DEFAULT)
    for place, length in enumerate(lengths.tolist()):
        own = (clips[place : place + 1, :length], back[place : place + 1, :length])
        expected = traced(lambda x: net(x)[0], *own, DEFAULT)
        torch.testing.assert_close(found[place, :length], expected[0], rtol=1e-4, atol=1e-5)
        assert not found[place, length:].any()


@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_a_given_state_takes_what_a_bias_takes(kind: str) -> None:
    net, clips = layer(kind), drawn(2, 3, 5)
    held = drawn(1, 2, 4, seed=3)
    state = (held, held + 1) if kind == "LSTM" else held

    def body(values: Tensor) -> Tensor:
        return net(values, state)[0][:, -1]

    result = body(clips)
    whole = traced(body, clips, result, DEFAULT).sum()
    torch.testing.assert_close(whole, result.sum(), rtol=1e-4, atol=1e-5)
    assert (traced(body, clips, result, SHARING).sum() - result.sum()).abs() > 1e-3


def test_pixels_that_enter_a_recurrent_layer_have_the_rule_of_the_input() -> None:
    network = FramesAsRows("LSTM")
    model, clip = model_of(network), random_clip(1, 3, 4, 2, 2)
    result = attribute(model, clip, 1, "lrp")
    logit = float(network(clip.tensor)[0, 1])
    assert float(result.relevance.sum()) == pytest.approx(logit, rel=1e-3)
    assert not torch.equal(
        torch.tensor(result.relevance),
        torch.tensor(attribute(model, clip, 1, "lrp", first="epsilon").relevance),
    )


class FramesAsRows(nn.Module):
    """A recurrent layer without a bias on the pixels of each frame."""

    def __init__(self, kind: str, train: bool = False) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.layer = getattr(nn, kind)(12, 6, num_layers=2, bias=False, batch_first=True)
            self.head = nn.Linear(6, 4, bias=False)
        self.dropping = train

    def forward(self, clip: Tensor) -> Tensor:
        rows, flat = clip.transpose(1, 2).flatten(2), self.layer._flat_weights
        if not self.dropping:
            return self.head(self.layer(rows)[0][:, -1])
        state = (rows.new_zeros(2, len(rows), 6),) * 2
        output, *_ = torch.lstm(rows, state, flat, False, 2, 0.5, True, False, True)
        return self.head(output[:, -1])


def test_dropout_between_recurrent_layers_that_stays_on_is_refused() -> None:
    model = model_of(FramesAsRows("LSTM", train=True))
    with pytest.raises(AttributionError, match="lstm with dropout between its layers"):
        attribute(model, random_clip(1, 3, 4, 2, 2), 1, "lrp")

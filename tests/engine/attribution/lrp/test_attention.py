"""The rules of attention, each against the same thing written out in double precision."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from engine.attribution import attribute
from engine.attribution.base.tensor_tags import newest, tag
from engine.attribution.lrp import operation
from engine.attribution.lrp.composites import COMPOSITES
from engine.attribution.lrp.context import Settings
from engine.attribution.lrp.function_mode import RelevanceMode, refuse_missing
from engine.errors import AttributionError
from engine.models.model import VideoModel
from tests.engine.attribution.nets import Net, conv
from tests.engine.attribution.test_networks_of_all_kinds import model_of, random_clip
from tests.engine.transformers import transformer
from tests.engine.transformers import without_biases as bare

VALUES = Settings(COMPOSITES["attention"], biases=True)
ALL = Settings(COMPOSITES["attention"], biases=True, weights_are_constant=False)
Body = Callable[[Tensor], Tensor]


def drawn(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def traced(body: Body, values: Tensor, relevance: Tensor, settings: Settings = VALUES) -> Tensor:
    """Relevance of what goes into a function, from that of what comes out."""
    leaf = values.clone().requires_grad_()
    entered = leaf.clone()
    tag(entered, seen=True)
    with RelevanceMode((values, values), settings):
        result = newest(body(entered))
    refuse_missing(result)
    torch.testing.assert_close(result.detach(), body(values.clone()))
    (found,) = torch.autograd.grad(result, leaf, relevance)
    return found


def test_a_product_of_two_signals_gives_each_half() -> None:
    first, second, back = drawn(2, 3), drawn(3, 4, seed=1), drawn(2, 4, seed=2)
    expected = [torch.zeros_like(first), torch.zeros_like(second)]
    for i in range(2):
        for k in range(4):
            for j in range(3):
                part = first[i, j] * second[j, k] / (first[i] @ second[:, k])
                expected[0][i, j] += part * back[i, k] / 2
                expected[1][j, k] += part * back[i, k] / 2

    def body(both: Tensor) -> Tensor:
        return both[:6].view(2, 3) @ both[6:].view(3, 4)

    found = traced(body, torch.cat([first.flatten(), second.flatten()]), back)
    torch.testing.assert_close(
        found, torch.cat([part.flatten() for part in expected]), rtol=1e-3, atol=1e-6
    )


@pytest.mark.parametrize(
    "product",
    [
        torch.bmm,
        lambda one, other: one.bmm(other),
        lambda one, other: torch.einsum("bij,bjk->bik", one, other),
        lambda one, other: torch.einsum("bij,bjk->bik", [one, other]),
        lambda one, other: torch.baddbmm(torch.zeros(2, 3, 3).double(), one, other),
        lambda one, other: torch.baddbmm(torch.zeros(3).double(), one, other, beta=0, alpha=2) / 2,
        lambda one, other: -torch.bmm(-one, other),
    ],
    ids=["bmm", "method", "einsum", "einsum of a list", "baddbmm", "scaled baddbmm", "negated"],
)
def test_other_ways_to_multiply_are_the_same(product: Callable[[Tensor, Tensor], Tensor]) -> None:
    values, back = drawn(2, 3, 4), drawn(2, 3, 3, seed=1)
    found, expected = (
        traced(lambda x, way=way: way(x, x.mT), values, back) for way in (product, torch.matmul)
    )
    torch.testing.assert_close(found, expected)


def test_a_constant_from_either_side_takes_nothing() -> None:
    values, constant, back = drawn(2, 3, 4), drawn(2, 5, 3, seed=1), drawn(2, 5, 4, seed=2)
    share = back / (constant @ values)
    expected = values * (constant.mT @ share)
    torch.testing.assert_close(
        traced(lambda x: constant @ x, values, back), expected, rtol=1e-3, atol=1e-5
    )


def weights_of(scores: Tensor) -> Tensor:
    """A softmax written out."""
    powers = torch.exp(scores - scores.amax(-1, keepdim=True))
    return powers / powers.sum(-1, keepdim=True)


def test_softmax_weights_take_nothing() -> None:
    values, back = drawn(5, 4), drawn(5, 4, seed=1)
    fixed = weights_of(values @ values.T)
    expected = values * (fixed.T @ (back / (fixed @ values)))
    found = traced(lambda x: (x @ x.T).softmax(-1) @ x, values, back)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found.sum(), back.sum(), rtol=1e-4, atol=1e-6)


def test_softmax_follows_its_own_slope_when_it_is_traced() -> None:
    scores, back = drawn(3, 5), drawn(3, 5, seed=1)
    share = weights_of(scores)
    expected = torch.zeros_like(scores)
    for row in range(3):
        for i in range(5):
            total = sum(float(back[row, j]) for j in range(5))
            expected[row, i] = scores[row, i] * (back[row, i] - share[row, i] * total)
    found = traced(lambda x: F.softmax(x, dim=-1), scores, back, ALL)
    torch.testing.assert_close(found, expected)


def test_masked_scores_take_nothing_when_softmax_is_traced() -> None:
    hidden = torch.tensor([[False, True, False]])

    def body(scores: Tensor) -> Tensor:
        return scores.masked_fill(hidden, -torch.inf).softmax(-1)

    found = traced(body, drawn(2, 3), drawn(2, 3, seed=1), ALL)
    assert torch.isfinite(found).all()
    assert not found[:, 1].any()


def test_layer_norm_shares_with_its_shift() -> None:
    values, back = drawn(2, 6), drawn(2, 6, seed=1)
    gain, shift = drawn(6, seed=2), drawn(6, seed=3)
    expected = torch.zeros_like(values)
    for row in range(2):
        scale = gain / (values[row].var(correction=0) + 1e-5).sqrt()
        centring = torch.eye(6).double() - 1 / 6
        parts = values[row][:, None] * centring * scale  # of input i to output j
        expected[row] = parts @ (back[row] / (parts.sum(0) + shift))
    found = traced(lambda x: F.layer_norm(x, (6,), gain, shift), values, back)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_a_value_that_is_the_mean_passes_nothing_through_layer_norm() -> None:
    values = torch.tensor([[1.0, 2.0, 3.0, 2.0]], dtype=torch.float64)
    found = traced(lambda x: F.layer_norm(x, (4,)), values, torch.ones(1, 4).double())
    torch.testing.assert_close(found, torch.tensor([[-1.0, 0, 3.0, 0]]).double(), rtol=1e-5, atol=0)


@pytest.mark.parametrize(
    "normalise",
    [
        lambda x: F.layer_norm(x, (6,)),
        lambda x: F.rms_norm(x, (6,)),
        lambda x: F.group_norm(x, 2),
        lambda x: F.instance_norm(x[None])[0],
    ],
    ids=["layer", "rms", "group", "instance"],
)
def test_normalisation_passes_relevance_where_biases_take_nothing(normalise: Body) -> None:
    back = drawn(2, 6, seed=1)
    found = traced(normalise, drawn(2, 6), back, Settings(COMPOSITES["epsilon-plus-box"]))
    torch.testing.assert_close(found, back)


def by_hand(query: Tensor, key: Tensor, value: Tensor, added: Tensor | float = 0.0) -> Tensor:
    scores = query / query.shape[-1] ** 0.5 @ key.mT + added
    return scores.softmax(-1) @ value


_BOTTOM = torch.ones(5, 5, dtype=torch.bool).tril()


@pytest.mark.parametrize("settings", [VALUES, ALL], ids=["values", "all"])
@pytest.mark.parametrize(
    ("options", "added"),
    [
        ({}, 0.0),
        ({"is_causal": True}, torch.where(_BOTTOM, 0.0, -torch.inf).double()),
        ({"attn_mask": _BOTTOM}, torch.where(_BOTTOM, 0.0, -torch.inf).double()),
        ({"attn_mask": drawn(5, 5, seed=4)}, drawn(5, 5, seed=4)),
        ({"scale": 0.5}, 0.0),
    ],
    ids=["plain", "causal", "boolean mask", "added mask", "scale"],
)
def test_attention_in_one_call_is_the_same_as_by_hand(
    options: dict[str, object], added: Tensor | float, settings: Settings
) -> None:
    values, back = drawn(2, 5, 4), drawn(2, 5, 4, seed=1)
    keys = drawn(4, 4, seed=2)
    found = traced(
        lambda x: F.scaled_dot_product_attention(x, x @ keys, x, **options), values, back, settings
    )
    expected = traced(lambda x: by_hand(x, x @ keys, x, added), values, back, settings)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("settings", [VALUES, ALL], ids=["values", "all"])
@pytest.mark.parametrize("mask", [None, ~_BOTTOM, drawn(5, 5, seed=4), drawn(4, 5, 5, seed=4)])
def test_torch_s_multi_head_attention_is_the_same_as_by_hand(
    mask: Tensor | None, settings: Settings
) -> None:
    torch.manual_seed(0)
    layer = nn.MultiheadAttention(6, 2, batch_first=True, dtype=torch.float64).eval()
    nn.init.normal_(layer.in_proj_bias)
    layer.requires_grad_(False)
    values, back = drawn(2, 5, 6), drawn(2, 5, 6, seed=1)

    def separate(x: Tensor) -> Tensor:
        query, key, value = (
            F.linear(x, weight, bias).unflatten(2, (2, 3)).transpose(1, 2)
            for weight, bias in zip(
                layer.in_proj_weight.chunk(3), layer.in_proj_bias.chunk(3), strict=True
            )
        )
        added = 0.0 if mask is None else mask
        if mask is not None and mask.dtype == torch.bool:
            added = torch.zeros(5, 5).masked_fill(mask, -torch.inf).double()
        elif mask is not None and mask.dim() == 3:
            added = mask.unflatten(0, (2, 2))
        return layer.out_proj(by_hand(query, key, value, added).transpose(1, 2).flatten(2))

    found, expected = (
        traced(body, values, back, settings)
        for body in (lambda x: layer(x, x, x, attn_mask=mask)[0], separate)
    )
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def test_the_weights_that_attention_returns_take_nothing() -> None:
    layer = nn.MultiheadAttention(6, 2, dtype=torch.float64).eval().requires_grad_(False)

    def weighted(x: Tensor) -> Tensor:
        result, weights = layer(x, x, x)
        return result * weights.mean()

    values, back = drawn(5, 2, 6), drawn(5, 2, 6, seed=1)
    alone = traced(lambda x: layer(x, x, x)[0], values, back)
    torch.testing.assert_close(traced(weighted, values, back), alone)


def test_learned_queries_and_keys_take_nothing() -> None:
    layer = nn.MultiheadAttention(6, 2, dtype=torch.float64).eval().requires_grad_(False)
    tokens, values, back = drawn(3, 2, 6, seed=2), drawn(5, 2, 6), drawn(3, 2, 6, seed=1)
    keys = drawn(5, 2, 6, seed=3)
    bare_sum = traced(lambda x: layer(tokens, keys, x)[0], values, back).sum()
    torch.testing.assert_close(bare_sum, back.sum(), rtol=1e-3, atol=1e-3)


def test_rare_options_of_multi_head_attention_are_refused_by_name() -> None:
    layer = nn.MultiheadAttention(6, 2, add_zero_attn=True, dtype=torch.float64).eval()
    layer.requires_grad_(False)
    with pytest.raises(AttributionError, match="multi_head_attention_forward with rare options"):
        traced(lambda x: layer(x, x, x)[0], drawn(5, 2, 6), drawn(5, 2, 6, seed=1))


@pytest.mark.parametrize("first", [True, False])
def test_encoder_layers_of_torch_conserve_without_biases(first: bool) -> None:
    torch.manual_seed(0)
    encoder = nn.TransformerEncoderLayer(6, 2, 12, 0.0, "gelu", 1e-5, True, first, bias=False)

    def body(net: Net, clip: Tensor) -> Tensor:
        features = net.first(clip).mean((3, 4)).transpose(1, 2)
        return net.encoder(features).transpose(1, 2)

    network = Net(body, first=conv(3, bias=False), encoder=encoder).eval()
    nn.init.zeros_(network.head.bias)
    result = attribute(model_of(network), random_clip(), 1, "lrp")
    assert result.conservation == pytest.approx(1, abs=1e-3)


def test_gelu_by_hand_passes_relevance_as_the_function_does() -> None:
    values, back = drawn(4, 5), drawn(4, 5, seed=1)
    root = (2 / torch.pi) ** 0.5

    def gelu(x: Tensor) -> Tensor:
        return 0.5 * x * (1.0 + torch.tanh(x * root * (1.0 + 0.044715 * x * x)))

    torch.testing.assert_close(traced(gelu, values, back), back)


def test_a_part_that_is_changed_later_leaves_what_rules_remember() -> None:
    values, back = drawn(3, 4), drawn(3, 4, seed=1)

    def changed(x: Tensor) -> Tensor:
        scores = x * 1
        whole = scores @ torch.eye(4).double()
        scores[:, 1:] += x[:, 1:]
        return whole + scores

    def plain(x: Tensor) -> Tensor:
        return x @ torch.eye(4).double() + torch.cat([x[:, :1], x[:, 1:] + x[:, 1:]], 1)

    torch.testing.assert_close(traced(changed, values, back), traced(plain, values, back))


def test_attention_as_the_last_sum_of_frames_conserves() -> None:
    def pooled_by_attention(net: Net, clip: Tensor) -> Tensor:
        features = F.relu(net.first(clip)).mean((3, 4)).transpose(1, 2)
        weights = torch.softmax(net.dense(features), 1)
        return (features * weights).sum(1)[:, :, None]

    parts = {"first": conv(3), "dense": nn.Linear(6, 1)}
    result = attribute(model_of(Net(pooled_by_attention, **parts)), random_clip(), 1, "lrp")
    assert result.conservation == pytest.approx(1, abs=1e-3)


class Frozen(TorchFunctionMode):
    """What LRP takes for constant is constant: weights of attention, deviations, slopes of GELU."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if func is F.scaled_dot_product_attention:
            query, key, value = args[:3]
            scale = kwargs.get("scale") or query.shape[-1] ** -0.5
            return (query @ key.mT * scale).softmax(-1).detach() @ value
        if func in (F.softmax, Tensor.softmax):
            return func(*args, **kwargs).detach()
        if func is F.layer_norm:
            values, _, gain, _, eps = (*args, *kwargs.values())
            spread = values.detach().var(-1, correction=0, keepdim=True)
            return (values - values.mean(-1, keepdim=True)) * (torch.rsqrt(spread + eps) * gain)
        if func is F.gelu:
            values = args[0].detach()
            return args[0] * torch.where(values == 0, 0.5, F.gelu(values, **kwargs) / values)
        return func(*args, **kwargs)


@pytest.mark.parametrize("kind", ["vjepa2", "mvit_v2", "swin3d_t"])
def test_lrp_is_input_times_gradient_of_the_network_with_attention_frozen(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As Ali et al. 2022 compute it, on whole networks that add no constants, in float64."""
    monkeypatch.setattr(operation, "_RELATIVE", 1e-12)  # it adds up over layers: 2 % in Swin
    model: VideoModel = transformer(kind, tmp_path)
    module = bare(model.module).double()
    noise = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    clip = model.preprocess(noise)
    found = attribute(model, clip, 1, "lrp", first="epsilon").relevance
    leaf = clip.tensor.double().requires_grad_()
    with Frozen():
        output = module(*model.arguments(leaf))
    (gradient,) = torch.autograd.grad(getattr(output, "logits", output)[0, 1], leaf)
    expected = (leaf * gradient).sum(1)[0].detach().float()
    scale = expected.abs().max()
    torch.testing.assert_close(torch.tensor(found) / scale, expected / scale, rtol=0, atol=1e-5)

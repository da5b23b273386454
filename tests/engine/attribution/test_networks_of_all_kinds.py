"""What people's networks do: gates, pathways, half precision, shared parts; and what is refused."""

from __future__ import annotations

import gc
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.attribution import METHODS, attribute
from engine.attribution.attribute_clip import attribute_all
from engine.errors import AttributionError
from tests.engine.attribution.nets import Net, built, conv
from tests.engine.attribution.plain import clip_of, model_of, random_clip
from tests.engine.attribution.test_attribute_clip import assert_unchanged, snapshot

QUICK: dict[str, dict[str, object]] = {
    "smooth_grad": {"samples": 2},
    "integrated_gradients": {"steps": 2},
    "occlusion": {"box_px": 4, "stride_px": 4},
    "rise": {"samples": 4},
    "temporal_mask": {"samples": 4},
}


class Squeeze(nn.Module):
    """A squeeze-and-excitation gate, as in X3D and S3D-G."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.down, self.up = nn.Conv3d(channels, 2, 1), nn.Conv3d(2, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        pooled = F.adaptive_avg_pool3d(features, 1)
        return features * torch.sigmoid(self.up(F.relu(self.down(pooled))))


def swish_by_hand(net: Net, clip: Tensor) -> Tensor:
    features = net.first(clip)
    return features * torch.sigmoid(features)


def gate_from_the_left(net: Net, clip: Tensor) -> Tensor:
    features = F.relu(net.first(clip))
    gate = net.dense(features.mean((2, 3, 4))).sigmoid().view(1, 6, 1, 1, 1)
    return gate.expand_as(features) * features


def two_signals(net: Net, clip: Tensor) -> Tensor:
    return F.relu(net.first(clip)) * F.relu(net.second(clip))


def normalised_inside(net: Net, clip: Tensor) -> Tensor:
    mean = torch.tensor([0.1, 0.2, 0.3]).view(1, 3, 1, 1, 1)
    return F.relu(net.first((clip - mean) / -0.5))


def shifted_in_time(net: Net, clip: Tensor) -> Tensor:
    features = F.relu(net.first(clip))
    moved = torch.zeros_like(features)
    moved[:, :2, :-1] = features[:, :2, 1:]
    moved[:, 2:] = features[:, 2:]
    return F.relu(net.second(moved))


def broadcast_sum(net: Net, clip: Tensor) -> Tensor:
    features = F.relu(net.first(clip))
    return features + features.mean((3, 4), keepdim=True)


def upsampled(net: Net, clip: Tensor) -> Tensor:
    small = F.avg_pool3d(F.relu(net.first(clip)), (1, 2, 2))
    return F.relu(net.second(F.interpolate(small, scale_factor=(1, 2, 2), mode="trilinear")))


def matrix_product(net: Net, clip: Tensor) -> Tensor:
    vector = F.relu(net.first(clip)).mean((2, 3, 4))
    return F.relu(vector @ net.dense.weight)[:, :, None]


KINDS = {
    "squeeze and excitation": lambda: Net(
        lambda net, clip: net.gate(F.relu(net.first(clip))), first=conv(3), gate=Squeeze(6)
    ),
    "gate from the left": lambda: Net(gate_from_the_left, first=conv(3), dense=nn.Linear(6, 6)),
    "swish by hand": lambda: Net(swish_by_hand, first=conv(3)),
    "swish": lambda: Net(
        lambda net, clip: net.second(F.silu(net.first(clip), inplace=True)),
        first=conv(3),
        second=conv(),
    ),
    "hardswish": lambda: Net(lambda net, clip: F.hardswish(net.first(clip)), first=conv(3)),
    "gelu": lambda: Net(lambda net, clip: F.gelu(net.first(clip)), first=conv(3)),
    "two signals": lambda: Net(two_signals, first=conv(3), second=conv(3)),
    "normalised inside": lambda: Net(normalised_inside, first=conv(3)),
    "shifted in time": lambda: Net(shifted_in_time, first=conv(3), second=conv()),
    "broadcast sum": lambda: Net(broadcast_sum, first=conv(3)),
    "upsampled": lambda: Net(upsampled, first=conv(3), second=conv()),
    "matrix product": lambda: Net(matrix_product, first=conv(3), dense=nn.Linear(6, 6)),
    "subtraction": lambda: Net(
        lambda net, clip: F.relu(net.first(clip)) - 0.1 * net.second(clip),
        first=conv(3),
        second=conv(3),
    ),
}


def seeded(name: str) -> Net:
    torch.manual_seed(0)
    return KINDS[name]().eval()


@pytest.mark.parametrize("kind", KINDS)
def test_lrp_conserves_through_operations_of_all_kinds(kind: str) -> None:
    result = attribute(model_of(seeded(kind)), random_clip(), 1, "lrp")
    assert result.conservation == pytest.approx(1, abs=0.01)
    assert abs(result.relevance).sum() > 0


def test_a_gate_takes_no_relevance() -> None:
    network, clip = seeded("squeeze and excitation"), random_clip()
    with torch.no_grad():
        features = F.relu(network.first(clip.tensor))
        gate = network.gate(features) / features.clamp(min=1e-9)
    frozen = Net(lambda net, values: F.relu(net.first(values)) * gate, first=network.first)
    frozen.head = network.head
    found, expected = (attribute(model_of(net), clip, 0).relevance for net in (network, frozen))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_normalising_inside_the_network_moves_the_bounds_along() -> None:
    network, clip = seeded("normalised inside"), random_clip()
    mean = torch.tensor([0.1, 0.2, 0.3]).view(1, 3, 1, 1, 1)
    outside = Net(lambda net, values: F.relu(net.first(values)), first=network.first)
    outside.head = network.head
    ends = [(end - mean) / -0.5 for end in (clip.low, clip.high)]
    moved = replace(clip, tensor=(clip.tensor - mean) / -0.5, low=ends[1], high=ends[0])
    found = attribute(model_of(network), clip, 0).relevance
    expected = attribute(model_of(outside), moved, 0).relevance
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def test_proportional_pooling_shares_what_the_winner_would_take() -> None:
    model, clip = model_of(built("max and average pooling")), random_clip()
    winner, shared = (
        attribute(model, clip, 0, pooling=kind) for kind in ("winner", "proportional")
    )
    assert shared.conservation == pytest.approx(1, abs=0.01)
    assert abs(shared.relevance - winner.relevance).max() > 1e-4


class Pathways(nn.Module):
    """A slow and a fast pathway, given as a list."""

    def __init__(self) -> None:
        super().__init__()
        self.slow, self.fast = conv(3), conv(3)
        self.head = nn.Linear(12, 4)

    def forward(self, clips: list[Tensor]) -> Tensor:
        slow, fast = F.relu(self.slow(clips[0])), F.relu(self.fast(clips[1]))
        return self.head(torch.cat([slow.mean((2, 3, 4)), fast.mean((2, 3, 4))], 1))


@pytest.mark.parametrize("method", METHODS)
def test_pathways_come_together_on_their_frames(method: str) -> None:
    torch.manual_seed(0)
    model = replace(model_of(Pathways()), pack=lambda clip: [clip[:, :, ::2], clip])
    options = QUICK.get(method, {})
    if "cam" in method:
        options = {"layer": "fast"}
    result = attribute(model, random_clip(), 0, method, **options)
    assert result.relevance.shape == (4, 8, 8)
    if method == "lrp":
        assert result.conservation == pytest.approx(1, abs=0.01)


def test_several_arguments_are_packed_as_a_tuple() -> None:
    class Pair(nn.Module):
        def forward(self, first: Tensor, second: Tensor) -> Tensor:
            return (first.mean((2, 3, 4)) + second.mean((2, 3, 4))) @ torch.ones(3, 4)

    model = replace(model_of(Pair()), pack=lambda clip: (clip[:, :, :2], clip[:, :, 2:]))
    assert attribute(model, random_clip(), 0, "gradient").relevance.all()


@pytest.mark.parametrize("method", ["lrp", "deep_taylor", "gradient", "grad_cam", "rise"])
def test_half_precision_agrees_roughly(method: str) -> None:
    network, clip = built("residual with BatchNorm"), random_clip()
    options = {**QUICK.get(method, {}), **({"layer": "second"} if method == "grad_cam" else {})}
    exact = attribute(model_of(network), clip, 0, method, **options)
    half = attribute(model_of(network.bfloat16()), clip, 0, method, **options)
    error = np.linalg.norm(half.relevance - exact.relevance) / np.linalg.norm(exact.relevance)
    assert error < 0.2
    if method == "lrp":
        assert half.conservation == pytest.approx(1, abs=0.05)
    assert half.relevance.dtype == np.float32


def test_double_precision_stays_double() -> None:
    network, clip = built("BatchNorm after conv"), random_clip()
    result = attribute(model_of(network.double()), clip, 0, "lrp")
    assert result.conservation == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("method", ["lrp", "gradient", "guided_backprop", "grad_cam"])
def test_several_clips_at_once_are_explained_as_alone(method: str) -> None:
    model = model_of(built("residual with BatchNorm"))
    clips = [random_clip(seed=seed) for seed in range(3)]
    together = attribute_all(model, clips, None, method)
    for clip, found in zip(clips, together, strict=True):
        alone = attribute(model, clip, None, method)
        assert found.target == alone.target
        np.testing.assert_allclose(found.relevance, alone.relevance, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("method", METHODS)
def test_the_model_is_unchanged_after_a_cancel(method: str) -> None:
    class Stop(Exception):
        pass

    calls = []

    def check() -> None:
        calls.append(None)
        if len(calls) == 2:
            raise Stop

    model = model_of(built("residual with BatchNorm"))
    model.module.train()
    before = snapshot(model.module)
    if method in QUICK:
        with pytest.raises(Stop):
            attribute(model, random_clip(), None, method, check=check, **QUICK[method])
    else:
        attribute(model, random_clip(), None, method, check=check)
    assert_unchanged(model.module, before)


@pytest.mark.parametrize("method", ["lrp", "gradient", "guided_backprop", "grad_cam", "occlusion"])
def test_many_runs_leave_nothing_in_memory(method: str) -> None:
    model, clip = model_of(built("residual with BatchNorm")), random_clip()
    options = QUICK.get(method, {})

    def runs(count: int) -> int:
        for _ in range(count):
            attribute(model, clip, 0, method, **options)
        gc.collect()
        return sum(1 for thing in gc.get_objects() if type(thing) in (Tensor, nn.Parameter))

    before = runs(3)
    tracemalloc.start()
    runs(3)
    start, _ = tracemalloc.get_traced_memory()
    assert runs(200) <= before
    end, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert end - start < 200_000


def test_clips_with_nan_are_refused() -> None:
    clip = random_clip()
    clip.tensor[0, 0, 0, 0, 0] = float("nan")
    with pytest.raises(AttributionError, match="not finite"):
        attribute(model_of(built("+=")), clip)


@pytest.mark.parametrize("shape", [(3, 4, 8, 8), (1, 3, 0, 8, 8)])
def test_clips_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    clip = replace(random_clip(), tensor=torch.zeros(shape))
    with pytest.raises(AttributionError, match="shape") as caught:
        attribute(model_of(built("+=")), clip)
    assert "(1, 3, 4, 8, 8)" in caught.value.hint


def test_clips_that_the_network_cannot_take_are_told_with_what_it_wants() -> None:
    with pytest.raises(AttributionError, match="failed on a clip of shape") as caught:
        attribute(model_of(built("+=")), clip_of(torch.zeros(1, 5, 4, 8, 8)))
    assert "(1, 3, 4, 8, 8)" in caught.value.hint


def test_models_made_in_inference_mode_are_refused() -> None:
    with torch.inference_mode():
        network = built("+=")
    with pytest.raises(AttributionError, match="inference_mode"):
        attribute(model_of(network), random_clip())


def test_attribute_works_inside_inference_mode() -> None:
    model = model_of(built("+="))
    with torch.inference_mode():
        clip = random_clip()
        found = attribute(model, clip, 0, "lrp").relevance
    np.testing.assert_array_equal(found, attribute(model, random_clip(), 0, "lrp").relevance)


def test_all_operations_without_a_rule_are_named_at_once() -> None:
    def body(net: Net, clip: Tensor) -> Tensor:
        return torch.sin(net.first(clip)) + torch.cos(net.second(clip)).cumprod(1)

    with pytest.raises(AttributionError) as caught:
        attribute(model_of(Net(body, first=conv(3), second=conv(3))), random_clip(), 0, "lrp")
    assert all(name in str(caught.value) for name in ("sin", "cos", "cumprod", "in Net"))


def test_operations_beside_the_logits_are_no_matter() -> None:
    def body(net: Net, clip: Tensor) -> Tensor:
        features = F.relu(net.first(clip))
        net.statistics = torch.sin(features).mean().detach()
        return features

    result = attribute(model_of(Net(body, first=conv(3))), random_clip(), 0, "lrp")
    assert result.conservation == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("method", ["lrp", "gradient", "guided_backprop"])
def test_networks_that_are_still_learning_are_explained_as_frozen_ones(method: str) -> None:
    def body(net: Net, clip: Tensor) -> Tensor:
        return F.relu(net.first(clip)) + net.head.bias.mean() * net.head.weight.abs().mean()

    torch.manual_seed(0)
    network, clip = Net(body, first=conv(3)), random_clip()
    frozen = attribute(model_of(network), clip, 1, method).relevance
    model = model_of(network)
    network.requires_grad_(True)
    before = snapshot(network)
    np.testing.assert_array_equal(attribute(model, clip, 1, method).relevance, frozen)
    assert_unchanged(network, before)


class Swish(torch.autograd.Function):
    """The Swish of X3D, which saves memory by computing its gradient anew."""

    @staticmethod
    def forward(ctx: object, values: Tensor) -> Tensor:
        ctx.save_for_backward(values)
        return values * torch.sigmoid(values)

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        (values,) = ctx.saved_tensors
        gate = torch.sigmoid(values)
        return gradient * gate * (1 + values * (1 - gate))


class Doubled(torch.autograd.Function):
    """An operation that no mode can see."""

    @staticmethod
    def forward(ctx: object, values: Tensor) -> Tensor:
        return values * 2

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:
        return gradient * 2


def test_a_swish_with_a_backward_of_its_own_passes_relevance() -> None:
    torch.manual_seed(0)
    parts = {"first": conv(3), "second": conv()}
    custom = Net(lambda net, clip: net.second(Swish.apply(net.first(clip))), **parts)
    usual = Net(lambda net, clip: net.second(F.silu(net.first(clip))), **parts)
    usual.head = custom.head
    found, expected = (
        attribute(model_of(net), random_clip(), 0).relevance for net in (custom, usual)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("end", [True, False])
def test_custom_functions_that_lrp_cannot_see_are_named(end: bool) -> None:
    def body(net: Net, clip: Tensor) -> Tensor:
        hidden = Doubled.apply(net.first(clip))
        return hidden if end else F.relu(net.second(hidden))

    with pytest.raises(AttributionError, match="Doubled"):
        attribute(model_of(Net(body, first=conv(3), second=conv())), random_clip(), 0, "lrp")


@pytest.mark.filterwarnings("ignore")  # torch says that tracing is going away
def test_scripted_networks_are_refused_by_lrp_alone() -> None:
    network = nn.Sequential(
        conv(3), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(6, 4)
    )
    model = model_of(torch.jit.trace(network.eval(), random_clip().tensor))
    with pytest.raises(AttributionError, match="TorchScript"):
        attribute(model, random_clip(), 0, "lrp")
    assert attribute(model, random_clip(), 0, "gradient").relevance.any()


def test_unpacking_and_iterating_are_moves() -> None:
    def body(net: Net, clip: Tensor) -> Tensor:
        (only,) = F.relu(net.first(clip))
        return torch.stack(list(only))[None]

    result = attribute(model_of(Net(body, first=conv(3))), random_clip(), 0, "lrp")
    assert result.conservation == pytest.approx(1, abs=0.01)

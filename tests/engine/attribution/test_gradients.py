from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from captum import attr
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.peers import without_in_place
from engine.attribution import attribute
from engine.attribution.base.batches import generator_for
from engine.attribution.baselines import baseline_of
from tests.engine.attribution.nets import Net, built, conv
from tests.engine.attribution.plain import model_of, random_clip
from tests.engine.networks import warmed_up

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # of captum's hooks


def modules_net() -> nn.Module:
    """A network of modules alone, which captum's hooks can see."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv3d(3, 6, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool3d((1, 2, 2)),
        nn.Conv3d(6, 8, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool3d(1),
        nn.Flatten(),
        nn.Linear(8, 4),
    ).eval()


def assert_same(found: object, expected: Tensor) -> None:
    expected = expected.detach()[0].sum(0)
    scale = float(expected.abs().max())
    torch.testing.assert_close(torch.tensor(found), expected, rtol=1e-5, atol=1e-5 * scale)


PEERS: dict[str, Callable[[nn.Module], attr.Attribution]] = {
    "guided_backprop": attr.GuidedBackprop,
    "deconvnet": attr.Deconvolution,
    "input_x_gradient": attr.InputXGradient,
}


@pytest.mark.parametrize("method", PEERS)
def test_gradient_methods_equal_those_of_captum(method: str) -> None:
    network, clip = modules_net(), random_clip()
    leaf = clip.tensor.clone().requires_grad_()
    expected = PEERS[method](copy.deepcopy(network)).attribute(leaf, target=1)
    assert_same(attribute(model_of(network), clip, 1, method).relevance, expected)


@pytest.mark.parametrize("method", ["gradient", "guided_backprop", "integrated_gradients"])
def test_gradient_methods_equal_those_of_captum_on_a_video_resnet(method: str) -> None:
    network, clip = warmed_up("r3d_18", classes=4), random_clip(1, 3, 8, 48, 48)
    peer = without_in_place(network)
    leaf = clip.tensor.clone().requires_grad_()
    low = clip.low.expand_as(leaf)
    expected = {
        "gradient": lambda: attr.Saliency(peer).attribute(leaf, target=1, abs=False),
        "guided_backprop": lambda: attr.GuidedBackprop(peer).attribute(leaf, target=1),
        "integrated_gradients": lambda: attr.IntegratedGradients(peer).attribute(
            leaf, low, target=1, n_steps=3, internal_batch_size=1
        ),
    }[method]()
    options = {"steps": 3} if method == "integrated_gradients" else {}
    found = torch.tensor(attribute(model_of(network), clip, 1, method, **options).relevance)
    expected = expected.detach()[0].sum(0)
    assert float((found - expected).norm() / expected.norm()) < 1e-5


@pytest.mark.parametrize("baseline", ["black", "mean", "blur", "frozen"])
def test_integrated_gradients_equal_those_of_captum(baseline: str) -> None:
    network, clip = modules_net(), random_clip()
    start = baseline_of(baseline, clip)
    peer = attr.IntegratedGradients(copy.deepcopy(network))
    expected = peer.attribute(clip.tensor, start, target=2, n_steps=20)
    found = attribute(
        model_of(network), clip, 2, "integrated_gradients", baseline=baseline, steps=20
    )
    assert_same(found.relevance, expected)


def test_integrated_gradients_sum_to_the_difference_of_scores() -> None:
    model, clip = model_of(modules_net()), random_clip()
    result = attribute(model, clip, 0, "integrated_gradients", steps=200)
    difference = model.module(clip.tensor)[0, 0] - model.module(baseline_of("black", clip))[0, 0]
    assert result.explained == pytest.approx(float(difference), rel=1e-5)
    assert result.conservation == pytest.approx(1, abs=0.01)


def test_smooth_grad_is_the_mean_gradient_of_noisy_clips() -> None:
    network, clip = modules_net(), random_clip()
    found = attribute(model_of(network), clip, 3, "smooth_grad", samples=5, noise=0.1, seed=7)
    spread = 0.1 * (clip.tensor.max() - clip.tensor.min())
    total = torch.zeros_like(clip.tensor)
    for index in range(5):
        noise = torch.randn(clip.tensor.shape[1:], generator=generator_for(7, index))
        leaf = (clip.tensor + spread * noise).requires_grad_()
        total += torch.autograd.grad(network(leaf)[0, 3], leaf)[0]
    assert_same(found.relevance, total / 5)


def test_smooth_grad_without_noise_is_the_gradient() -> None:
    model, clip = model_of(built("+=")), random_clip()
    smooth = attribute(model, clip, 1, "smooth_grad", noise=0, samples=3).relevance
    plain = attribute(model, clip, 1, "gradient").relevance
    torch.testing.assert_close(torch.tensor(smooth), torch.tensor(plain), rtol=1e-4, atol=1e-7)


def test_guided_backprop_counts_functional_and_in_place_relus() -> None:
    clip = random_clip()
    found = [
        attribute(model_of(built(name)), clip, 0, "guided_backprop").relevance
        for name in ("in-place relu", "results dropped")
    ]
    torch.manual_seed(0)
    by_modules = built("in-place relu")
    by_modules.body = lambda net, clip: F.relu(net.second(F.relu(net.first(clip))))
    same = attribute(model_of(by_modules), clip, 0, "guided_backprop").relevance
    torch.testing.assert_close(torch.tensor(found[0]), torch.tensor(same))
    assert (
        abs(
            found[1] - attribute(model_of(built("results dropped")), clip, 0, "gradient").relevance
        ).max()
        > 0
    )


def test_guided_backprop_tells_of_a_network_without_relu() -> None:
    model = model_of(Net(lambda net, clip: torch.tanh(net.first(clip)), first=conv(3)))
    result = attribute(model, random_clip(), 0, "guided_backprop")
    assert any("no ReLU" in text for text in result.notices)


def test_blur_keeps_constants_and_means() -> None:
    clip = random_clip(1, 3, 2, 16, 20)
    clip.tensor[:, 0] = 0.5
    blurred = baseline_of("blur", clip)
    torch.testing.assert_close(blurred[:, 0], clip.tensor[:, 0])
    assert blurred[:, 1].std() < 0.5 * clip.tensor[:, 1].std()


def test_frozen_repeats_the_middle_frame() -> None:
    clip = random_clip(1, 3, 5, 8, 8)
    frozen = baseline_of("frozen", clip)
    assert torch.equal(frozen, clip.tensor[:, :, 2:3].expand(-1, -1, 5, -1, -1))

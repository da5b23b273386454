"""Composites against zennit's, on nets without biases and on ResNets with BatchNorm folded."""

from __future__ import annotations

import copy

import pytest
import torch
import zennit.composites
from torch import Tensor, nn
from torchvision.models import resnet18
from zennit.canonizers import AttributeCanonizer, Canonizer, SequentialMergeBatchNorm
from zennit.torchvision import ResNetCanonizer

from benchmarks.peers import sum_as_layer, without_in_place
from engine.attribution import attribute
from engine.attribution.lrp.composites import COMPOSITES, find_composite
from engine.errors import AttributionError
from tests.engine.attribution.nets import built
from tests.engine.attribution.plain import model_of, random_clip
from tests.engine.networks import warmed_up

PEERS = {
    "epsilon-plus": "EpsilonPlus",
    "epsilon-plus-flat": "EpsilonPlusFlat",
    "epsilon-alpha2-beta1": "EpsilonAlpha2Beta1",
    "epsilon-alpha2-beta1-flat": "EpsilonAlpha2Beta1Flat",
    "epsilon-gamma-box": "EpsilonGammaBox",
    "excitation-backprop": "ExcitationBackprop",
}
TARGET = 2
KINDS = ("plain", "2D ResNet", "3D ResNet")
CASES = [
    (kind, composite, biases)
    for kind in KINDS
    for composite in PEERS
    for biases in ("nothing", "share")
    # without biases the gamma rule's denominators vanish in a ResNet: neither program is stable
    if kind == "plain" or (composite, biases) != ("epsilon-gamma-box", "nothing")
]


class FirstFrame(nn.Module):
    """A network for pictures, given the first frame of a clip."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, clip: Tensor) -> Tensor:
        logits: Tensor = self.network(clip[:, :, 0])
        return logits


def plain_net() -> nn.Module:
    """Convolutions, both poolings and linear layers, without biases."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv3d(3, 8, 3, padding=1, bias=False),
        nn.ReLU(),
        nn.MaxPool3d(2),
        nn.Conv3d(8, 12, 3, padding=1, bias=False),
        nn.ReLU(),
        nn.AvgPool3d(2),
        nn.Flatten(),
        nn.Linear(12 * 2 * 4 * 4, 10, bias=False),
        nn.ReLU(),
        nn.Linear(10, 4, bias=False),
    )


def picture_resnet() -> nn.Module:
    """A ResNet-18 whose BatchNorm has seen a few pictures."""
    torch.manual_seed(0)
    network = resnet18(num_classes=4).train()
    norms = [part for part in network.modules() if isinstance(part, nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None
    with torch.no_grad():
        for _ in range(2):
            network(torch.randn(8, 3, 48, 48))
    return network.eval()


def by_zennit(
    network: nn.Module, values: Tensor, composite: str, canonizers: list[Canonizer], biases: str
) -> Tensor:
    options: dict[str, object] = {"canonizers": canonizers}
    if biases == "nothing":
        options["zero_params"] = "bias"
    if composite == "epsilon-gamma-box":
        shape = (1, 3, *[1] * (values.dim() - 2))
        options |= {"low": torch.full(shape, -1.5), "high": torch.full(shape, 2.0)}
    peer = getattr(zennit.composites, PEERS[composite])(**options)
    leaf = values.clone().requires_grad_()
    with peer.context(network) as ready, identity_norms(network):
        logits = ready(leaf)
        start = torch.zeros_like(logits)
        start[0, TARGET] = logits[0, TARGET].detach()
        (relevance,) = torch.autograd.grad(logits, leaf, start)
    return relevance


class identity_norms:
    """Zennit leaves BatchNorm's eps when it folds: 5e-6 a layer are lost, unlike here."""

    def __init__(self, network: nn.Module) -> None:
        kinds = (nn.BatchNorm2d, nn.BatchNorm3d)
        self.norms = [part for part in network.modules() if isinstance(part, kinds)]
        self.before = [norm.eps for norm in self.norms]

    def __enter__(self) -> None:
        for norm in self.norms:
            norm.eps = 0.0

    def __exit__(self, *_: object) -> None:
        for norm, eps in zip(self.norms, self.before, strict=True):
            norm.eps = eps


def assert_agrees(found: Tensor, expected: Tensor, most: float = 1e-4) -> None:
    error = (found - expected).norm() / expected.norm()
    assert float(error) < most


@pytest.fixture(scope="module")
def networks() -> dict[str, nn.Module]:
    return {
        "plain": plain_net().eval(),
        "2D ResNet": picture_resnet(),
        "3D ResNet": warmed_up("r3d_18", classes=4),
    }


@pytest.mark.parametrize(("kind", "composite", "biases"), CASES)
def test_composites_agree_with_zennit(
    networks: dict[str, nn.Module], kind: str, composite: str, biases: str
) -> None:
    network = without_in_place(networks[kind])
    clip = random_clip(
        1, 3, 1 if kind == "2D ResNet" else 8, *(16, 16) if kind == "plain" else (48, 48)
    )
    canonizers: dict[str, list[Canonizer]] = {
        "plain": [],
        "2D ResNet": [ResNetCanonizer()],
        "3D ResNet": [SequentialMergeBatchNorm(), AttributeCanonizer(sum_as_layer)],
    }
    flat = kind == "2D ResNet"
    values = clip.tensor[:, :, 0] if flat else clip.tensor
    expected = by_zennit(network, values, composite, canonizers[kind], biases).sum(1)
    model = model_of(FirstFrame(network) if flat else network)
    result = attribute(model, clip, TARGET, "lrp", composite=composite, biases=biases)
    found = torch.tensor(result.relevance)
    if composite == "excitation-backprop":  # it starts with one, not with the logit
        found = found * float(result.logits[TARGET])
    assert_agrees(found, expected[0] if not flat else expected)


@pytest.mark.parametrize("composite", COMPOSITES)
def test_composites_conserve_what_they_should(composite: str) -> None:
    result = attribute(model_of(built("concatenation")), random_clip(), 1, composite=composite)
    if composite == "contrastive-excitation-backprop":
        assert abs(result.relevance.sum()) < 1e-4 * abs(result.relevance).sum()
    elif "alpha2" not in composite and not COMPOSITES[composite].biases:
        assert result.conservation == pytest.approx(1, abs=1e-3)
    assert abs(result.relevance).sum() > 0


def test_excitation_backprop_is_a_probability() -> None:
    result = attribute(model_of(built("in-place relu")), random_clip(), 0, "excitation_backprop")
    assert result.relevance.sum() == pytest.approx(1, abs=1e-3)


def test_contrastive_excitation_backprop_is_the_difference_to_the_opposite_class() -> None:
    network = built("in-place relu")
    network.head.bias.data.zero_()
    opposite = copy.deepcopy(network)
    opposite.head.weight.data.neg_()
    clip = random_clip()
    one, other = (
        attribute(model_of(net), clip, 0, "excitation_backprop").relevance
        for net in (network, opposite)
    )
    found = attribute(model_of(network), clip, 0, "contrastive_excitation_backprop").relevance
    assert_agrees(torch.tensor(found), torch.tensor(one - other), 1e-3)


@pytest.mark.parametrize("first", ["flat", "w-square", "z-plus", "epsilon"])
def test_the_first_rule_can_be_chosen(first: str) -> None:
    model, clip = model_of(built("+=")), random_clip()
    chosen = attribute(model, clip, 0, "lrp", first=first)
    usual = attribute(model, clip, 0, "lrp")
    assert chosen.conservation == pytest.approx(1, abs=1e-2)
    assert abs(chosen.relevance - usual.relevance).max() > 1e-3


def test_an_unknown_composite_offers_the_closest() -> None:
    with pytest.raises(AttributionError, match="composite") as caught:
        attribute(model_of(built("+=")), random_clip(), 0, "lrp", composite="epsilon-plusbox")
    assert "epsilon-plus-box" in caught.value.hint


@pytest.mark.parametrize(
    ("transformer", "taken"), [(True, "attention"), (False, "epsilon-plus-box")]
)
def test_automatic_goes_by_the_network(transformer: bool, taken: str) -> None:
    assert find_composite("automatic", transformer=transformer) is COMPOSITES[taken]
    assert find_composite("deep-taylor", transformer=transformer) is COMPOSITES["deep-taylor"]

"""LRP on the real networks, with random weights and BatchNorm statistics that fit them."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from engine.attribution import METHODS, attribute
from engine.descriptions import MethodInfo
from engine.errors import AttributionError
from tests.engine.attribution.plain import model_of, random_clip
from tests.engine.attribution.test_attribute_clip import assert_unchanged, snapshot
from tests.engine.networks import warmed_up

SHAPES = {
    "r3d_18": (1, 3, 8, 48, 48),
    "mc3_18": (1, 3, 8, 48, 48),
    "r2plus1d_18": (1, 3, 8, 48, 48),
    "s3d": (1, 3, 13, 209, 209),  # its last pooling needs this much
    "figures": (1, 3, 16, 64, 64),
}


def is_lrp(info: MethodInfo) -> bool:
    return info.family == "LRP" and info.conserves


@pytest.fixture(scope="module", params=SHAPES)
def network(request: pytest.FixtureRequest) -> tuple[str, nn.Module]:
    classes = 8 if request.param == "figures" else 400
    return request.param, warmed_up(request.param, classes=classes)


def test_lrp_of_a_real_network_conserves_the_logit(network: tuple[str, nn.Module]) -> None:
    name, module = network
    model, clip = model_of(module, 8), random_clip(*SHAPES[name], seed=2)
    before = snapshot(module)
    result = attribute(model, clip, 5, "lrp")
    assert result.conservation == pytest.approx(1, abs=1e-3)
    assert abs(result.relevance).sum((1, 2)).min() > 0
    assert_unchanged(module, before)
    with torch.no_grad():
        expected = module(clip.tensor)[0].numpy()
    assert result.logits == pytest.approx(expected, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("method", [name for name, info in METHODS.items() if is_lrp(info)])
def test_conserving_composites_keep_the_score_to_a_thousandth(
    network: tuple[str, nn.Module], method: str
) -> None:
    name, module = network
    result = attribute(model_of(module, 8), random_clip(*SHAPES[name], seed=2), 5, method)
    assert result.conservation == pytest.approx(1, abs=1e-3)


def test_real_networks_are_unchanged_after_an_error_in_the_middle(
    network: tuple[str, nn.Module],
) -> None:
    name, module = network
    before = snapshot(module)
    last = [part for part in module.modules() if isinstance(part, nn.ReLU)][-1]
    handle = last.register_forward_hook(lambda _, __, out: torch.sin(out))
    try:
        with pytest.raises(AttributionError, match="sin"):
            attribute(model_of(module, 8), random_clip(*SHAPES[name]), 0, "lrp")
    finally:
        handle.remove()
    assert_unchanged(module, before)

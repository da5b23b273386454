from __future__ import annotations

import pytest
import torch

from benchmarks.motion_figures.truth_networks import (
    BLIND_TO_ORDER,
    GRID,
    STEM_CHANNELS,
    TOPS,
    FrameStem,
)
from benchmarks.motion_figures.truth_training import ALL, SHIPPED, TruthNetwork, load_top
from engine.models.networks.figures import FiguresNet


@pytest.mark.parametrize("name", TOPS)
def test_top_sees_order_unless_it_is_blind(name: str) -> None:
    torch.manual_seed(0)
    top = TOPS[name]().eval()
    features = torch.rand(1, STEM_CHANNELS, 16, GRID, GRID)
    order = torch.randperm(16)
    with torch.inference_mode():
        logits, otherwise = top(features), top(features[:, :, order])
    assert logits.shape == (1, 8)
    assert torch.allclose(logits, otherwise, atol=1e-6) == (name in BLIND_TO_ORDER)


def test_frame_stem_sees_each_frame_by_itself() -> None:
    torch.manual_seed(0)
    stem = FrameStem((FiguresNet().eval(), FiguresNet().eval())).eval()
    clip = torch.randn(1, 3, 4, 112, 112)
    with torch.inference_mode():
        assert torch.equal(stem(clip).flip(2), stem(clip.flip(2)))


@pytest.mark.parametrize("network", ALL, ids=lambda one: one.file)
def test_weights_of_every_truth_network_are_kept(network: TruthNetwork) -> None:
    top = load_top(network, SHIPPED / network.file)
    assert not top.training

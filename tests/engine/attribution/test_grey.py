"""Networks of one channel: explained as if the clip were that channel."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from engine.attribution import attribute
from engine.evidence.maps import evidence_maps
from engine.models.model import Clip, VideoModel
from engine.models.preprocess.input_layout import packing
from engine.types import ModelSpec

SPEC = ModelSpec(
    name="grey",
    labels=("a", "b"),
    frames=4,
    fps=15.0,
    stride=None,
    resize=12,
    crop=(12, 12),
    mean=(0.4,) * 3,
    std=(0.2,) * 3,
    grey=True,
)
OPTIONS: dict[str, dict[str, object]] = {
    "lrp": {},
    "gradient": {},
    "input_x_gradient": {},
    "integrated_gradients": {"steps": 3},
    "occlusion": {"box_px": 6, "stride_px": 6, "box_frames": 2, "stride_frames": 2},
    "rise": {"samples": 5},
    "grad_cam": {"layer": "0"},
}


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv3d(1, 6, 3, padding=1, bias=False),
        nn.ReLU(),
        nn.AdaptiveAvgPool3d(1),
        nn.Flatten(),
        nn.Linear(6, 2, bias=False),
    ).eval()


@pytest.fixture(scope="module")
def model() -> VideoModel:
    return VideoModel(SPEC, network(), torch.device("cpu"), packing("NCTHW", "grey"))


@pytest.fixture(scope="module")
def clip(model: VideoModel) -> Clip:
    return model.preprocess(np.random.default_rng(1).integers(0, 256, (4, 12, 12, 3), np.uint8))


def one_channel(model: VideoModel, clip: Clip) -> tuple[VideoModel, Clip]:
    """The network on its own channel alone, without the clip of three."""
    alone = Clip(clip.tensor[:, :1], clip.low[:, :1], clip.high[:, :1], clip.seen, clip.size)
    return replace(model, pack=None), alone


def test_grey_clip_is_one_channel_three_times(clip: Clip) -> None:
    assert clip.tensor.shape == (1, 3, 4, 12, 12)
    assert torch.equal(clip.tensor, clip.tensor[:, :1].expand(-1, 3, -1, -1, -1))


@pytest.mark.parametrize("method", OPTIONS)
def test_grey_relevance_is_that_of_the_one_channel(
    method: str, model: VideoModel, clip: Clip
) -> None:
    ours = attribute(model, clip, 0, method, **OPTIONS[method])
    theirs = attribute(*one_channel(model, clip), 0, method, **OPTIONS[method])
    np.testing.assert_allclose(ours.relevance, theirs.relevance, atol=1e-7)
    np.testing.assert_array_equal(ours.logits, theirs.logits)
    assert ours.relevance.any()


def test_grey_lrp_conserves(model: VideoModel, clip: Clip) -> None:
    result = attribute(model, clip, 1, "lrp")
    assert result.conservation == pytest.approx(1, abs=1e-4)


def test_grey_maps_of_evidence_are_those_of_the_one_channel(model: VideoModel, clip: Clip) -> None:
    ours, theirs = evidence_maps(model, clip, 0), evidence_maps(*one_channel(model, clip), 0)
    assert ours.motion_sum == pytest.approx(theirs.motion_sum)
    np.testing.assert_allclose(ours.motion, theirs.motion, atol=1e-6)

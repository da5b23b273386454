"""Networks of several inputs: relevance of each, and inputs made anew of changed frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.attribution import attribute
from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.targets import Goal
from engine.attribution.baselines import frozen
from engine.attribution.motion_usage import motion_use
from engine.evidence.decision import decision_evidence
from engine.evidence.maps import evidence_maps
from engine.models.model import Clip, VideoModel
from engine.network_inputs import NetworkInput, PassAs
from engine.types import ModelSpec

T, SIDE = 6, 16
PLAIN = {"value_range": (-1.0, 1.0)}
INPUTS = (
    NetworkInput(name="slow", kind="rgb", frames=2, mean=(0.0,) * 3, std=(1.0,) * 3, **PLAIN),
    NetworkInput(name="flow", kind="flow", mean=(0.0,) * 2, std=(1.0,) * 2, bound=2.0, **PLAIN),
)
SPEC = ModelSpec(
    name="streams",
    labels=("a", "b", "c"),
    frames=T,
    fps=15.0,
    stride=None,
    resize=SIDE,
    crop=(SIDE, SIDE),
    mean=(0.4, 0.4, 0.4),
    std=(0.2, 0.2, 0.2),
    inputs=INPUTS,
)


def stream(channels: int) -> nn.Module:
    conv = nn.Conv3d(channels, 6, 3, padding=1, bias=False)
    return nn.Sequential(conv, nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten())


class Streams(nn.Module):
    """Two streams whose features one layer weighs, without a bias."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.slow, self.moving = stream(3), stream(2)
        self.fc = nn.Linear(12, 3, bias=False)

    def forward(self, slow: Tensor, flow: Tensor) -> Tensor:
        logits: Tensor = self.fc(torch.cat([self.slow(slow), self.moving(flow)], 1))
        return logits


class OfList(Streams):
    def forward(self, pathways: Sequence[Tensor]) -> Tensor:  # type: ignore[override]
        return super().forward(*pathways)


class OfDict(Streams):
    def forward(self, batch: dict[str, Tensor]) -> Tensor:  # type: ignore[override]
        return super().forward(batch["slow"], batch["flow"])


class OfKeywords(Streams):
    def forward(self, *, flow: Tensor, slow: Tensor) -> Tensor:  # type: ignore[override]
        return super().forward(slow, flow)


KINDS: dict[PassAs, type[Streams]] = {
    "positions": Streams,
    "list": OfList,
    "dict": OfDict,
    "keywords": OfKeywords,
}


def model_of(pass_as: PassAs = "positions") -> VideoModel:
    module = KINDS[pass_as]().eval()
    return VideoModel(replace(SPEC, pass_as=pass_as), module, torch.device("cpu"))


@pytest.fixture(scope="module")
def model() -> VideoModel:
    return model_of()


@pytest.fixture(scope="module")
def clip(model: VideoModel) -> Clip:
    """A bright square that moves right over noise that stands still."""
    frames = np.random.default_rng(1).integers(0, 120, (SIDE, SIDE, 3), np.uint8)[None]
    frames = frames.repeat(T, axis=0)
    for t in range(T):
        frames[t, 4:10, 2 + t : 8 + t] = 240
    return model.preprocess(frames)


@pytest.mark.parametrize("pass_as", KINDS)
def test_lrp_of_inputs_sums_to_the_logit_and_each_to_what_it_adds(
    pass_as: PassAs, clip: Clip
) -> None:
    model = model_of(pass_as)
    result = attribute(model, clip, 1, "lrp")
    assert result.conservation == pytest.approx(1, abs=1e-4)
    assert result.by_input is not None
    np.testing.assert_allclose(result.by_input.sum(0), result.relevance, atol=1e-6)
    module, planes = model.module, model.planes(clip.tensor)
    assert isinstance(module, Streams)
    features = module.slow(planes[:, :3, [0, T - 1]]), module.moving(planes[:, 3:])
    weights = module.fc.weight[1].split(6)
    adds = [
        float((one * weight).sum().detach()) for one, weight in zip(features, weights, strict=True)
    ]
    assert sum(adds) == pytest.approx(float(result.logits[1]), rel=1e-4)
    assert result.by_input.sum((1, 2, 3)) == pytest.approx(adds, rel=1e-3)


def test_relevance_of_an_input_stands_on_the_frames_it_comes_from(
    model: VideoModel, clip: Clip
) -> None:
    parts = attribute(model, clip, 1, "lrp").by_input
    assert parts is not None
    slow, flow = parts
    assert np.flatnonzero(np.abs(slow).sum((1, 2))).tolist() == [0, T - 1]
    assert (np.abs(flow).sum((1, 2)) > 0).all()
    moves = model.planes(clip.tensor)[0, 3:].numpy().any(0)
    assert not flow[~moves].any()


def test_gradients_are_those_of_the_planes(model: VideoModel, clip: Clip) -> None:
    planes = model.planes(clip.tensor).requires_grad_()
    score = model.module(planes[:, :3, [0, T - 1]], planes[:, 3:])[0, 2]
    (slope,) = torch.autograd.grad(score, planes)
    parts = [(planes * slope)[0, :3].sum(0), (planes * slope)[0, 3:].sum(0)]
    result = attribute(model, clip, 2, "input_x_gradient")
    np.testing.assert_allclose(result.by_input, torch.stack(parts).detach(), atol=1e-6)
    plain = attribute(model, clip, 2, "gradient")
    np.testing.assert_allclose(plain.relevance, slope[0].sum(0), atol=1e-6)
    smooth = attribute(model, clip, 2, "smooth_grad", samples=2)
    assert smooth.by_input is not None
    np.testing.assert_allclose(smooth.by_input.sum(0), smooth.relevance, atol=1e-6)


@pytest.mark.parametrize("baseline", ["black", "frozen", "blur"])
def test_integrated_gradients_are_complete(baseline: str, model: VideoModel, clip: Clip) -> None:
    result = attribute(model, clip, 0, "integrated_gradients", baseline=baseline, steps=48)
    assert result.by_input is not None
    assert result.by_input.sum() == pytest.approx(result.explained, rel=0.02, abs=2e-4)
    if baseline == "frozen":
        start = model.module(model.planes(clip.tensor)[:, :3, [3, 3]], torch.zeros(1, 2, T, 16, 16))
        assert result.explained == pytest.approx(
            float(result.logits[0] - start[0, 0].detach()), abs=1e-6
        )


def test_changed_frames_have_another_flow(model: VideoModel, clip: Clip) -> None:
    explained = ExplainedModel(model, Goal())
    with torch.no_grad():
        found = explained.logits(frozen(clip.tensor))
        planes = model.planes(clip.tensor)
        still = model.module(planes[:, :3, [3, 3]], torch.zeros(1, 2, T, SIDE, SIDE))
    torch.testing.assert_close(found, still)
    assert motion_use(model, clip, 0, shuffles=1).frozen == pytest.approx(float(still[0, 0]))


@pytest.mark.parametrize("method", ["occlusion", "rise", "temporal_mask", "grad_cam"])
def test_other_methods_work(method: str, model: VideoModel, clip: Clip) -> None:
    options: dict[str, dict[str, object]] = {
        "occlusion": {"box_px": 8, "stride_px": 8, "box_frames": 3, "stride_frames": 3},
        "grad_cam": {"layer": "moving.0"},
    }
    result = attribute(model, clip, 0, method, **options.get(method, {"samples": 4}))
    assert result.by_input is None
    assert result.relevance.shape == (T, SIDE, SIDE)
    assert result.relevance.any()


def test_evidence_is_that_of_stills_without_flow(model: VideoModel, clip: Clip) -> None:
    found = decision_evidence(model, clip, 0, stills=1, orders=1)
    with torch.no_grad():
        planes = model.planes(clip.tensor)
        row = model.module(planes[:, :3, [3, 3]], torch.zeros(1, 2, T, SIDE, SIDE))
    wanted = row[0].log_softmax(0).numpy() / np.log(2)
    np.testing.assert_allclose(found.log2_steps[1], wanted, atol=1e-5)
    for method in ("lrp", "path gradients"):
        maps = evidence_maps(model, clip, 0, method=method, stills=(3,), camera=False)
        assert float(maps.motion.sum()) == pytest.approx(maps.motion_sum, abs=1e-4)
        assert maps.motion_sum != 0
    still = replace(clip, tensor=frozen(clip.tensor).contiguous())
    assert evidence_maps(model, still, 0, stills=(3,)).motion_sum == 0


class OfSteps(Streams):
    """Scores at five time steps, (N, K, S)."""

    def forward(self, slow: Tensor, flow: Tensor) -> Tensor:
        return super().forward(slow, flow)[:, :, None] * torch.arange(1.0, 6.0)


def test_scores_a_time_step_of_several_inputs_are_those_of_the_network() -> None:
    model = VideoModel(SPEC, OfSteps().eval().requires_grad_(False), torch.device("cpu"))
    frames = np.random.default_rng(0).integers(0, 256, (T, SIDE, SIDE, 3), np.uint8)
    clip = model.preprocess(frames)
    found = attribute(model, clip, 0, "gradient").step_logits
    assert found is not None
    with torch.no_grad():
        wanted = model.module(*model.arguments(clip.tensor))
    torch.testing.assert_close(torch.from_numpy(found.copy()), wanted[0].T)

"""Maps that add up: sums, stills, layers of every kind, models left as they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.cancel import Cancelled, CancelToken
from engine.errors import AttributionError
from engine.evidence import evidence_maps
from engine.evidence.maps_result import EvidenceMaps
from engine.models.model import Clip, VideoModel
from tests.engine.attribution.nets import NETS, Net, built, conv
from tests.engine.attribution.plain import clip_of, model_of, random_clip
from tests.engine.attribution.test_attribute_clip import assert_unchanged, snapshot


class Recurrent(nn.Module):
    """Convolution on frames, then a recurrent layer."""

    def __init__(self, kind: str, size: int = 5, **options: object) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 6, 3, stride=2)
        self.recurrent = getattr(nn, kind)(6, size, batch_first=True, **options)
        self.head = nn.Linear(10 if options.get("bidirectional") else 5, 4)

    def forward(self, clip: Tensor) -> Tensor:
        frames = F.relu(self.conv(clip.transpose(1, 2).flatten(0, 1))).mean((2, 3))
        outputs, _ = self.recurrent(frames.unflatten(0, (len(clip), -1)))
        scores: Tensor = self.head(outputs[:, -1])
        return scores


class Cells(Recurrent):
    """An LSTM cell and a GRU cell in turn, frame by frame."""

    def __init__(self) -> None:
        super().__init__("LSTM")
        self.cells = nn.ModuleList([nn.LSTMCell(6, 5), nn.GRUCell(5, 5)])

    def forward(self, clip: Tensor) -> Tensor:
        first, second = self.cells
        state = held = None
        for frame in clip.unbind(2):
            state = first(F.relu(self.conv(frame)).mean((2, 3)), state)
            held = second(state[0], held)
        scores: Tensor = self.head(held)
        return scores


class Ending(nn.Module):
    """A sigmoid on all outputs, or on the second alone."""

    def __init__(self, start: int) -> None:
        super().__init__()
        self.start = start

    def forward(self, logits: Tensor) -> Tensor:
        return (logits[:, self.start : self.start + 1] if self.start else logits).sigmoid()


class Transformer(nn.Module):
    """Patches, positions, attention, GELU and LayerNorm."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv3d(3, 8, (1, 4, 4), (1, 4, 4))
        self.places = nn.Parameter(torch.randn(1, 16, 8) * 0.1)
        layer = nn.TransformerEncoderLayer(
            8, 2, 16, 0.0, activation="gelu", batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
        self.head = nn.Sequential(nn.LayerNorm(8), nn.Linear(8, 4))

    def forward(self, clip: Tensor) -> Tensor:
        tokens = self.patches(clip).flatten(2).transpose(1, 2) + self.places
        scores: Tensor = self.head(self.encoder(tokens).mean(1))
        return scores


def gated(net: Net, clip: Tensor) -> Tensor:
    features = F.silu(net.first(clip))
    gate = torch.sigmoid(net.dense(features.mean((2, 3, 4))))
    return features * gate.view(len(gate), -1, 1, 1, 1)


def divided(net: Net, clip: Tensor) -> Tensor:
    features = F.relu(net.first(clip))
    return features / (1 + features.sum(1, keepdim=True))


def grouped(net: Net, clip: Tensor) -> Tensor:
    return F.gelu(net.norm(net.first(clip)))


def highest(net: Net, clip: Tensor) -> Tensor:
    return F.relu(net.first(clip)).amax((3, 4))


def by_einsum(net: Net, clip: Tensor) -> Tensor:
    features = net.first(clip).flatten(2)
    likeness = torch.einsum("bct,bcs->bts", features, features).softmax(-1)
    return torch.einsum("bts,bcs->bct", likeness, features)


def multiplied_up(net: Net, clip: Tensor) -> Tensor:
    return torch.cumprod(net.first(clip), 2)


KINDS = {
    "lstm": lambda: Recurrent("LSTM"),
    "lstm of two layers both ways": lambda: Recurrent("LSTM", num_layers=2, bidirectional=True),
    "lstm with a projection": lambda: Recurrent("LSTM", size=7, proj_size=5),
    "gru": lambda: Recurrent("GRU"),
    "rnn": lambda: Recurrent("RNN", num_layers=2),
    "rnn with relu": lambda: Recurrent("RNN", nonlinearity="relu"),
    "cells": Cells,
    "transformer": Transformer,
    "gate": lambda: Net(gated, first=conv(3), dense=nn.Linear(6, 6)),
    "division": lambda: Net(divided, first=conv(3)),
    "group norm": lambda: Net(grouped, first=conv(3), norm=nn.GroupNorm(2, 6)),
    "amax": lambda: Net(highest, first=conv(3)),
    "einsum": lambda: Net(by_einsum, first=conv(3)),
}


def network(kind: str) -> VideoModel:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return model_of(KINDS[kind]() if kind in KINDS else built(kind))


def still_clip() -> Clip:
    return clip_of(random_clip().tensor[:, :, :1].repeat(1, 1, 4, 1, 1))


def assert_sums(maps: EvidenceMaps) -> None:
    for values, whole in ((maps.motion, maps.motion_sum), (maps.appearance, maps.appearance_sum)):
        assert values.dtype == np.float32
        assert float(values.sum(dtype=np.float64)) == pytest.approx(whole, rel=1e-4, abs=1e-9)


def differences(model: VideoModel, clip: Clip, frames: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        stills = [
            model.module(clip.tensor[:, :, k : k + 1].repeat(1, 1, clip.tensor.shape[2], 1, 1))
            for k in frames
        ]
        return model.module(clip.tensor), torch.cat(stills)


@pytest.mark.filterwarnings("ignore:LSTM with projections")  # not in oneDNN
@pytest.mark.parametrize("kind", [*KINDS, *NETS])
def test_evidence_maps_of_every_kind_of_layer_sum_to_the_difference(kind: str) -> None:
    model, clip = network(kind), random_clip()
    maps = evidence_maps(model, clip, 1)
    logits, stills = differences(model, clip, maps.stills)
    bits = [one.log_softmax(1)[:, 1] / np.log(2) for one in (logits, stills)]
    assert maps.method == "difference"
    assert not maps.notices
    assert_sums(maps)
    assert maps.motion_sum == pytest.approx(float(bits[0] - bits[1].mean()), abs=1e-6)


@pytest.mark.parametrize("method", ["lrp", "path gradients"])
@pytest.mark.parametrize(("start", "labels"), [(1, 2), (0, 4)], ids=["one output", "sigmoids"])
def test_evidence_maps_are_in_bits_of_the_head_that_is_found(
    start: int, labels: int, method: str
) -> None:
    inner = network("in-place relu").module
    ending = nn.Sequential(inner, Ending(start))
    model, clip = model_of(ending, classes=labels), random_clip()
    maps = evidence_maps(model, clip, 1, method=method)
    logits, stills = differences(model_of(inner), clip, maps.stills)
    bits = [F.logsigmoid(one[:, 1]) / np.log(2) for one in (logits, stills)]
    assert maps.motion_sum == pytest.approx(float(bits[0] - bits[1].mean()), abs=1e-6)


@pytest.mark.parametrize("kind", ["lstm", "transformer", "max and average pooling"])
def test_evidence_maps_agree_with_path_gradients_in_their_sums(kind: str) -> None:
    model, clip = network(kind), random_clip()
    rules = evidence_maps(model, clip)
    paths = evidence_maps(model, clip, method="path gradients")
    assert_sums(paths)
    assert paths.motion_sum == pytest.approx(rules.motion_sum, rel=1e-5)
    assert paths.appearance_sum == pytest.approx(rules.appearance_sum, rel=1e-5)


@pytest.mark.parametrize("kind", ["lstm", "transformer", "in-place relu"])
@pytest.mark.parametrize("method", ["lrp", "path gradients"])
def test_evidence_maps_of_a_still_clip_have_no_motion(kind: str, method: str) -> None:
    maps = evidence_maps(network(kind), still_clip(), method=method)
    assert maps.motion_sum == 0
    assert not maps.motion.any()
    assert maps.appearance.any()
    assert_sums(maps)


def test_evidence_maps_without_a_target_sum_to_the_length_of_the_change() -> None:
    model, clip = network("in-place relu"), random_clip()
    maps = evidence_maps(model, clip, stills=(0, 3))
    logits, stills = differences(model, clip, (0, 3))
    change = logits[0] - stills.mean(0)
    assert maps.stills == (0, 3)
    assert maps.target is None
    assert maps.motion_sum == pytest.approx(float((change - change.mean()).norm()), rel=1e-5)


def test_evidence_maps_lie_where_the_clip_moves() -> None:
    values = still_clip().tensor.clone()
    values[:, :, 2, 2:4, 2:4] += 1.0
    model = model_of(Net(lambda net, clip: F.relu(net.first(clip)), first=conv(3)))
    maps = evidence_maps(model, clip_of(values), stills=(0,))
    moved = np.zeros(maps.motion.shape, np.bool_)
    moved[2, 2:4, 2:4] = True
    assert maps.motion[moved].any()
    assert not maps.motion[~moved].any()


def test_evidence_maps_fall_back_to_path_gradients_with_a_notice() -> None:
    model = model_of(Net(multiplied_up, first=conv(3)))
    maps = evidence_maps(model, random_clip(), 0)
    assert maps.method == "path gradients"
    assert "cumprod" in maps.notices[0]
    assert_sums(maps)


@pytest.mark.parametrize(
    ("found", "missed"), [(0.95, "up to 10%"), (0.7, "10 to 50%"), (0.0, "more than half")]
)
def test_what_path_gradients_missed_is_told_in_few_ways(
    found: float, missed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = torch.zeros(1, 3, 4, 8, 8)

    def relevance(_: object, score: object, ways: list[object]) -> Tensor:
        whole[0, 0, 0, 0, 0] = found * sums[len(calls)]
        calls.append(ways)
        return whole

    model, clip = model_of(Net(multiplied_up, first=conv(3))), random_clip()
    exact = evidence_maps(model, clip, 0, method="path gradients")
    sums, calls = [exact.motion_sum, exact.appearance_sum], list[object]()
    monkeypatch.setattr("engine.evidence.maps.path_relevance", relevance)
    notices = evidence_maps(model, clip, 0, method="path gradients").notices
    assert [text for text in notices if "missed" in text] == [
        f"Integrated gradients missed their sum by {missed}; it was shared out."
    ]


def test_evidence_maps_leave_the_model_as_it_was() -> None:
    model = network("residual with BatchNorm")
    before = snapshot(model.module)
    evidence_maps(model, random_clip())
    assert_unchanged(model.module, before)


def test_evidence_maps_of_half_precision_are_float32_and_exact() -> None:
    model = model_of(built("in-place relu").half())
    assert_sums(evidence_maps(model, random_clip(), 2))


def test_evidence_maps_stop_when_cancelled() -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        evidence_maps(network("gate"), random_clip(), check=token.check)


@pytest.mark.parametrize(
    "wrong", [{"method": "occlusion"}, {"stills": 0}, {"stills": (9,)}, {"target": 7}]
)
def test_evidence_maps_refuse_what_there_is_not(wrong: dict[str, object]) -> None:
    with pytest.raises(AttributionError):
        evidence_maps(network("gate"), random_clip(), **wrong)  # type: ignore[arg-type]


def test_motion_strength_is_the_mean_root_around_a_voxel() -> None:
    motion = np.zeros((5, 75, 75), np.float32)
    motion[2, 40, 30] = -4.0
    maps = EvidenceMaps(motion, motion, -4.0, -4.0, "bits", 0, (2,), "difference", ())
    strength = maps.motion_strength
    assert strength.argmax() in {t * 75 * 75 + 40 * 75 + 30 for t in (1, 2, 3)}
    assert float(strength.sum()) == pytest.approx(2.0, rel=1e-4)
    assert not strength[[0, 4]].any()


@pytest.mark.parametrize("method", ["lrp", "path gradients"])
def test_evidence_maps_of_a_value_sum_to_its_change(method: str) -> None:
    model, clip = network("in-place relu"), random_clip()
    values = replace(model, spec=replace(model.spec, activation="none", unit="bpm"))
    maps = evidence_maps(values, clip, 1, method=method)
    logits, stills = differences(model, clip, maps.stills)
    assert maps.goal == "change of class 1, in bpm"
    assert maps.motion_sum == pytest.approx(float((logits - stills.mean(0))[0, 1]), abs=1e-6)

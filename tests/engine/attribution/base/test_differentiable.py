"""Networks that switch gradients off, and recurrent layers in evaluation mode."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from engine.attribution import attribute
from engine.attribution.base.differentiable import DifferentiableMode, without_cudnn
from engine.errors import AttributionError
from engine.evidence.maps import evidence_maps
from tests.engine.attribution.nets import Net, conv
from tests.engine.attribution.plain import model_of, random_clip

RUNS = ("lrp", "input_x_gradient", "integrated_gradients", "grad_cam")


class Frozen(nn.Module):
    """A convolution that is trained or not, and what follows."""

    def __init__(self, switch: Callable[[bool], Any]) -> None:
        super().__init__()
        self.switch = switch
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.first, self.head = conv(3), nn.Linear(6, 4)

    def forward(self, clip: Tensor) -> Tensor:
        with self.switch(False):
            features = F.relu(self.first(clip))
        scores: Tensor = self.head(features.mean((2, 3, 4)))
        return scores


def never_off(_: bool) -> Any:
    return torch.enable_grad()


@pytest.mark.parametrize("method", RUNS)
def test_a_frozen_part_is_explained_as_if_it_were_not(method: str) -> None:
    clip = random_clip()
    found = attribute(model_of(Frozen(torch.set_grad_enabled)), clip, 1, method)
    expected = attribute(model_of(Frozen(never_off)), clip, 1, method)
    np.testing.assert_array_equal(found.relevance, expected.relevance)
    assert any("kept on" in notice for notice in found.notices)
    assert not any("kept on" in notice for notice in expected.notices)


def test_maps_of_evidence_go_through_a_frozen_part() -> None:
    clip = random_clip()
    found = evidence_maps(model_of(Frozen(torch.set_grad_enabled)), clip, 1)
    expected = evidence_maps(model_of(Frozen(never_off)), clip, 1)
    assert found.method == expected.method == "difference"
    np.testing.assert_array_equal(found.motion, expected.motion)


def test_a_part_in_inference_mode_is_refused_by_that_name() -> None:
    model = model_of(Frozen(lambda off: torch.inference_mode(not off)))
    with pytest.raises(AttributionError, match="cannot be traced back") as raised:
        attribute(model, random_clip(), 1, "lrp")
    assert "inference_mode" in raised.value.hint


def test_one_of_two_branches_without_gradients_is_told() -> None:
    def branches(net: Net, clip: Tensor) -> Tensor:
        with torch.no_grad():
            frozen = F.relu(net.first(clip))
        return frozen + F.relu(net.second(clip))

    model = model_of(Net(branches, first=conv(3), second=conv(3)))
    found = attribute(model, random_clip(), 1, "lrp")
    assert any("under torch.no_grad" in notice for notice in found.notices)


def test_what_is_only_noted_without_gradients_is_not_told() -> None:
    def noting(net: Net, clip: Tensor) -> Tensor:
        features = F.relu(net.first(clip))
        with torch.no_grad():
            net.seen = features.mean() * 2
        return features * 2

    assert not attribute(model_of(Net(noting, first=conv(3))), random_clip(), 1, "lrp").notices


class CudnnFlags(TorchFunctionMode):
    """Notes whether cuDNN was on for recurrent layers, and for convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, bool] = {}

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if func in (torch.lstm, torch.conv2d, F.linear):
            self.seen[func.__name__] = torch.backends.cudnn.enabled
        return func(*args, **(kwargs or {}))


class Recurrent(nn.Module):
    """Convolution, LSTM with dropout, classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.recurrent = nn.LSTM(4, 5, num_layers=2, dropout=0.5, batch_first=True)
        self.head = nn.Linear(5, 4)

    def forward(self, clip: Tensor) -> Tensor:
        frames = self.conv(clip.transpose(1, 2).flatten(0, 1)).mean((2, 3))
        output, _ = self.recurrent(frames.unflatten(0, (len(clip), -1)))
        scores: Tensor = self.head(output[:, -1])
        return scores


@pytest.mark.parametrize("method", ["gradient", "grad_cam"])
def test_recurrent_layers_do_without_cudnn_where_gradients_go_through(method: str) -> None:
    model, flags = model_of(Recurrent().train()), CudnnFlags()
    model.module.train()
    with flags:
        attribute(model, random_clip(), 1, method, **({"layer": "conv"} if "cam" in method else {}))
    assert flags.seen == {"lstm": False, "conv2d": True, "linear": True}
    assert torch.backends.cudnn.enabled
    assert all(part.training for part in model.module.modules())
    assert model.module.recurrent.dropout == 0.5


def test_recurrent_layers_keep_cudnn_in_passes_without_gradients() -> None:
    flags = CudnnFlags()
    with flags:
        attribute(model_of(Recurrent()), random_clip(), 1, "temporal_mask", samples=2)
    assert flags.seen["lstm"]


def test_a_closed_recurrent_network_does_without_cudnn_as_a_whole() -> None:
    with DifferentiableMode(closed=Recurrent()):
        assert not torch.backends.cudnn.enabled
    with DifferentiableMode(closed=conv(3)):
        assert torch.backends.cudnn.enabled
    assert torch.backends.cudnn.enabled


def test_cudnn_is_as_before_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), without_cudnn():
        raise ZeroDivisionError
    assert torch.backends.cudnn.enabled

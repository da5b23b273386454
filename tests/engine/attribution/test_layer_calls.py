"""Layers that are called once a frame: their calls are steps in time."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from engine.attribution import attribute, layers_of
from engine.attribution.layer_calls import in_order
from engine.attribution.layers import default_layer
from engine.errors import AttributionError
from tests.engine.attribution.nets import Net, conv
from tests.engine.attribution.plain import model_of, random_clip

Body = Callable[[Net, Tensor], Tensor]


def network(body: Body, **layers: torch.nn.Module) -> Net:
    """A network whose classifier is always the same."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Net(body, **layers)


def conv2d(channels: int = 3) -> torch.nn.Module:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(channels)
        return torch.nn.Conv2d(channels, 6, 3, padding=1)


def weighed(steps: list[Tensor]) -> Tensor:
    """Features of frames in a row, (N, C, T, h, w), each of another weight."""
    return torch.stack([step * (place + 1) for place, step in enumerate(steps)], 2)


def folded(net: Net, clip: Tensor) -> Tensor:
    frames = F.relu(net.first(clip.transpose(1, 2).flatten(0, 1)))
    return weighed(list(frames.unflatten(0, (len(clip), -1)).unbind(1)))


def looped(net: Net, clip: Tensor) -> Tensor:
    return weighed([F.relu(net.first(frame)) for frame in clip.unbind(2)])


def looped_backwards(net: Net, clip: Tensor) -> Tensor:
    steps = [F.relu(net.first(frame)) for frame in reversed(clip.unbind(2))]
    return weighed(steps[::-1])


def in_chunks(net: Net, clip: Tensor) -> Tensor:
    chunks = [F.relu(net.first(part.transpose(1, 2).flatten(0, 1))) for part in clip.chunk(2, 2)]
    return weighed([step[None] for chunk in chunks for step in chunk])


def twice_a_frame(net: Net, clip: Tensor) -> Tensor:
    steps = []
    for frame in clip.unbind(2):
        net.first(frame.flip(-1))
        steps.append(F.relu(net.first(frame)))
    return weighed(steps)


def first_network(body: Body) -> Net:
    return network(body, first=conv2d())


@pytest.mark.parametrize("body", [looped, looped_backwards, in_chunks, twice_a_frame])
@pytest.mark.parametrize("method", ["grad_cam", "layer_cam"])
def test_calls_of_a_layer_a_frame_are_one_map_in_time(body: Body, method: str) -> None:
    clip = random_clip()
    found, expected = (
        attribute(model_of(first_network(way)), clip, 1, method, layer="first", positive=False)
        for way in (body, folded)
    )
    assert found.native.shape == (4, 8, 8)
    np.testing.assert_allclose(found.native, expected.native, rtol=1e-4, atol=1e-7)


def test_layers_called_once_a_frame_can_be_chosen() -> None:
    model = model_of(first_network(looped))
    assert next(layer.reason for layer in layers_of(model, random_clip())) == ""
    assert default_layer(model, random_clip()) == "first"


def test_gradient_of_an_early_call_goes_through_later_ones() -> None:
    def recurrent(net: Net, clip: Tensor) -> Tensor:
        hidden = clip.new_zeros(1, 6, 8, 8)
        for frame in clip.unbind(2):
            hidden = torch.tanh(net.cell(torch.cat([frame, hidden], 1)))
        return hidden[:, :, None]

    network, clip = Net(recurrent, cell=conv2d(9)), random_clip()
    kept: list[Tensor] = []
    handle = network.cell.register_forward_hook(lambda _, __, out: kept.append(out))
    logits = network(clip.tensor.clone().requires_grad_())
    handle.remove()
    slopes = torch.autograd.grad(logits[0, 2], kept)
    pairs = zip(kept, slopes, strict=True)
    expected = torch.stack([(slope.clamp(min=0) * out)[0].sum(0) for out, slope in pairs])
    found = attribute(model_of(network), clip, 2, "layer_cam", layer="cell", positive=False)
    np.testing.assert_allclose(found.native, expected.detach(), rtol=1e-4, atol=1e-6)


def test_a_layer_called_again_on_its_output_is_not_taken_for_time() -> None:
    def deep(net: Net, clip: Tensor) -> Tensor:
        features = net.first(clip.mean(2))
        for _ in range(3):
            features = F.relu(net.again(features))
        return features[:, :, None]

    model = model_of(Net(deep, first=conv2d(), again=conv2d(6)))
    with pytest.raises(AttributionError, match=r"again: its output \(1, 6, 8, 8\) has no time"):
        attribute(model, random_clip(), 0, "grad_cam")


def test_a_layer_called_again_keeps_its_last_output() -> None:
    def deep(net: Net, clip: Tensor) -> Tensor:
        return F.relu(net.again(F.relu(net.again(net.first(clip)))))

    def last(net: Net, clip: Tensor) -> Tensor:
        return F.relu(net.last(F.relu(net.again(net.first(clip)))))

    first, again = conv(3), conv()
    found, expected = (
        attribute(model_of(net), random_clip(), 1, "grad_cam", layer=layer).native
        for net, layer in (
            (network(deep, first=first, again=again), "again"),
            (network(last, first=first, again=again, last=copy.deepcopy(again)), "last"),
        )
    )
    np.testing.assert_array_equal(found, expected)


def test_layers_without_a_part_in_the_score_are_refused_by_that() -> None:
    def aside(net: Net, clip: Tensor) -> Tensor:
        net.aside(clip)
        return net.first(clip)

    network = Net(aside, first=conv(3), aside=conv(3), never=conv(3))
    for layer, reason in (("aside", "no gradient of the score"), ("never", "does not call it")):
        with pytest.raises(AttributionError, match=reason):
            attribute(model_of(network), random_clip(), 0, "grad_cam", layer=layer)


def test_in_order_takes_the_last_of_several_calls_a_frame() -> None:
    calls = [torch.full((1,), float(place)) for place in range(6)]
    assert [int(one) for one in in_order(calls, "forwards", 3)] == [1, 3, 5]
    assert [int(one) for one in in_order(calls, "backwards", 3)] == [5, 3, 1]
    assert len(in_order(calls, "forwards", 4)) == 6


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_part_in_torchscript_is_no_layer_for_maps() -> None:
    def scripted(net: Net, clip: Tensor) -> Tensor:
        return F.relu(net.closed(net.first(clip)))

    net = network(scripted, first=conv(3), closed=torch.jit.script(conv()))
    assert default_layer(model_of(net), random_clip()) == "first"
    assert attribute(model_of(net), random_clip(), 1, "grad_cam").native.any()
    with pytest.raises(AttributionError, match="it is TorchScript"):
        attribute(model_of(net), random_clip(), 1, "grad_cam", layer="closed")

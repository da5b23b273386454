from __future__ import annotations

import copy
import gc
import weakref
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

from engine.attribution import attribute
from engine.attribution.lrp.composites import COMPOSITES
from engine.attribution.lrp.context import Settings
from engine.attribution.lrp.function_mode import RelevanceMode
from engine.errors import AttributionError
from tests.engine.attribution import plain
from tests.engine.attribution.nets import NETS, Net, built, conv, folded, norm, one_layer, padded
from tests.engine.attribution.plain import model_of, random_clip


def lrp(network: nn.Module, target: int = 1, **options: object) -> Tensor:
    result = attribute(model_of(network), random_clip(), target, "lrp", **options)
    return torch.tensor(result.relevance)


@pytest.mark.parametrize("name", NETS)
def test_lrp_conserves_the_logit(name: str) -> None:
    model = model_of(built(name))
    clip = random_clip(1, 3, 4, 8, 8)
    for target in range(4):
        result = attribute(model, clip, target, "lrp")
        assert result.relevance.shape == (4, 8, 8)
        assert result.conservation == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("name", NETS)
def test_lrp_computes_what_the_network_computes(name: str) -> None:
    network = built(name)
    clip = random_clip(1, 3, 4, 8, 8)
    with torch.no_grad():
        expected = network(clip.tensor)
    logits = torch.tensor(attribute(model_of(network), clip, 0, "lrp").logits)
    torch.testing.assert_close(logits, expected[0], rtol=1e-6, atol=1e-6)


def test_lrp_equals_the_rules_by_hand() -> None:
    torch.manual_seed(1)
    first, second = nn.Conv3d(2, 3, (2, 3, 3), padding=(0, 1, 1)), nn.Conv3d(3, 4, 2)
    dense = nn.Linear(4, 3)

    network = nn.Sequential(
        first, nn.ReLU(), second, nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), dense
    )
    clip = random_clip(1, 2, 3, 4, 4)
    result = attribute(model_of(network, 3), clip, 2, "lrp")

    with torch.no_grad():
        inner = F.relu(first(clip.tensor))
        outer = F.relu(second(inner))
        vector = outer.mean((2, 3, 4))
        back = torch.zeros(1, 3).index_fill(1, torch.tensor([2]), float(result.logits[2]))
        back = plain.epsilon(F.linear, vector, dense.weight, back)
        back = back[:, :, None, None, None] * outer / outer.sum((2, 3, 4), keepdim=True)
        back = plain.z_plus(F.conv3d, inner, second.weight, back)
        expected = plain.z_box(
            lambda x, w: F.conv3d(x, w, padding=(0, 1, 1)),
            clip.tensor,
            first.weight,
            clip.low,
            clip.high,
            back,
        )
    relevance = torch.tensor(result.relevance).double()
    torch.testing.assert_close(relevance, expected[0].sum(0), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ["BatchNorm after conv", "grouped conv", "conv without bias"])
def test_lrp_folds_batch_norm_as_done_explicitly(name: str) -> None:
    network = built(name)
    merged = copy.deepcopy(network)
    merged.first = fuse_conv_bn_eval(merged.first, merged.norm)
    merged.second = fuse_conv_bn_eval(merged.second, merged.norm2)
    merged.norm, merged.norm2 = nn.Identity(), nn.Identity()
    torch.testing.assert_close(lrp(network), lrp(merged), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("name", ["transposed conv", "transposed grouped conv"])
def test_lrp_folds_batch_norm_into_transposed_convolutions(name: str) -> None:
    network = built(name)
    merged = copy.deepcopy(network)
    for layer, normalise in ((merged.first, merged.norm), (merged.second, merged.norm2)):
        gain = normalise.weight * torch.rsqrt(normalise.running_var + normalise.eps)
        by_group = layer.weight.unflatten(0, (layer.groups, -1))
        scaled = by_group * gain.view(layer.groups, 1, -1, 1, 1, 1)
        layer.weight.data = scaled.flatten(0, 1)
        shift = normalise.bias - normalise.running_mean * gain
        layer.bias.data = layer.bias * gain + shift
    merged.norm, merged.norm2 = nn.Identity(), nn.Identity()
    torch.testing.assert_close(lrp(network), lrp(merged), rtol=1e-3, atol=1e-5)


def test_lrp_padding_takes_no_relevance() -> None:
    torch.manual_seed(0)
    inside = Net(one_layer, first=nn.Conv3d(3, 6, 3, padding=1)).eval()
    outside = Net(padded, first=nn.Conv3d(3, 6, 3)).eval()
    outside.load_state_dict(inside.state_dict())
    inside.body = lambda net, clip: F.relu(net.first(clip))
    torch.testing.assert_close(lrp(inside), lrp(outside), rtol=1e-4, atol=1e-6)


def test_lrp_of_each_frame_follows_that_frame_alone() -> None:
    network = built("frame by frame")
    network.head.weight.data.abs_()
    clip = random_clip(1, 3, 4, 8, 8)
    clip.tensor[:, :, 2:] = clip.tensor[:, :, :2]
    relevance = attribute(model_of(network), clip, 0, "lrp").relevance
    np.testing.assert_allclose(relevance[2:], relevance[:2], rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(
    ("operation", "name"),
    [(torch.sin, "sin"), (lambda x: x.cumprod(1), "cumprod"), (lambda x: x.sin_(), "sin_")],
    ids=["sin", "cumprod", "sin_"],
)
def test_lrp_names_an_operation_without_a_rule(
    operation: Callable[[Tensor], Tensor], name: str
) -> None:
    model = model_of(Net(lambda net, clip: operation(net.first(clip)), first=conv(3)))
    with pytest.raises(AttributionError, match=name) as caught:
        attribute(model, random_clip(), 0, "lrp")
    assert "gradient" in caught.value.hint


def part_rectified(features: Tensor) -> Tensor:
    features[:, :3].relu_()
    return features


def part_of_a_part_assigned(features: Tensor) -> Tensor:
    features[:, :3][:, 1:] = 0.0
    return features


@pytest.mark.parametrize("change", [part_rectified, part_of_a_part_assigned])
def test_lrp_refuses_a_whole_whose_part_was_changed(change: Callable[[Tensor], Tensor]) -> None:
    model = model_of(Net(lambda net, clip: change(net.first(clip)), first=conv(3)))
    with pytest.raises(AttributionError, match=r"in place on a part .*test_lrp.py:\d+"):
        attribute(model, random_clip(), 0, "lrp")


@pytest.mark.parametrize("name", ["add_", "copy_"])
def test_lrp_refuses_a_buffer_whose_part_was_filled(name: str) -> None:
    def body(net: Net, clip: Tensor) -> Tensor:
        buffer = torch.zeros(1, 6, 4, 8, 8)
        getattr(buffer[:, :3], name)(net.first(clip)[:, :3])
        return buffer

    with pytest.raises(AttributionError, match="part of a tensor changed in place"):
        attribute(model_of(Net(body, first=conv(3))), random_clip(), 0, "lrp")


def test_lrp_follows_a_part_that_is_added_to() -> None:
    def body(net: Net, clip: Tensor) -> Tensor:
        features, buffer = net.first(clip), torch.zeros(1, 6, 4, 8, 8)
        buffer[:, :3] += features[:, 3:]
        features[:, 3:] += buffer[:, :3]
        return F.relu(features)

    network = Net(body, first=conv(3))
    result = attribute(model_of(network), random_clip(), 0, "lrp")
    with torch.no_grad():
        expected = network(random_clip().tensor)[0].numpy()
    assert result.logits == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert result.conservation == pytest.approx(1, abs=0.01)


def test_lrp_follows_a_view_that_is_changed_in_place() -> None:
    def body(net: Net, clip: Tensor) -> Tensor:
        return F.relu_(net.first(clip).view(1, 6, -1))

    network = Net(body, first=conv(3))
    result = attribute(model_of(network), random_clip(), 0, "lrp")
    with torch.no_grad():
        expected = network(random_clip().tensor)[0].numpy()
    assert result.logits == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_lrp_follows_a_view_of_the_clip_that_joins_channels_and_frames() -> None:
    def body(net: Net, clip: Tensor) -> Tensor:
        return net.first(clip.view(1, 12, 8, 8))[:, :, None]

    network = Net(body, first=nn.Conv2d(12, 6, 3, padding=1))
    result = attribute(model_of(network), random_clip(), 0, "lrp")
    assert result.conservation == pytest.approx(1, abs=0.01)


def test_lrp_refuses_batch_norm_without_statistics() -> None:
    layer = nn.BatchNorm3d(6, track_running_stats=False)
    model = model_of(Net(lambda net, clip: net.norm(net.first(clip)), first=conv(3), norm=layer))
    with pytest.raises(AttributionError, match="BatchNorm"):
        attribute(model, random_clip(), 0, "lrp")


def test_lrp_ignores_operations_beside_the_input() -> None:
    def body(net: Net, clip: Tensor) -> Tensor:
        table = torch.sin(torch.arange(6.0)).view(1, 6, 1, 1, 1)
        return F.relu(net.first(clip) + table.expand(1, 6, 4, 8, 8))

    result = attribute(model_of(Net(body, first=conv(3))), random_clip(), 0, "lrp")
    assert result.conservation == pytest.approx(1, abs=0.01)


def test_lrp_of_a_sum_with_numbers_conserves() -> None:
    def body(net: Net, clip: Tensor) -> Tensor:
        parts = [F.relu(net.first(clip)), F.relu(net.second(clip))]
        return torch.add(sum(parts), parts[0], alpha=2) + 0.5

    model = model_of(Net(body, first=conv(3), second=conv(3)))
    assert attribute(model, random_clip(), 0, "lrp").conservation == pytest.approx(1, abs=0.01)


def test_lrp_conserves_through_silent_layers() -> None:
    network = Net(folded, first=conv(3), second=conv(), norm=norm(), norm2=norm())
    network.norm.weight.data.zero_()  # what comes behind is biases alone
    network.norm.bias.data.fill_(-1)
    network.norm2.bias.data.fill_(1)
    result = attribute(model_of(network), random_clip(), 2, "lrp")
    assert result.conservation == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("name", ["residual with BatchNorm", "+=", "results dropped"])
def test_lrp_frees_the_pass_without_waiting_for_the_collector(name: str) -> None:
    network = built(name)
    lrp(network)  # its habits are found
    seen: list[weakref.ref[Tensor]] = []
    for part in (network.first, network.second):
        part.register_forward_hook(lambda _, __, out: seen.append(weakref.ref(out)))
    gc.collect()
    gc.disable()
    try:
        lrp(network)
        assert len(seen) == 2
        assert [ref() for ref in seen] == [None, None]
    finally:
        gc.enable()


def test_relevance_mode_is_left_after_an_error() -> None:
    with pytest.raises(AttributionError):
        lrp(Net(lambda net, clip: torch.sin(net.first(clip)), first=conv(3)))
    assert torch.overrides._get_current_function_mode() is None


def test_relevance_mode_lets_other_tensors_be() -> None:
    clip = random_clip()
    with RelevanceMode((clip.low, clip.high), Settings(COMPOSITES["epsilon-plus"])):
        assert torch.equal(F.relu(torch.tensor([-1.0, 2.0])), torch.tensor([0.0, 2.0]))

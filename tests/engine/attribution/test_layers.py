from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.video import swin3d_t

from engine.attribution import attribute, layers_of
from engine.attribution.layer_calls import watched
from engine.attribution.layers import default_layer, find_layer, why_unusable
from engine.errors import AttributionError
from tests.engine.attribution.nets import Net, built, conv
from tests.engine.attribution.plain import model_of, random_clip
from tests.engine.networks import warmed_up


class Pair(nn.Module):
    """Puts out two tensors."""

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        return values, values * 2


def many_kinds(net: Net, clip: Tensor) -> Tensor:
    features, _ = net.pair(F.relu(net.first(clip)))
    pooled = net.pool(features)
    return net.dense(pooled.flatten(1))[:, :, None]


def many_kinds_net() -> Net:
    """A network with layers of all shapes, and one that is never called."""
    return Net(
        many_kinds,
        first=conv(3),
        pair=Pair(),
        pool=nn.AdaptiveAvgPool3d((2, 1, 1)),
        dense=nn.Linear(12, 6),
        unused=conv(),
    )


def hooks_of(module: nn.Module) -> int:
    """How many hooks hang in a network."""
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(vars(part)[kind]) for part in module.modules() for kind in kinds)


def test_layers_of_lists_names_kinds_and_shapes() -> None:
    layers = layers_of(model_of(many_kinds_net()), random_clip())
    assert [(layer.name, layer.kind, layer.shape) for layer in layers] == [
        ("first", "Conv3d", (1, 6, 4, 8, 8)),
        ("pair", "Pair", ()),
        ("pool", "AdaptiveAvgPool3d", (1, 6, 2, 1, 1)),
        ("dense", "Linear", (1, 6)),
        ("head", "Linear", (1, 4)),
    ]


def test_layers_of_tells_why_a_layer_is_of_no_use() -> None:
    layers = layers_of(model_of(many_kinds_net()), random_clip())
    reasons = {layer.name: layer.reason for layer in layers}
    assert reasons == {
        "first": "",
        "pair": "its output is a tuple, not one tensor",
        "pool": "its output (1, 6, 2, 1, 1) has a height and width of 1",
        "dense": "its output (1, 6) has no height and width",
        "head": "its output (1, 4) has no height and width",
    }


@pytest.mark.parametrize("frames", [4, 6])
def test_layers_of_shows_the_shapes_of_this_clip(frames: int) -> None:
    model = model_of(built("max and average pooling"))
    layers = layers_of(model, random_clip(1, 3, frames, 8, 6))
    shapes = {layer.name: layer.shape for layer in layers}
    assert shapes["first"] == (1, 6, frames, 8, 6)
    assert shapes["second"] == (1, 6, frames, 4, 3)


def test_layers_of_lists_frames_that_are_a_batch() -> None:
    layers = layers_of(model_of(built("frame by frame")), random_clip())
    assert (layers[0].name, layers[0].shape, layers[0].reason) == ("first", (4, 6, 8, 8), "")


def test_layers_of_shows_the_last_output_of_a_layer_used_again() -> None:
    def shrinking(net: Net, clip: Tensor) -> Tensor:
        features = net.first(clip)
        for _ in range(2):
            features = F.max_pool3d(net.second(features), (1, 2, 2))
        return features

    layers = layers_of(model_of(Net(shrinking, first=conv(3), second=conv())), random_clip())
    assert [(layer.name, layer.shape) for layer in layers][1] == ("second", (1, 6, 4, 4, 4))
    assert [layer.name for layer in layers] == ["first", "second", "head"]


def test_layers_of_goes_into_nested_modules() -> None:
    model = model_of(warmed_up("figures", classes=8))
    layers = layers_of(model, random_clip(1, 3, 8, 32, 24))
    by_name = {layer.name: layer for layer in layers}
    assert set(by_name) == {name for name, _ in model.module.named_modules() if name}
    order = list(by_name)
    assert order.index("features.0.conv") < order.index("features.0") < order.index("features")
    assert order[-2:] == ["pool", "head"]
    assert by_name["features.0.conv"].shape[0] == 1
    assert by_name["features.0.conv"].kind == "Conv3d"
    assert by_name["head"].shape == (1, 8)
    assert all(layer.shape[:1] == (1,) for layer in layers)
    assert {layer.name for layer in layers if layer.reason} == {"pool", "head"}


def test_layers_of_equals_what_hooks_see() -> None:
    model, clip = model_of(warmed_up("figures", classes=8)), random_clip(1, 3, 8, 32, 24)
    seen: list[torch.Size] = []
    layer = model.module.get_submodule("features.3")
    handle = layer.register_forward_hook(lambda _, __, output: seen.append(output.shape))
    shapes = {layer.name: layer.shape for layer in layers_of(model, clip)}
    handle.remove()
    assert seen == [shapes["features.3"]]


def test_layers_of_leaves_no_hooks() -> None:
    model = model_of(built("residual with BatchNorm"))
    model.module.train()
    layers_of(model, random_clip())
    assert hooks_of(model.module) == 0
    assert all(part.training for part in model.module.modules())


@pytest.mark.parametrize("ask", [layers_of, default_layer])
def test_layers_leave_no_hooks_after_an_error(ask: Callable[..., object]) -> None:
    def broken(net: Net, clip: Tensor) -> Tensor:
        net.first(clip)
        raise RuntimeError("something is wrong inside")

    model = model_of(Net(broken, first=conv(3)))
    with pytest.raises(AttributionError, match="something is wrong inside"):
        ask(model, random_clip())
    assert hooks_of(model.module) == 0


def test_layers_of_refuses_a_clip_of_another_shape() -> None:
    clip = replace(random_clip(), tensor=torch.zeros(3, 4, 8, 8))
    with pytest.raises(AttributionError, match="frames, height, width"):
        layers_of(model_of(built("+=")), clip)


def test_default_layer_is_that_of_the_model() -> None:
    model = model_of(built("residual with BatchNorm"))
    model = replace(model, spec=replace(model.spec, layer="first"))
    assert default_layer(model, random_clip()) == "first"


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("residual with BatchNorm", "norm2"),
        ("max and average pooling", "second"),
        ("BatchNorm after linear", "first"),
        ("frame by frame", "first"),
    ],
)
def test_default_layer_is_else_the_last_with_space(name: str, layer: str) -> None:
    model, clip = model_of(built(name)), random_clip()
    assert default_layer(model, clip) == layer


def test_default_layer_is_the_one_that_maps_are_made_of() -> None:
    model, clip = model_of(built("residual with BatchNorm")), random_clip()
    free = attribute(model, clip, 0, "layer_cam", positive=False)
    named = attribute(model, clip, 0, "layer_cam", positive=False, layer="norm2")
    other = attribute(model, clip, 0, "layer_cam", positive=False, layer="first")
    assert (free.relevance == named.relevance).all()
    assert not (free.relevance == other.relevance).all()


def test_default_layer_refuses_a_network_without_space() -> None:
    def flat(net: Net, clip: Tensor) -> Tensor:
        return net.dense(clip.flatten(1))[:, :, None]

    with pytest.raises(AttributionError, match="tiny has no layer") as caught:
        default_layer(model_of(Net(flat, dense=nn.Linear(3 * 4 * 8 * 8, 6))), random_clip())
    assert "gradient or perturbation" in caught.value.hint


def test_find_layer_finds_nested_ones() -> None:
    network = nn.Sequential(nn.Sequential(nn.ReLU(), nn.Tanh()), nn.Sigmoid())
    assert find_layer(network, "0.1") is network[0][1]


@pytest.mark.parametrize("name", ["secnd", "SECOND", "second.0"])
def test_find_layer_offers_the_closest(name: str) -> None:
    with pytest.raises(AttributionError, match=repr(name)) as caught:
        find_layer(built("residual with BatchNorm"), name)
    assert "second" in caught.value.hint


@pytest.mark.parametrize("name", ["", "body"])
def test_find_layer_refuses_what_is_no_layer(name: str) -> None:
    with pytest.raises(AttributionError, match="no layer called") as caught:
        find_layer(built("+="), name)
    assert "first" in caught.value.hint


@pytest.mark.parametrize("method", ["grad_cam", "grad_cam_plus_plus", "layer_cam"])
def test_maps_of_a_layer_that_does_not_exist_are_refused(method: str) -> None:
    model = model_of(built("residual with BatchNorm"))
    with pytest.raises(AttributionError, match="'norm3'") as caught:
        attribute(model, random_clip(), 0, method, layer="norm3")
    assert "norm2" in caught.value.hint
    assert hooks_of(model.module) == 0


@pytest.mark.parametrize("layer", ["pair", "pool", "dense", "head"])
def test_maps_of_a_layer_without_space_are_refused(layer: str) -> None:
    model = model_of(many_kinds_net())
    with pytest.raises(AttributionError, match=f"{layer} cannot make a map: its output"):
        attribute(model, random_clip(), 0, "grad_cam", layer=layer)
    assert hooks_of(model.module) == 0


@pytest.mark.parametrize(
    ("shape", "clips", "usable"),
    [
        ((2, 6, 4, 8, 8), 2, True),
        ((8, 6, 8, 8), 2, True),
        ((2, 6, 4, 1, 8), 2, False),
        ((7, 6, 8, 8), 2, False),
        ((2, 6, 4, 1, 1), 2, False),
        ((2, 6, 64), 2, False),
        ((2,), 2, False),
    ],
)
def test_why_unusable_needs_clips_with_space(
    shape: tuple[int, ...], clips: int, usable: bool
) -> None:
    reason = why_unusable(torch.zeros(shape), torch.zeros(clips, 3, 4, 8, 8))
    assert (reason == "") == usable
    assert usable or str(shape) in reason


@pytest.mark.parametrize("output", [None, (torch.zeros(1),), {}])
def test_why_unusable_names_the_type_of_other_outputs(output: object) -> None:
    assert type(output).__name__ in why_unusable(output, torch.zeros(1, 3, 4, 8, 8))


def test_watched_replaces_an_output_while_it_lasts() -> None:
    network = nn.Sequential(nn.Identity(), nn.Identity())
    with watched(network, {"0": lambda output: output + 1, "1": lambda output: None}):
        assert network(torch.zeros(1)).item() == 1
    assert network(torch.zeros(1)).item() == 0
    assert hooks_of(network) == 0


def test_watched_takes_its_hooks_away_where_a_layer_is_missing() -> None:
    network = nn.Sequential(nn.Identity())
    with pytest.raises(AttributeError), watched(network, {"0": print, "9": print}):
        pass
    assert hooks_of(network) == 0


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((1, 8, 4, 6, 9), ""),
        ((1, 8, 2, 2, 3), ""),
        ((4, 8, 6, 9), ""),
        ((1, 4, 6, 9, 96), "channels last"),
        ((8, 4, 2, 6, 9), "not one map a clip"),
        ((1, 8, 6, 9), "no time"),
        ((1, 8, 1, 1, 1), "height and width of 1"),
        ((1, 8), "no height and width"),
    ],
)
def test_why_unusable_knows_maps_of_a_clip(shape: tuple[int, ...], reason: str) -> None:
    clip = torch.zeros(1, 3, 4, 24, 36)
    found = why_unusable(torch.zeros(shape), clip)
    assert reason in found
    assert bool(found) == bool(reason)


def test_a_video_transformer_is_not_given_a_map_of_its_channels() -> None:
    network = swin3d_t(weights=None, num_classes=4).eval()
    layers = layers_of(model_of(network), random_clip(1, 3, 4, 64, 64))
    assert {layer.name for layer in layers if not layer.reason} == {"patch_embed.proj"}

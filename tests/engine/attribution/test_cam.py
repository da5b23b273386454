from __future__ import annotations

import numpy as np
import pytest
import torch
from captum import attr
from torch import Tensor, nn
from torch.nn import functional as F

from engine.attribution import attribute
from engine.attribution.cam import enlarged
from engine.errors import AttributionError
from tests.engine.attribution.nets import Net, built, conv
from tests.engine.attribution.plain import model_of, random_clip
from tests.engine.attribution.test_attribute_clip import assert_unchanged, snapshot
from tests.engine.networks import warmed_up

CAMS = ("grad_cam", "grad_cam_plus_plus", "layer_cam")


def at_layer(
    network: nn.Module, layer: nn.Module, clip: Tensor, target: int
) -> tuple[Tensor, Tensor]:
    """Output of a layer and the logit's gradient there, by a hook."""
    kept: list[Tensor] = []
    handle = layer.register_forward_hook(lambda _, __, out: kept.append(out))
    logits = network(clip.clone().requires_grad_())
    handle.remove()
    (gradient,) = torch.autograd.grad(logits[0, target], kept[-1])
    return kept[-1].detach()[0], gradient[0]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_grad_cam_equals_that_of_captum() -> None:
    network, clip = warmed_up("figures", classes=8), random_clip(1, 3, 16, 64, 64)
    layer = network.features[4]
    peer = attr.LayerGradCam(network, layer)
    expected = peer.attribute(clip.tensor, target=1, relu_attributions=True)[0, 0].detach()
    found = attribute(model_of(network, 8), clip, 1, "grad_cam", layer="features.4")
    assert found.native is not None
    assert found.native.shape == (16, 8, 8)
    error = np.abs(found.native - expected.numpy()).max()
    assert error < 1e-5 * float(expected.max())


def test_grad_cam_by_slices_weighs_each_slice_alone() -> None:
    network, clip = built("BatchNorm after conv"), random_clip()
    features, gradient = at_layer(network, network.second, clip.tensor, 2)
    expected = (gradient.mean((2, 3), keepdim=True) * features).sum(0).clamp(min=0)
    result = attribute(model_of(network), clip, 2, "grad_cam", layer="second", weights="slice")
    torch.testing.assert_close(torch.tensor(result.native), expected, rtol=1e-4, atol=1e-6)


def test_layer_cam_weighs_each_place_alone() -> None:
    network, clip = built("+="), random_clip()
    features, gradient = at_layer(network, network.first, clip.tensor, 0)
    expected = (gradient.clamp(min=0) * features).sum(0)
    result = attribute(model_of(network), clip, 0, "layer_cam", layer="first", positive=False)
    torch.testing.assert_close(torch.tensor(result.native), expected, rtol=1e-4, atol=1e-6)


def test_grad_cam_plus_plus_equals_its_formula_place_by_place() -> None:
    network, clip = built("BatchNorm after conv"), random_clip()
    features, gradient = at_layer(network, network.second, clip.tensor, 1)
    expected = torch.zeros(features.shape[1:])
    for channel, slope in zip(features, gradient, strict=True):
        beneath = 2 * slope**2 + channel.sum() * slope**3
        alpha = torch.where(beneath == 0, 0, slope**2 / beneath)
        expected += (alpha * slope.clamp(min=0)).sum() * channel
    result = attribute(
        model_of(network), clip, 1, "grad_cam_plus_plus", layer="second", positive=False
    )
    torch.testing.assert_close(torch.tensor(result.native), expected, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("method", CAMS)
def test_maps_keep_their_own_resolution_beside_the_enlarged_one(method: str) -> None:
    network, clip = warmed_up("r3d_18", classes=4), random_clip(1, 3, 16, 48, 48)
    result = attribute(model_of(network), clip, 0, method, layer="layer4")
    assert result.native is not None
    assert result.native.shape == (2, 3, 3)
    assert result.relevance.shape == (16, 48, 48)
    assert (result.steps, result.time_step) == (2, 8)
    assert np.array_equal(result.relevance[0], result.relevance[7])
    assert any("2 time step" in text for text in result.notices)


def test_maps_of_a_layer_with_many_steps_are_not_warned_of() -> None:
    result = attribute(
        model_of(warmed_up("figures", classes=8), 8), random_clip(1, 3, 16, 64, 64), 0, "grad_cam"
    )
    assert result.steps == 16
    assert result.notices == ("The map is of the layer features; the option layer takes another.",)


def test_enlarged_maps_show_each_frame_its_own_slice() -> None:
    native = torch.tensor([1.0, 3.0]).view(1, 2, 1, 1)
    assert enlarged(native, torch.Size((5, 2, 2)))[0, :, 0, 0].tolist() == [1, 1, 1, 3, 3]


@pytest.mark.parametrize("method", CAMS)
@pytest.mark.parametrize(
    ("layer", "complaint"),
    [("head", "no height and width"), ("secnd", "no layer called"), ("body", "no layer called")],
)
def test_unusable_layers_are_refused_with_the_reason(
    method: str, layer: str, complaint: str
) -> None:
    model = model_of(built("+="))
    before = snapshot(model.module)
    with pytest.raises(AttributionError, match=complaint) as caught:
        attribute(model, random_clip(), 0, method, layer=layer)
    assert caught.value.hint
    assert_unchanged(model.module, before)


def test_the_closest_layer_name_is_offered() -> None:
    with pytest.raises(AttributionError) as caught:
        attribute(model_of(built("+=")), random_clip(), 0, "grad_cam", layer="secnd")
    assert "second" in caught.value.hint


def test_grad_cam_of_a_layer_behind_in_place_relu_uses_what_it_put_out() -> None:
    network, clip = built("results dropped"), random_clip()
    result = attribute(model_of(network), clip, 1, "grad_cam", layer="first", positive=False)
    plain = built("results dropped")

    def body(net: Net, values: Tensor) -> Tensor:
        features = F.relu(net.first(values))
        return F.relu(net.second(features) + features)

    plain.body = body
    expected = attribute(model_of(plain), clip, 1, "grad_cam", layer="first", positive=False)
    np.testing.assert_allclose(result.native, expected.native, rtol=1e-4, atol=1e-6)


def test_grad_cam_of_frames_in_a_batch_has_one_slice_a_frame() -> None:
    network = built("frame by frame")
    result = attribute(model_of(network), random_clip(), 0, "grad_cam", layer="first")
    assert result.native is not None
    assert result.native.shape == (4, 8, 8)


def test_networks_without_space_are_refused() -> None:
    network = Net(
        lambda net, clip: net.dense(clip.flatten(1))[..., None], 6, dense=nn.Linear(768, 6)
    )
    with pytest.raises(AttributionError, match="no layer whose output has height"):
        attribute(model_of(network), random_clip(), 0, "grad_cam")


def test_maps_need_no_gradient_before_their_layer() -> None:
    def body(net: Net, clip: Tensor) -> Tensor:
        return F.relu(net.second(net.first(clip).detach()))

    network = Net(body, first=conv(3), second=conv())
    assert attribute(model_of(network), random_clip(), 0, "layer_cam", layer="second").native.any()

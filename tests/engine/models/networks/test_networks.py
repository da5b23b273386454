"""What the networks compute, and that their facts fit them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from engine.attribution import attribute
from engine.models import load_model
from engine.models.model import VideoModel
from engine.models.networks import NETWORKS
from engine.models.networks.i3d import SamePool, padded
from engine.models.networks.network import averaged
from engine.models.networks.resnet3d import PaddedShortcut, ResNet3D
from engine.models.networks.tsm import TemporalShift
from tests.engine.models.networks.samples import CLASSES, NARROW, SIZES, filled, noise, warm_model

_PEERS = {
    "c3d": (0.87459, -0.79325, 3.106, -1.0611, -0.73709),
    "resnet3d_18": (3.5408, 15.043, -10.264, -10.949, 4.2981),
    "resnet3d_34_2020": (18.464, 89.87, -21.7, -30.564, -49.248),
    "resnet3d_50": (-97.388, -153.32, 2.3962, -49.669, 176.23),
    "resnext3d_101": (-26983, 9287.5, 19329, -5893.4, -889.71),
    "i3d": (5.3315, -7.7657, -1.4266, 1.0168, -0.37662),
    "slowfast_4x16_r50": (-215.16, -139.75, 947.19, 302.39, -415.71),
    "slowfast_8x8_r50": (-522.24, -148.88, -102.17, -366.72, -460.44),
    "slow_r50": (-231.22, -74.506, 465.89, -101.85, 352.54),
    "x3d_m": (93.336, 104.03, 62.238, 469.02, -65.582),
    "shufflenet3d_x0_5": (368.43, 5.6783, 574.6, 98.115, 37.142),
    "shufflenet3d_x1_0": (624.51, 114.61, -399.86, -190.85, -790.04),
    "shufflenet3d": (286.84, 144.83, 289.11, 249.95, -396.82),
    "shufflenetv2_3d": (0.25258, -0.53779, 0.57275, -0.84103, -1.2877),
    "mobilenet3d": (0.4921, 0.091315, 0.17049, 0.065842, 0.054768),
    "mobilenetv2_3d": (1.7692, 2.9248, 0.16472, -0.97365, -1.2776),
    "squeezenet3d": (10.551, 3.7693, 5.8142, 5.4256, 9.9534),
    "c3d_bn": (-0.75135, -0.33147, -0.58511, -0.49893, -0.049234),
    "ir_csn": (6.6507, -3.0401, -3.0155, -1.4872, -1.7168),
    "ip_csn": (-0.99525, -8.9685, -0.038975, -0.90537, 1.9542),
    "csn_r101": (-1.4969, 0.70191, 0.068785, -0.84145, -0.48023),
    "s3d_kinetics": (0.39737, -1.704, -0.42292, -1.3996, -1.0333),
    "s3dg": (-0.043188, 0.1077, 0.044333, 0.027804, 0.076568),
    "tsm_resnet50": (-4.5993, -3.4182, -8.0704, 1.5087, 6.8645),
}
"""Logits of the networks named in ``keys/`` with weights and clips of `filled` and `noise`, in
the sizes of `NARROW` where there are several."""

_EXPLAINED = [
    "c3d",
    "resnet3d_18",
    "resnet3d_18_2020",
    "resnet3d_34",
    "resnet3d_50",
    "resnet3d_101",
    "resnext3d_101",
    "wide_resnet3d_50",
    "i3d",
    "slowfast_4x16_r50",
    "slowfast_8x8_r50",
    "slow_r50",
    "x3d_xs",
    "x3d_m",
    "shufflenet3d_x0_5",
    "shufflenet3d_x1_0",
    *NARROW,
]
"""The others are one of these, given something else."""


@pytest.mark.parametrize("name", _PEERS)
def test_logits_are_those_of_the_published_code(name: str) -> None:
    network = NETWORKS[name]
    # Sizes that no stride divides, where what is padded depends on the size.
    clip = noise(17, 61) if name == "i3d" else noise(*SIZES.get(name, (16, 64)))
    module = filled(network.build(CLASSES, **NARROW.get(name, {}))).eval()
    given = network.pack(clip) if network.pack and name != "c3d" else clip
    with torch.no_grad():
        first, second = module(given), module(given)
    assert first.shape == (1, CLASSES)
    assert torch.equal(first, second)
    expected = np.array(_PEERS[name])
    np.testing.assert_allclose(first[0].numpy(), expected, atol=1e-3 * abs(expected).max())


@pytest.mark.parametrize("name", _EXPLAINED)
def test_lrp_conserves_the_logit(name: str) -> None:
    model, clip = warm_model(name)
    result = attribute(model, clip, 3, "lrp")
    assert result.conservation == pytest.approx(1, abs=1e-3)
    assert abs(result.relevance).sum((1, 2)).min() > 0
    with torch.no_grad():
        expected = model.module(*model.arguments(clip.tensor))[0].numpy()
    assert result.logits == pytest.approx(expected, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("name", NARROW)
def test_lrp_without_biases_sums_to_the_logit_over_the_pixels(name: str) -> None:
    model, clip = warm_model(name)
    with torch.no_grad():
        for key, value in model.module.state_dict().items():
            if key.endswith(("bias", "running_mean")):
                value.zero_()
    result = attribute(model, clip, 3, "lrp")
    logit = float(result.logits[3])
    assert float(result.relevance.sum()) == pytest.approx(logit, rel=1e-3)


@pytest.mark.parametrize("name", NARROW)
def test_clips_of_a_batch_are_scored_as_by_themselves(name: str) -> None:
    model, clip = warm_model(name)
    both = torch.cat([clip.tensor, clip.tensor.flip(2)])
    with torch.no_grad():
        together = model.module(*model.arguments(both))
        single = model.module(*model.arguments(both[1:]))
    assert torch.allclose(together[1:], single, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["resnet3d_18", "slowfast_4x16_r50", "x3d_m"])
@pytest.mark.parametrize("method", ["gradient", "grad_cam"])
def test_other_methods_find_relevance_in_every_frame(name: str, method: str) -> None:
    model, clip = warm_model(name)
    options = {"positive": False} if method == "grad_cam" else {}
    relevance = attribute(model, clip, 3, method, **options).relevance
    assert abs(relevance).sum((1, 2)).min() > 0


@pytest.mark.parametrize("name", NETWORKS)
def test_facts_fit_their_network(name: str) -> None:
    network = NETWORKS[name]
    with torch.device("meta"):
        module = network.build(len(network.spec.labels))
    assert network.spec.name == name
    assert network.spec.layer in dict(module.named_modules())
    assert module.state_dict()[network.head].shape[0] == len(network.spec.labels)


@pytest.mark.parametrize(
    ("name", "black", "white"),
    [
        ("c3d", (-102, -98, -90), (153, 157, 165)),
        ("resnet3d_18", (-114.7748, -107.7354, -99.475), (140.2252, 147.2646, 155.525)),
        ("i3d", (-1, -1, -1), (1, 1, 1)),
        ("x3d_s", (-2, -2, -2), (0.55 / 0.225,) * 3),
        ("shufflenet3d_x0_5", (-114.7748, -107.7354, -99.475), (140.2252, 147.2646, 155.525)),
    ],
)
def test_preprocessing_gives_the_published_range(
    name: str, black: tuple[float, ...], white: tuple[float, ...]
) -> None:
    spec = NETWORKS[name].spec
    model = VideoModel(spec, nn.Identity(), torch.device("cpu"))
    clip = model.preprocess(np.full((1, 60, 80, 3), 255, np.uint8))
    assert clip.tensor.shape == (1, 3, 1, *spec.crop)
    assert clip.low.flatten().tolist() == pytest.approx(black, abs=1e-4)
    assert clip.tensor[0, :, 0, 5, 5].tolist() == pytest.approx(white, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "slow"),
    [("slowfast_8x8_r50", [0, 4, 8, 13, 17, 22, 26, 31]), ("slowfast_4x16_r50", [0, 10, 20, 31])],
)
def test_pack_picks_the_frames_of_the_published_code(name: str, slow: list[int]) -> None:
    clips = torch.arange(32.0).view(1, 1, 32, 1, 1).expand(2, 3, 32, 4, 4)
    pack = NETWORKS[name].pack
    assert pack is not None
    slow_clips, fast_clips = pack(clips)
    assert torch.equal(fast_clips, clips)
    assert slow_clips.shape == (2, 3, len(slow), 4, 4)
    assert slow_clips[1, 2, :, 3, 3].tolist() == slow


def test_c3d_is_given_blue_first() -> None:
    pack = NETWORKS["c3d"].pack
    assert pack is not None
    clip = noise(2, 4)
    assert torch.equal(pack(clip)[:, 0], clip[:, 2])
    assert NETWORKS["c3d_rgb"].pack is None


def test_shortcuts_of_type_a_skip_places_and_add_empty_channels() -> None:
    features = noise(4, 6)
    out = PaddedShortcut(2, 2)(features)
    assert torch.equal(out[:, :3], functional.avg_pool3d(features, 1, 2))
    assert out.shape == (1, 5, 2, 3, 3)
    assert not out[:, 3:].any()


def test_the_options_of_2020_change_the_first_layers() -> None:
    small = partial(ResNet3D, 3, depths=(1, 1, 1, 1), expansion=1, width=4, stem=4)
    usual, short = small().eval(), small(stem_frames=3, max_pool=False).eval()
    assert usual.conv1.kernel_size == (7, 7, 7)
    assert short.conv1.kernel_size == (3, 7, 7)
    clip = noise(8, 32)
    for network, size in ((usual, (4, 8, 8)), (short, (8, 16, 16))):
        first = network.maxpool(network.bn1(network.conv1(clip)))
        assert first.shape[2:] == size
        assert network(clip).shape == (1, 3)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "before", "after"),
    [(224, 7, 2, 2, 3), (7, 3, 2, 1, 1), (8, 3, 2, 0, 1), (5, 2, 2, 0, 1), (6, 1, 1, 0, 0)],
)
def test_same_padding_puts_the_odd_zero_at_the_end(
    size: int, kernel: int, stride: int, before: int, after: int
) -> None:
    features = torch.ones(1, 1, 1, 1, size)
    out = padded(features, (1, 1, kernel), (1, 1, stride))[0, 0, 0, 0]
    assert out.tolist() == [0] * before + [1] * size + [0] * after


def test_same_pooling_takes_the_largest() -> None:
    features = torch.tensor([1.0, 3.0, 2.0, 0.0, 5.0]).view(1, 1, 1, 1, 5)
    pool = SamePool((1, 1, 2), (1, 1, 2))
    assert pool(features).flatten().tolist() == [3, 2, 5]


def test_larger_pictures_are_averaged_over_positions_of_the_window() -> None:
    features = noise(2, 3)
    expected = sum(
        features[:, :, :, y : y + 2, x : x + 2].mean((2, 3, 4)) for y in (0, 1) for x in (0, 1)
    )
    assert torch.allclose(averaged(features, (2, 2, 2)), expected / 4, atol=1e-6)


def test_smaller_pictures_than_the_window_are_averaged_whole() -> None:
    features = noise(2, 3)
    assert torch.allclose(averaged(features, (7, 7, 7)), features.mean((2, 3, 4)), atol=1e-6)


def test_shufflenet3d_loads_weights_as_its_training_script_saves_them(tmp_path: Path) -> None:
    module = filled(NETWORKS["shufflenet3d_x0_5"].build(27)).eval()
    state = {f"module.{name}": tensor for name, tensor in module.state_dict().items()}
    torch.save({"epoch": 67, "arch": "shufflenet", "state_dict": state}, tmp_path / "best.pth")
    model = load_model("shufflenet3d_x0_5", weights=tmp_path / "best.pth", device="cpu")
    with torch.no_grad():
        loaded, expected = model.module(noise(16, 64)), module(noise(16, 64))
    assert torch.equal(loaded, expected)
    assert model.spec.labels[2] == "No gesture"


def test_tsm_moves_an_eighth_of_the_channels_each_way() -> None:
    features = torch.arange(1.0, 4).view(3, 1, 1, 1).expand(3, 8, 1, 1)
    shift = TemporalShift(nn.Identity())
    shift.frames = 3
    moved = shift(features).flatten(1)
    assert moved[:, 0].tolist() == [2, 3, 0]
    assert moved[:, 1].tolist() == [0, 1, 2]
    assert moved[:, 2:].eq(features.flatten(1)[:, 2:]).all()


def test_tsm_takes_any_number_of_frames() -> None:
    module = filled(NETWORKS["tsm_resnet50"].build(CLASSES, **NARROW["tsm_resnet50"])).eval()
    with torch.no_grad():
        scores = [module(noise(frames, 32)) for frames in (2, 5)]
        assert torch.equal(module(noise(2, 32)), scores[0])
    assert scores[1].shape == (1, CLASSES)


@pytest.mark.parametrize(
    ("name", "theirs", "ours"),
    [
        ("ir_csn", "backbone.conv1.conv.weight", "stem.0.weight"),
        ("ir_csn", "backbone.layer2.3.conv1.bn.weight", "layer2.3.conv1.1.weight"),
        ("ir_csn", "backbone.layer2.3.conv2.0.conv.weight", "layer2.3.conv2.0.weight"),
        ("ir_csn", "backbone.layer2.3.conv2.0.bn.bias", "layer2.3.conv2.1.bias"),
        ("ir_csn", "backbone.layer2.0.downsample.conv.weight", "layer2.0.downsample.0.weight"),
        ("ir_csn", "cls_head.fc_cls.bias", "fc.bias"),
        ("ip_csn", "backbone.layer2.3.conv2.0.conv.weight", "layer2.3.conv2.0.0.weight"),
        ("ip_csn", "backbone.layer2.3.conv2.0.bn.weight", "layer2.3.conv2.0.1.weight"),
        ("ip_csn", "backbone.layer2.3.conv2.1.conv.weight", "layer2.3.conv2.0.2.weight"),
        ("ip_csn", "backbone.layer2.3.conv2.1.bn.weight", "layer2.3.conv2.1.weight"),
        ("tsm_resnet50", "backbone.conv1.bn.weight", "base_model.bn1.weight"),
        ("tsm_resnet50", "backbone.layer1.0.conv3.bn.bias", "base_model.layer1.0.bn3.bias"),
        (
            "tsm_resnet50",
            "backbone.layer1.0.conv1.conv.net.weight",
            "base_model.layer1.0.conv1.net.weight",
        ),
        (
            "tsm_resnet50",
            "backbone.layer1.0.downsample.bn.weight",
            "base_model.layer1.0.downsample.1.weight",
        ),
    ],
)
def test_names_of_mmaction_are_translated(name: str, theirs: str, ours: str) -> None:
    weight = torch.zeros(1)
    network = NETWORKS[name]
    assert network.renamed({theirs: weight, "epoch": weight}) == {ours: weight, "epoch": weight}
    assert list(network.renamed({ours: weight})) == [ours]
    published = Path(__file__).parent / "keys" / f"{name}.txt"
    assert f"\n{ours.rpartition('.')[0]} " in published.read_text(encoding="utf-8")


def test_s3dg_loads_without_the_part_for_texts(tmp_path: Path) -> None:
    module = filled(NETWORKS["s3dg"].build(CLASSES, packed=False)).eval()
    state = module.state_dict() | {"text_module.fc1.weight": torch.ones(2, 2)}
    torch.save(state, tmp_path / "s3d.pth")
    model = load_model("s3dg", weights=tmp_path / "s3d.pth", device="cpu")
    clip = noise(8, 32)
    with torch.no_grad():
        assert torch.equal(model.module(clip), module(clip))


@pytest.mark.parametrize("name", ["mobilenetv2_3d", "shufflenet3d"])
def test_networks_of_any_width_load_with_width_and_classes_of_the_weights(
    name: str, tmp_path: Path
) -> None:
    module = filled(NETWORKS[name].build(6, **NARROW[name])).eval()
    state = {f"module.{key}": tensor for key, tensor in module.state_dict().items()}
    torch.save({"epoch": 9, "state_dict": state}, tmp_path / "best.pth")
    model = load_model(name, weights=tmp_path / "best.pth", device="cpu")
    clip = noise(16, 64)
    with torch.no_grad():
        assert torch.equal(model.module(clip), module(clip))
    assert model.spec.labels == tuple(f"class {index}" for index in range(6))

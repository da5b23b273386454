"""Names, shapes and counts against lists read from the projects whose weights are published."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from engine.models.networks import NETWORKS
from engine.models.networks.resnet3d import ResNet3D
from tests.engine.models.networks.samples import NARROW

_KEYS = Path(__file__).parent / "keys"
_ALIKE = {
    "c3d_rgb": "c3d",
    "resnet3d_50_2020": "resnet3d_50",
    "resnet3d_101_2020": "resnet3d_101",
    "shufflenet3d": "shufflenet3d_x1_0",
    "x3d_xs": "x3d",
    "x3d_s": "x3d",
    "x3d_m": "x3d",
}
"""Networks with the names of another; their class counts may differ."""

Shapes = dict[str, tuple[int, ...]]


def published(name: str) -> Shapes:
    lines = (_KEYS / f"{_ALIKE.get(name, name)}.txt").read_text(encoding="utf-8").splitlines()
    shapes = {}
    for line in lines[1:]:
        module, *parts = line.split()
        for part in parts:
            kind, _, sizes = part.partition("=")
            shapes[f"{module}.{kind}"] = tuple(map(int, sizes.split("x")))
    return shapes


def shapes_of(build: Callable[[int], nn.Module], classes: int) -> Shapes:
    with torch.device("meta"):
        state = build(classes).state_dict()
    return {
        name: tuple(tensor.shape)
        for name, tensor in state.items()
        if not name.endswith("num_batches_tracked")
    }


def parameters(build: Callable[[int], nn.Module], classes: int) -> int:
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in build(classes).parameters())


@pytest.mark.parametrize("name", NETWORKS)
def test_names_and_shapes_are_the_published_ones(name: str) -> None:
    network, expected = NETWORKS[name], published(name)
    assert shapes_of(network.build, expected[network.head][0]) == expected


@pytest.mark.parametrize("name", [name for name in NARROW if NETWORKS[name].options])
def test_the_size_is_read_from_weights_behind_any_prefix(name: str) -> None:
    network, small = NETWORKS[name], NARROW[name]
    with torch.device("meta"):
        state = network.build(7, **small).state_dict()
        wrapped = {f"net.{key}": value for key, value in state.items()}
        found = network.built_for(wrapped, 7).state_dict()
    assert {key: value.shape for key, value in found.items()} == {
        key: value.shape for key, value in state.items()
    }


@pytest.mark.parametrize("name", ["resnet3d_18", "resnet3d_50_2020"])
@pytest.mark.parametrize("options", [{"shortcut": "A"}, {"shortcut": "B", "stem_frames": 3}])
def test_resnets_have_the_shortcuts_and_the_stem_of_the_weights(
    name: str, options: dict[str, Any]
) -> None:
    network = NETWORKS[name]
    with torch.device("meta"):
        state = network.build(7, **options).state_dict()
        found = network.built_for(state, 7).state_dict()
    assert found.keys() == state.keys()
    assert found["conv1.weight"].shape == state["conv1.weight"].shape


@pytest.mark.parametrize("name", [name for name in NETWORKS if NETWORKS[name].options])
def test_weights_of_another_network_leave_the_usual_size(name: str) -> None:
    network = NETWORKS[name]
    with torch.device("meta"):
        usual = network.build(7).state_dict()
        strange = {key: torch.zeros(9) for key in usual}
        found = network.built_for(strange, 7).state_dict()
    assert found.keys() == usual.keys()
    assert all(found[key].shape == value.shape for key, value in usual.items())


@pytest.mark.parametrize("name", NETWORKS)
def test_the_head_has_one_row_a_class(name: str) -> None:
    network = NETWORKS[name]
    assert shapes_of(network.build, 7)[network.head][0] == 7


_COUNTS = {
    # metadata of mmaction2 1.2.0; C3D on UCF101
    "c3d": (101, "78.4"),
    "slow_r50": (400, "32.45"),
    "slowfast_4x16_r50": (400, "34.5"),
    "slowfast_8x8_r50": (400, "34.6"),
    "x3d_s": (400, "3.794"),
    "ir_csn": (400, "29.70"),
    "tsm_resnet50": (174, "23.86"),
    # PyTorchVideo's model zoo; torchvision's metadata of the same network
    "csn_r101": (400, "22.21"),
    "s3d_kinetics": (400, "8.32"),
    # Köpüklü et al. 2019, arXiv 1904.02422
    "resnet3d_18": (400, "33.24"),
    "resnext3d_101": (400, "48.34"),
    "shufflenet3d": (600, "1.52"),
    "shufflenetv2_3d": (600, "1.91"),
    "mobilenet3d": (600, "3.91"),
    "mobilenetv2_3d": (600, "3.12"),
    "squeezenet3d": (600, "2.15"),
}
"""Network -> classes, millions of parameters."""


def millions(count: int, like: str) -> str:
    """A count in millions with as many digits as another has."""
    return f"{count / 1e6:.{len(like.partition('.')[2])}f}"


@pytest.mark.parametrize("name", _COUNTS)
def test_parameters_are_as_many_as_published(name: str) -> None:
    classes, expected = _COUNTS[name]
    assert millions(parameters(NETWORKS[name].build, classes), expected) == expected


@pytest.mark.parametrize(
    ("depths", "expected"), [((3, 4, 6, 3), "44.24"), ((3, 4, 23, 3), "83.29")]
)
def test_bottlenecks_with_shortcuts_of_type_a_are_as_large_as_published(
    depths: tuple[int, ...], expected: str
) -> None:
    build = partial(ResNet3D, depths=depths, expansion=4, shortcut="A")
    assert millions(parameters(build, 400), expected) == expected


def test_i3d_is_half_of_the_two_streams_of_its_paper() -> None:
    assert millions(2 * parameters(NETWORKS["i3d"].build, 400), "25") == "25"

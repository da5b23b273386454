"""Networks given another input than they take: named with the keys to write, others left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.attribution import attribute
from engine.errors import ModelError
from engine.models import load_model
from engine.models.model import VideoModel
from engine.models.preprocess.unfit_input import check_signature
from engine.network_inputs import NetworkInput, PassAs
from tests.engine.models.preprocess.test_geometry import SPEC
from tests.programs import trust_file

CLIP = torch.rand(1, 3, 4, 8, 8)
FLOW = NetworkInput(name="moves", kind="flow", value_range=(-1, 1), mean=(0.0,) * 2, std=(1.0,) * 2)


def layer(channels: int = 3) -> nn.Module:
    return nn.Conv3d(channels, 2, 3, padding=1)


class Net(nn.Module):
    """A network whose forward is a function of its first layer and what it is given."""

    def __init__(self, forward: Callable[..., Any], first: nn.Module | None = None) -> None:
        super().__init__()
        self.first = first or layer()
        self.forward = lambda *given, **named: forward(self.first, *given, **named)


def pair(first: nn.Module, clips: Any) -> Tensor:
    one, other = clips
    scores: Tensor = (first(one) + first(other)).mean((2, 3, 4))
    return scores


def second(first: nn.Module, clips: Any) -> Tensor:
    scores: Tensor = (first(clips[0]) + first(clips[1])).mean((2, 3, 4))
    return scores


def plain(first: nn.Module, clip: Tensor) -> Tensor:
    scores: Tensor = first(clip).mean((2, 3, 4))
    return scores


def by_frames(first: nn.Module, clip: Tensor) -> Tensor:
    scores: Tensor = first(clip.transpose(1, 2).flatten(0, 1)).mean((2, 3)).mean(0, keepdim=True)
    return scores


FAULTS: dict[str, tuple[nn.Module, str, str]] = {
    "pair": (Net(pair), "takes a list of 2 inputs", 'pass_as = "list"'),
    "second": (Net(second), "takes a list of 2 inputs", 'pass_as = "list"'),
    "grey": (Net(plain, layer(1)), "takes 1 channel in a frame, but is given 3", '"grey"'),
    "grey frames": (Net(by_frames, nn.Conv2d(1, 2, 3)), "takes 1 channel", 'channels = "grey"'),
    "norm": (Net(plain, nn.BatchNorm3d(1).eval()), "takes 1 channel", 'channels = "grey"'),
    "flow": (Net(plain, layer(2)), "takes 2 channels", 'kind = "flow"'),
    "stack": (Net(by_frames, nn.Conv2d(20, 2, 3)), "takes 20 channels", 'layout = "NCHW"'),
}


def model_of(module: nn.Module, *inputs: NetworkInput, pass_as: PassAs = "positions") -> VideoModel:
    spec = replace(SPEC, labels=("a", "b"), frames=4, crop=(8, 8), inputs=inputs, pass_as=pass_as)
    return VideoModel(spec, module, torch.device("cpu"))


@pytest.mark.parametrize("name", FAULTS)
def test_network_of_another_input_is_named_with_the_keys(name: str) -> None:
    module, message, hint = FAULTS[name]
    with pytest.raises(ModelError, match=message) as caught:
        model_of(module).output(CLIP)
    assert hint in caught.value.hint


READS: list[Callable[[Any], Tensor]] = [
    lambda batch: batch["imgs"],
    lambda batch: batch.get("imgs"),
]


@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
@pytest.mark.parametrize("read", READS)
def test_network_of_a_dict_is_named_with_its_keys(read: Callable[[Any], Tensor]) -> None:
    with pytest.raises(ModelError, match=r"takes a dict \(imgs\)") as caught:
        model_of(Net(lambda first, batch: plain(first, read(batch)))).output(CLIP)
    assert 'pass_as = "dict"' in caught.value.hint


def test_declared_input_of_other_channels_is_named() -> None:
    with pytest.raises(
        ModelError, match=r"takes 3 channels of its input 'moves', .* of 2"
    ) as caught:
        model_of(Net(plain), FLOW).output(torch.rand(1, 2, 4, 8, 8))
    assert 'kind = "rgb"' in caught.value.hint


def wrong_inside(first: nn.Module, clip: Tensor) -> Tensor:
    scores: Tensor = nn.functional.conv3d(first(clip), torch.ones(2, 5, 1, 1, 1))
    return scores


def fails_itself(first: nn.Module, clip: Tensor) -> Tensor:
    raise ValueError("of its own")


@pytest.mark.parametrize(
    ("forward", "kind"), [(wrong_inside, RuntimeError), (fails_itself, ValueError)]
)
def test_other_faults_go_on(forward: Callable[..., Tensor], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        model_of(Net(forward, nn.Conv3d(3, 4, 2, 2))).output(CLIP)


SOURCE = """
from torch import nn

class Net(nn.Module):
    def forward(self, rgb, flow, *, scale=1.0):
        return rgb.mean((2, 3, 4))[:, :2] + flow.mean((2, 3, 4)) * scale

def build(classes):
    return Net()
"""
CARD = """
network = "net.py:build"
labels = "labels.txt"
frames = 4
fps = 15
resize = 12
crop = 12
"""
TABLES = """
[[inputs]]
name = "rgb"
kind = "rgb"

[[inputs]]
name = "flow"
kind = "flow"
"""


def loaded(folder: Path, card: str) -> VideoModel:
    (folder / "net.py").write_text(SOURCE)
    (folder / "labels.txt").write_text("a\nb\n")
    (folder / "card.toml").write_text(card)
    trust_file(folder / "net.py", "build")
    return load_model(folder / "card.toml", device="cpu")


@pytest.mark.parametrize("pass_as", ["positions", "keywords"])
def test_card_of_two_inputs_is_explained(pass_as: str, tmp_path: Path) -> None:
    model = loaded(tmp_path, f'pass_as = "{pass_as}"' + CARD + TABLES)
    frames = torch.randint(0, 256, (4, 12, 12, 3), dtype=torch.uint8).numpy()
    result = attribute(model, model.preprocess(frames), 0, "input_x_gradient")
    assert result.conservation == pytest.approx(1, abs=1e-4)


def test_two_inputs_that_no_card_declares_are_refused_when_loading(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"card takes 2 inputs \(rgb, flow\), but .* one clip"):
        loaded(tmp_path, CARD)
    more = TABLES + '[[inputs]]\nname = "more"\nkind = "grey"\n'
    with pytest.raises(ModelError, match=r"declares 3 \(rgb, flow, more\), passed as positions"):
        loaded(tmp_path, CARD + more)


def test_inputs_passed_one_by_one_to_one_argument_name_pass_as() -> None:
    spec = replace(SPEC, inputs=(FLOW, replace(FLOW, name="more")))
    net = Net(pair)
    net.forward = lambda paths: pair(net.first, paths)
    with pytest.raises(ModelError, match=r"takes 1 input \(paths\)") as raised:
        check_signature(net, spec, (CLIP, CLIP))
    assert 'pass_as = "list"' in raised.value.hint

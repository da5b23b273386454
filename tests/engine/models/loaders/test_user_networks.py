from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from engine.attribution import attribute
from engine.errors import AttributionError, ModelError, UntrustedError
from engine.models import VideoModel, load_model
from tests.programs import agreeing, trust_file

CARD = """
network = "{network}"
labels = "labels.txt"
frames = 4
stride = 1
resize = 16
crop = 16
layout = "{layout}"
channels = "{channels}"
"""


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv3d(3, 4, 3, padding=1)
        self.head = nn.Linear(4, 3)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.conv(clip)).mean((2, 3, 4)))


def net() -> nn.Module:
    torch.manual_seed(0)
    return Net().eval()


def card_of(folder: Path, network: str, layout: str = "NCTHW", channels: str = "rgb") -> Path:
    (folder / "labels.txt").write_text("a\nb\nc\n")
    path = folder / "card.toml"
    path.write_text(CARD.format(network=network, layout=layout, channels=channels))
    return path


def write_network(folder: Path, kind: str, net: Callable[[], nn.Module] = net) -> str:
    clip = torch.rand(1, 3, 4, 16, 16)
    if kind in ("fixed.pt2", "dynamic.pt2"):
        batch = {0: torch.export.Dim("N")} if kind == "dynamic.pt2" else None
        given = torch.rand(2, 3, 4, 16, 16) if batch else clip
        program = torch.export.export(net(), (given,), dynamic_shapes=(batch,) if batch else None)
        torch.export.save(program, folder / kind)
        return kind
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        script = torch.jit.trace(net(), clip) if kind == "traced.pt" else torch.jit.script(net())
        torch.jit.save(script, folder / kind)
    return kind


KINDS = ("fixed.pt2", "dynamic.pt2", "traced.pt", "scripted.pt")


@pytest.fixture(params=KINDS)
def closed(request: pytest.FixtureRequest, tmp_path: Path) -> VideoModel:
    network = write_network(tmp_path, request.param)
    trust_file(tmp_path / network)
    return load_model(card_of(tmp_path, network), device="cpu")


HEADS: dict[str, tuple[nn.Module, str]] = {
    "sigmoid": (nn.Sigmoid(), "sigmoid"),
    "flat sigmoid": (nn.Sequential(nn.Sigmoid(), nn.Flatten()), "sigmoid"),
    "softmax": (nn.Softmax(1), "softmax"),
    "log softmax": (nn.LogSoftmax(1), "softmax"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", HEADS)
def test_closed_network_has_its_head_undone(kind: str, name: str, tmp_path: Path) -> None:
    head, activation = HEADS[name]
    network = write_network(tmp_path, kind, lambda: nn.Sequential(net(), head).eval())
    trust_file(tmp_path / network)
    model = load_model(card_of(tmp_path, network), device="cpu")
    clip = model.preprocess(clip_frames())
    result = attribute(model, clip, 1, "gradient")
    logits = net()(clip.tensor)[0].detach()
    if activation == "softmax":
        logits = logits.log_softmax(0)
    assert result.activation == activation
    assert result.logits == pytest.approx(logits.numpy(), abs=1e-5)
    assert result.relevance.any()


def test_closed_network_with_a_saturated_head_says_so(tmp_path: Path) -> None:
    def loud() -> nn.Module:
        network = Net()
        torch.nn.init.constant_(network.head.bias, 90.0)
        return nn.Sequential(network, nn.Sigmoid()).eval()

    network = write_network(tmp_path, "traced.pt", loud)
    trust_file(tmp_path / network)
    model = load_model(card_of(tmp_path, network), device="cpu")
    result = attribute(model, model.preprocess(clip_frames()), 1, "gradient")
    assert "saturated" in result.notices[1]


def clip_frames() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8)


def test_closed_network_scores_like_its_code(closed: VideoModel) -> None:
    clips = torch.rand(3, 3, 4, 16, 16)
    torch.testing.assert_close(closed.module(clips), net()(clips))


@pytest.mark.parametrize("method", ["gradient", "integrated_gradients", "occlusion"])
def test_closed_network_is_explained_by_gradient_and_perturbation(
    closed: VideoModel, method: str
) -> None:
    opened = VideoModel(closed.spec, net(), torch.device("cpu"))
    clip = opened.preprocess(clip_frames())
    ours = attribute(closed, clip, 1, method)
    theirs = attribute(opened, clip, 1, method)
    np.testing.assert_allclose(ours.relevance, theirs.relevance, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("method", ["lrp", "deep_taylor", "guided_backprop", "grad_cam"])
def test_closed_network_refuses_methods_of_its_inside(closed: VideoModel, method: str) -> None:
    with pytest.raises(AttributionError, match=f"{method} works on what is inside") as caught:
        attribute(closed, closed.preprocess(clip_frames()), 1, method)
    assert "integrated_gradients" in caught.value.hint


@pytest.mark.parametrize("kind", ["fixed.pt2", "scripted.pt"])
def test_closed_network_is_not_touched_before_it_is_trusted(kind: str, tmp_path: Path) -> None:
    card = card_of(tmp_path, write_network(tmp_path, kind))
    with pytest.raises(UntrustedError, match=kind) as caught:
        load_model(card)
    assert [file.path for file in caught.value.asked.files] == [tmp_path / kind]


def test_export_for_other_clips_is_refused_with_both_shapes(tmp_path: Path) -> None:
    card = card_of(tmp_path, write_network(tmp_path, "fixed.pt2"))
    trust_file(tmp_path / "fixed.pt2")
    card.write_text(card.read_text().replace("frames = 4", "frames = 8"))
    with pytest.raises(ModelError, match=r"\(1, 3, 4, 16, 16\), but .* \(1, 3, 8, 16, 16\)"):
        load_model(card)


@pytest.mark.parametrize(("whole", "said"), [(False, "weights alone"), (True, "whole pickled")])
def test_weights_in_place_of_a_network_are_named(whole: bool, said: str, tmp_path: Path) -> None:
    torch.save(net() if whole else net().state_dict(), tmp_path / "net.pt")
    trust_file(tmp_path / "net.pt")
    with pytest.raises(ModelError, match=rf"net\.pt holds .*{said}") as caught:
        load_model(card_of(tmp_path, "net.pt"))
    assert "save(" in caught.value.hint if whole else 'checkpoint = "net.pt"' in caught.value.hint


def test_python_network_is_asked_for_once_for_each_content(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text("from torch import nn\ndef build():\n    return nn.Identity()")
    card = card_of(tmp_path, "net.py:build")
    with pytest.raises(UntrustedError, match=r"net\.py is a program"):
        load_model(card)
    trust_file(tmp_path / "net.py", "build")
    assert isinstance(load_model(card, device="cpu").module, nn.Identity)
    (tmp_path / "net.py").write_text("from torch import nn\ndef build():\n    return nn.ReLU()")
    with pytest.raises(UntrustedError):
        load_model(card)
    trust_file(tmp_path / "net.py", "build")
    assert isinstance(load_model(card, device="cpu").module, nn.ReLU)


def test_python_network_beside_the_card_may_import_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "parts_of_mine.py").write_text("from torch import nn\nLAYER = nn.Identity()")
    (tmp_path / "mine.py").write_text("from parts_of_mine import LAYER\nbuild = lambda: LAYER")
    card = card_of(tmp_path, "mine:build")
    model, (asked,) = agreeing(lambda: load_model(card, device="cpu"))
    assert isinstance(model.module, nn.Identity)
    assert {file.path.name for file in asked.files} == {"mine.py", "parts_of_mine.py"}


def test_installed_function_is_found_without_being_imported(tmp_path: Path) -> None:
    card = card_of(tmp_path, "tests.engine.networks:warmed_up")
    with pytest.raises(UntrustedError) as caught:
        load_model(card)
    names = {file.path.name for file in caught.value.asked.files}
    assert {"networks.py", "__init__.py"} <= names


@pytest.mark.parametrize(("layout", "channels"), [("NTCHW", "rgb"), ("NCTHW", "bgr")])
def test_layout_and_channels_are_those_of_the_card(
    layout: str, channels: str, tmp_path: Path
) -> None:
    (tmp_path / "net.py").write_text("from torch import nn\ndef build():\n    return nn.Identity()")
    trust_file(tmp_path / "net.py", "build")
    model = load_model(card_of(tmp_path, "net.py:build", layout, channels), device="cpu")
    clips = torch.rand(2, 3, 4, 16, 16)
    (given,) = model.arguments(clips)
    expected = clips.transpose(1, 2) if layout == "NTCHW" else clips.flip(1)
    assert torch.equal(given, expected)

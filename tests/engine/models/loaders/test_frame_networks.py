"""Networks as students write them: names of their own around torchvision's and PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn
from torchvision.models import get_model

from engine.attribution import attribute
from engine.errors import ModelError
from engine.models import load_model
from engine.models.loaders.frame_networks import load_frame_network
from engine.models.networks import framewise
from tests.engine.models.networks.samples import clip_for, noise

CLASSES, FRAMES, SIZE = 3, 4, 32
NET = "resnet18"


class Student(nn.Module):
    """A network of pictures under one of the usual names, and what comes after it."""

    def __init__(self, cnn: nn.Module, rnn: nn.Module | None, head: nn.Module | None) -> None:
        super().__init__()
        self.cnn = cnn
        if rnn is not None:
            self.rnn = rnn
        if head is not None:
            self.classifier = head

    def steps(self, clip: torch.Tensor) -> Any:
        """Features of frames one by one, (N, T, C), through the recurrent layer if there is one."""
        features = torch.stack([self.cnn(frame).flatten(1) for frame in clip.unbind(2)], 1)
        return self.rnn(features) if hasattr(self, "rnn") else features


def headless(name: str = NET) -> nn.Module:
    network: nn.Module = get_model(name, weights=None)
    network.fc = nn.Identity()
    return network


def in_a_row() -> nn.Module:
    return nn.Sequential(*list(get_model(NET, weights=None).children())[:-1])


def ending_in(layer: nn.Module) -> nn.Module:
    network: nn.Module = get_model(NET, weights=None)
    network.fc = layer
    return network


def settled(network: Student) -> Student:
    """Weights made the same everywhere, and statistics that differ from those at the start."""
    with torch.no_grad():
        for name, value in network.state_dict().items():
            if name.endswith("running_var"):
                value.uniform_(0.5, 2)
    return network.eval()


def without_biases(module: nn.Module) -> None:
    """Set to zero what adds a constant."""
    with torch.no_grad():
        for name, value in module.state_dict().items():
            if ".bias" in name or name.endswith("running_mean"):
                value.zero_()


STUDENTS: dict[str, tuple[Callable[[], Student], dict[str, str], Callable[[Student, Any], Any]]] = {
    "mean": (
        lambda: Student(headless(), None, nn.Linear(512, CLASSES)),
        {},
        lambda net, steps: net.classifier(steps.mean(1)),
    ),
    "max": (
        lambda: Student(in_a_row(), None, nn.Sequential(nn.Dropout(), nn.Linear(512, CLASSES))),
        {"temporal": "max"},
        lambda net, steps: net.classifier(steps.max(1).values),
    ),
    "logits of frames": (
        lambda: Student(ending_in(nn.Linear(512, CLASSES, bias=False)), None, None),
        {"temporal": "mean"},
        lambda net, steps: steps.mean(1),
    ),
    "lstm": (
        lambda: Student(headless(), nn.LSTM(512, 6, batch_first=True), nn.Linear(6, CLASSES)),
        {"temporal": "lstm"},
        lambda net, steps: net.classifier(steps[0][:, -1]),
    ),
    "layers of lstm, both ways, final state": (
        lambda: Student(
            ending_in(nn.Linear(512, 5)),
            nn.LSTM(5, 6, 2, batch_first=True, bidirectional=True),
            nn.Linear(12, CLASSES),
        ),
        {"readout": "final"},
        lambda net, steps: net.classifier(torch.cat([steps[1][0][-2], steps[1][0][-1]], 1)),
    ),
    "lstm that projects": (
        lambda: Student(
            in_a_row(),
            nn.LSTM(512, 8, batch_first=True, proj_size=4, bias=False),
            nn.Linear(4, CLASSES),
        ),
        {"readout": "mean"},
        lambda net, steps: net.classifier(steps[0].mean(1)),
    ),
    "gru": (
        lambda: Student(headless(), nn.GRU(512, 6, batch_first=True), nn.Linear(6, CLASSES)),
        {"temporal": "gru", "readout": "max"},
        lambda net, steps: net.classifier(steps[0].max(1).values),
    ),
    "rnn": (
        lambda: Student(headless(), nn.RNN(512, 6, batch_first=True), nn.Linear(6, CLASSES)),
        {},
        lambda net, steps: net.classifier(steps[0][:, -1]),
    ),
}
"""Name -> network, keys of its card, and how its author makes logits of the steps."""


@pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")
@pytest.mark.parametrize("name", STUDENTS)
def test_logits_are_those_of_the_student(name: str) -> None:
    build, keys, logits_of = STUDENTS[name]
    student = settled(build())
    module, classes = load_frame_network(
        NET, student.state_dict(), keys.get("temporal"), keys.get("readout"), "best.pth"
    )
    clips = torch.cat([noise(FRAMES, SIZE, seed) for seed in (1, 2)])
    with torch.no_grad():
        expected, found = logits_of(student, student.steps(clips)), module(clips)
    assert classes == CLASSES
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["mobilenet_v2", "efficientnet_b0"])
@pytest.mark.parametrize("part", ["whole", "row", "features"])
def test_networks_are_found_whole_in_a_row_or_by_their_features(name: str, part: str) -> None:
    network = get_model(name, weights=None)
    kept = {
        "whole": lambda: network,
        "row": lambda: nn.Sequential(*list(network.children())[:-1]),
        "features": lambda: network.features,
    }[part]()
    network.classifier = nn.Identity()
    head = nn.Linear(1280, CLASSES)
    state = Student(kept, None, head).state_dict()
    module, _ = load_frame_network(name, state, None, None, "best.pth")
    clip = noise(2, SIZE)
    with torch.no_grad():
        expected = head(network.eval()(clip[0].transpose(0, 1))).mean(0, keepdim=True)
        torch.testing.assert_close(module(clip), expected, rtol=1e-4, atol=1e-5)


def card(folder: Path, more: str = "", name: str = "mean") -> Path:
    student = settled(STUDENTS[name][0]())
    state = {f"module.{name}": value for name, value in student.state_dict().items()}
    torch.save({"epoch": 3, "state_dict": state}, folder / "best.pth")
    path = folder / "student.toml"
    path.write_text(
        f'frame_network = "{NET}"\ncheckpoint = "best.pth"\nframes = {FRAMES}\nstride = 2\n'
        f"resize = {SIZE}\ncrop = {SIZE}\n{more}"
    )
    return path


def test_a_card_of_one_key_says_the_usual_input(tmp_path: Path) -> None:
    spec = load_model(card(tmp_path), device="cpu").spec
    assert spec.labels == ("class 0", "class 1", "class 2")
    assert (spec.mean, spec.std) == ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    assert (spec.frames, spec.stride, spec.value_range, spec.antialias) == (4, 2, (0, 1), True)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("mean", "The card says no temporal: the mean over the frames is taken"),
        ("lstm", "The card says no readout: the output of the LSTM at the last frame"),
    ],
)
def test_what_neither_weights_nor_card_tell_is_a_notice(
    name: str, told: str, tmp_path: Path
) -> None:
    (notice,) = load_model(card(tmp_path, name=name), device="cpu").notices
    assert notice.startswith(told)
    more = 'temporal = "mean"\n' if name == "mean" else 'readout = "last"\n'
    assert not load_model(card(tmp_path, more, name), device="cpu").notices


def test_a_network_of_one_channel_is_given_grey_frames(tmp_path: Path) -> None:
    student = STUDENTS["mean"][0]()
    student.cnn.conv1 = nn.Conv2d(1, 64, 7, 2, 3, bias=False)
    path = card(tmp_path, 'channels = "grey"\nmean = 0.5\nstd = 0.25\n')
    torch.save(settled(student).state_dict(), tmp_path / "best.pth")
    model = load_model(path, device="cpu")
    clip = clip_for(model.spec, FRAMES, SIZE)
    with torch.no_grad():
        assert model.module(*model.arguments(clip.tensor)).shape == (1, CLASSES)


@pytest.mark.parametrize("name", ["lstm", "layers of lstm, both ways, final state", "gru", "rnn"])
def test_lrp_passes_through_the_recurrent_layer(name: str, tmp_path: Path) -> None:
    more = "".join(f'{key} = "{value}"\n' for key, value in STUDENTS[name][1].items())
    loaded = load_model(card(tmp_path, more, name), device="cpu")
    without_biases(loaded.module)
    clip = clip_for(loaded.spec, FRAMES, SIZE)
    result, slope = (attribute(loaded, clip, 1, method) for method in ("lrp", "gradient"))
    assert float(result.relevance.sum()) == pytest.approx(float(result.logits[1]), rel=1e-3)
    reached = [abs(found.relevance).sum((1, 2)) > 0 for found in (result, slope)]
    assert (reached[0] == reached[1]).all()  # a maximum over time may choose no late frame


@pytest.mark.parametrize("temporal", ["mean", "max"])
def test_lrp_conserves_the_logit_over_the_frames(temporal: str, tmp_path: Path) -> None:
    loaded = load_model(card(tmp_path, f'temporal = "{temporal}"\n'), device="cpu")
    clip = clip_for(loaded.spec, FRAMES, SIZE)
    result = attribute(loaded, clip, 1, "lrp")
    assert result.conservation == pytest.approx(1, abs=1e-3)
    assert result.relevance.shape == (FRAMES, SIZE, SIZE)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('temporal = "lstm"\n', "have no recurrent layer, which the card asks for by 'lstm'"),
        ('readout = "last"\n', "asks for by readout = 'last'"),
    ],
)
def test_a_card_that_contradicts_the_weights_is_refused(
    more: str, said: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=said):
        load_model(card(tmp_path, more), device="cpu")


LINEAR = nn.Linear(512, CLASSES)
REFUSED: dict[str, tuple[Callable[[], nn.Module], str | None, str]] = {
    "another network": (
        lambda: Student(headless("resnet34"), None, LINEAR),
        None,
        "have more than a network",
    ),
    "two networks": (
        lambda: nn.ModuleList([headless(), headless(), LINEAR]),
        None,
        "hold 2 networks resnet18",
    ),
    "part of a network": (
        lambda: Student(in_a_row()[:7], None, LINEAR),  # type: ignore[index]
        None,
        "hold no whole resnet18",
    ),
    "two linear layers": (
        lambda: Student(
            headless(), None, nn.Sequential(nn.Linear(512, 8), nn.ReLU(), nn.Linear(8, CLASSES))
        ),
        None,
        r"have more than .* what is done with it \(classifier\.0\.weight, classifier\.2\.weight\)",
    ),
    "a layer more": (
        lambda: Student(headless(), None, nn.Sequential(nn.BatchNorm1d(512), LINEAR)),
        None,
        r"have more than .* \(classifier\.0\.",
    ),
    "no linear layer": (lambda: Student(headless(), None, None), None, "have no linear layer"),
    "two recurrent layers": (
        lambda: nn.ModuleList([headless(), nn.LSTM(512, 4), nn.LSTM(4, 4), nn.Linear(4, CLASSES)]),
        None,
        "more recurrent layers than one",
    ),
    "another kind": (
        lambda: Student(headless(), nn.GRU(512, 4), nn.Linear(4, CLASSES)),
        "lstm",
        "have a layer of the kind gru, not temporal = 'lstm'",
    ),
    "other widths": (
        lambda: Student(headless(), nn.GRU(512, 4), nn.Linear(5, CLASSES)),
        None,
        "last linear layer that takes 5 values, where the layer before it gives 4",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_put_together_otherwise_is_refused_by_its_cause(name: str) -> None:
    build, temporal, said = REFUSED[name]
    with pytest.raises(ModelError, match=said) as caught:
        load_frame_network(NET, build().state_dict(), temporal, None, "best.pth")
    assert "file.py:function" in caught.value.hint


@pytest.mark.parametrize("name", ["resnet5O", "googlenet", "squeezenet1_0", "r3d_18"])
def test_networks_that_are_not_for_frames_are_refused_with_the_nearest(name: str) -> None:
    with pytest.raises(ModelError, match="none of torchvision's networks for use on frames"):
        load_frame_network(name, {}, None, None, "best.pth")


def test_weights_are_asked_for(tmp_path: Path) -> None:
    path = card(tmp_path)
    path.write_text(path.read_text().replace('checkpoint = "best.pth"\n', ""))
    with pytest.raises(ModelError, match="gives no weights"):
        load_model(path, device="cpu")
    assert load_model(path, weights=tmp_path / "best.pth", device="cpu").module is not None


@pytest.mark.parametrize("name", ["mobilenet_v3_small", "shufflenet_v2_x0_5", "mnasnet0_5"])
def test_picture_networks_end_in_the_layer_that_is_named(name: str) -> None:
    network, end = framewise.picture_network(name)
    last = network.get_submodule(end)
    assert isinstance(last, nn.Linear)
    assert last.out_features == 1000

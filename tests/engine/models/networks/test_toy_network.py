"""A network and its entry in the catalogue are listed, loaded with weights and explained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from engine.attribution import attribute
from engine.descriptions import ModelInfo
from engine.errors import ModelError
from engine.models import MODELS, known_models, load_model
from engine.models.networks import NETWORKS, Network
from engine.models.networks.network import numbered
from engine.types import ModelSpec

SPEC = ModelSpec("toy", numbered(3), 4, None, 1, (16, 16), (16, 16), (0.5,) * 3, (0.25,) * 3)


class Toy(nn.Module):
    """Scores what a convolution sees on average."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.features = nn.Conv3d(3, 4, 3, padding=1, bias=False)
        self.head = nn.Linear(4, classes, bias=False)

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        scores: torch.Tensor = self.head(torch.relu(self.features(clip)).mean((2, 3, 4)))
        return scores


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(SPEC, "head.weight", Toy, "A paper.")
    monkeypatch.setitem(NETWORKS, "toy", network)
    monkeypatch.setitem(MODELS, "toy", ModelInfo("toy", "Toy", "names 3 activities", bundled=False))


def test_toy_network_is_listed_and_asks_for_its_weights() -> None:
    assert known_models()["toy"].label == "Toy (toy)"
    with pytest.raises(ModelError) as caught:
        load_model("toy")
    assert "A paper." in caught.value.hint


def test_toy_network_is_loaded_with_the_classes_of_its_weights_and_explained(
    tmp_path: Path,
) -> None:
    torch.manual_seed(0)
    torch.save(Toy(5).state_dict(), tmp_path / "toy.pth")
    model = load_model("toy", weights=tmp_path / "toy.pth", device="cpu")
    frames = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), np.uint8)
    result = attribute(model, model.preprocess(frames), 2, "lrp")
    assert (len(result.logits), result.relevance.shape) == (5, (4, 16, 16))
    assert result.conservation == pytest.approx(1, abs=1e-3)

"""Adebayo et al. 2018 (arXiv 1810.03292): a map that explains the model changes with its weights.

The bundled network on its own clip; layers are drawn anew from the classifier down to the input.
"""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn

from engine.attribution import METHODS, attribute
from engine.models import Clip, VideoModel, load_model
from engine.video import open_video
from resources import resource_path


@pytest.fixture(scope="module")
def subject() -> tuple[VideoModel, Clip]:
    model = load_model("figures", device="cpu")
    with resource_path("demo.mp4") as path, open_video(path) as video:
        clip = model.preprocess(np.stack([video[index] for index in range(16)]))
    return model, clip


def randomised(model: VideoModel) -> VideoModel:
    """The same network with all weights drawn anew, its BatchNorm statistics kept."""
    module = copy.deepcopy(model.module)
    torch.manual_seed(0)
    for part in module.modules():
        if isinstance(part, nn.Conv3d | nn.Linear):
            part.reset_parameters()
        if isinstance(part, nn.BatchNorm3d):
            nn.init.ones_(part.weight)
            nn.init.zeros_(part.bias)
    module.requires_grad_(False)
    return VideoModel(model.spec, settled(module), model.device)


def settled(module: nn.Module) -> nn.Module:
    """BatchNorm statistics that fit the new weights, as they would after training."""
    module.train()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm3d):
            part.reset_running_stats()
            part.momentum = None
    with torch.no_grad():
        module(torch.randn(2, 3, 16, 112, 112))
    return module.eval()


def ranks(values: np.ndarray) -> np.ndarray:
    places = np.empty(values.size)
    places[np.argsort(values.ravel(), kind="stable")] = np.arange(values.size)
    return places


def likeness(method: str, subject: tuple[VideoModel, Clip], *, sizes: bool) -> float:
    """Spearman's correlation of the maps of the trained and of the randomised network."""
    model, clip = subject
    maps = [attribute(one, clip, 0, method).relevance for one in (model, randomised(model))]
    first, second = (ranks(np.abs(one) if sizes else one) for one in maps)
    return float(np.corrcoef(first, second)[0, 1])


@pytest.mark.parametrize("sizes", [False, True])
@pytest.mark.parametrize("method", ["lrp", "lrp_epsilon_plus", "gradient"])
def test_maps_change_when_the_weights_are_drawn_anew(
    method: str, sizes: bool, subject: tuple[VideoModel, Clip]
) -> None:
    assert abs(likeness(method, subject, sizes=sizes)) < 0.3


def test_deep_taylor_hardly_changes_as_its_card_says(subject: tuple[VideoModel, Clip]) -> None:
    assert likeness("deep_taylor", subject, sizes=True) > 0.5
    assert "0.62" in METHODS["deep_taylor"].trust

"""Every family of methods on every transformer, and what LRP conserves there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from engine.attribution import attribute, layers_of
from engine.errors import AttributionError
from engine.models.model import Clip, VideoModel
from tests.engine.transformers import FRAMES, HUB, KINDS, SIZE, TORCHVISION, transformer
from tests.engine.transformers import without_biases as bare

METHODS = {
    "lrp": {},
    "gradient": {},
    "input_x_gradient": {},
    "smooth_grad": {"samples": 2},
    "integrated_gradients": {"steps": 3},
    "occlusion": {"box_px": 16, "stride_px": 16, "box_frames": 2, "stride_frames": 2},
    "rise": {"samples": 3},
    "temporal_mask": {"samples": 3},
}
CAMS = ("grad_cam", "grad_cam_plus_plus", "layer_cam")


@pytest.fixture(scope="module", params=KINDS)
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> VideoModel:
    return transformer(request.param, tmp_path_factory.mktemp(request.param))


def some_clip(model: VideoModel) -> Clip:
    noise = np.random.default_rng(0).integers(0, 256, (FRAMES, SIZE, SIZE, 3), dtype=np.uint8)
    return model.preprocess(noise)


@pytest.mark.parametrize("method", METHODS)
def test_each_family_explains_each_transformer(model: VideoModel, method: str) -> None:
    result = attribute(model, some_clip(model), 1, method, **METHODS[method])
    assert result.relevance.shape == (FRAMES, SIZE, SIZE)
    assert np.isfinite(result.relevance).all()
    assert np.abs(result.relevance).sum() > 0


@pytest.mark.parametrize("method", CAMS)
@pytest.mark.parametrize("kind", HUB)
def test_maps_of_tokens_keep_their_tubelets(kind: str, method: str, tmp_path: Path) -> None:
    model = transformer(kind, tmp_path)
    result = attribute(model, some_clip(model), 1, method)
    steps = FRAMES if kind == "timesformer" else FRAMES // 2
    assert result.native is not None
    assert result.native.shape == (steps, 4, 4)
    assert result.time_step == FRAMES // steps
    assert np.abs(result.relevance).sum() > 0


@pytest.mark.parametrize("kind", TORCHVISION)
def test_maps_of_tokens_that_nobody_laid_out_are_refused(kind: str, tmp_path: Path) -> None:
    model = transformer(kind, tmp_path)
    layer = {"swin3d_t": "features.0"}.get(kind, "blocks.0.norm1")
    with pytest.raises(AttributionError, match="cannot make a map"):
        attribute(model, some_clip(model), 1, "grad_cam", layer=layer)


def test_a_token_shows_in_the_map_where_it_lies_in_the_clip(tmp_path: Path) -> None:
    model = transformer("timesformer", tmp_path)
    grid = model.module.token_grid
    tokens = torch.zeros(1, 1 + grid.steps * grid.height * grid.width, 1)
    tokens[0, 1 + (2 * grid.width + 3) * grid.steps + 1] = 1  # row 2, column 3, frame 1
    (where,) = grid.as_map(tokens, 1)[0, 0].nonzero()
    assert where.tolist() == [1, 2, 3]


def test_layers_of_a_transformer_say_which_make_maps(tmp_path: Path) -> None:
    model = transformer("vivit", tmp_path)
    reasons = {layer.name: layer.reason for layer in layers_of(model, some_clip(model))}
    assert not reasons[model.spec.layer]
    assert reasons["classifier"]


def test_lrp_conserves_without_biases(model: VideoModel) -> None:
    kept = {name: part.clone() for name, part in model.module.state_dict().items()}
    try:
        bare(model.module)
        result = attribute(model, some_clip(model), 1, "lrp")
    finally:
        model.module.load_state_dict(kept)
    assert result.conservation == pytest.approx(1, abs=1e-3)


def test_lrp_stays_as_large_as_the_score(model: VideoModel) -> None:
    result = attribute(model, some_clip(model), 1, "lrp")
    assert np.abs(result.relevance).sum() < 30 * abs(result.explained)
    assert any("Biases" in notice for notice in result.notices)


def test_lrp_with_biases_lacks_what_they_took(tmp_path: Path) -> None:
    """Relevance of the pixels is linear in what the biases take, here that of the classifier."""
    model = transformer("videomae", tmp_path)
    bare(model.module)
    shift = 0.7
    with torch.no_grad():
        model.module.classifier.bias.fill_(shift)
    result = attribute(model, some_clip(model), 1, "lrp")
    missing = result.explained - result.relevance.sum(dtype="float64")
    assert missing == pytest.approx(shift, abs=2e-3 * abs(result.explained))


def test_lrp_through_queries_and_keys_is_another_map(tmp_path: Path) -> None:
    model = transformer("vivit", tmp_path)
    clip = some_clip(model)
    values, both = (attribute(model, clip, 1, attention=kind) for kind in ("values", "all"))
    assert not np.allclose(values.relevance, both.relevance, rtol=0.1)

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import ModelError
from engine.evidence.heads import log2_probabilities
from engine.evidence.prior import Prior, kept_prior, load_prior, mean_prior, save_prior
from engine.types import Activation


@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "binary", "probabilities"])
def test_mean_prior_is_the_mean_of_what_stills_get(activation: Activation) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (30, 2))
    if activation == "binary":
        logits[:, 0] = -logits[:, 1]
    if activation == "probabilities":
        logits = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    prior = mean_prior(logits, activation, "stills")
    chances = np.exp2(log2_probabilities(logits, activation))
    expected = (chances.sum(0) + 0.5) / 31
    found = np.exp2(log2_probabilities(prior.row, activation))[0]
    assert found == pytest.approx(expected)


def test_mean_prior_excludes_no_class() -> None:
    logits = np.array([[900.0, 0.0, -900.0]] * 4)
    prior = mean_prior(logits, "softmax", "stills")
    assert np.isfinite(prior.logits).all()
    assert np.exp2(log2_probabilities(prior.row, "softmax"))[0, 2] == pytest.approx(1 / 15)


def test_save_prior_and_load_prior_keep_every_bit(tmp_path: Path) -> None:
    prior = Prior((0.1, 1 / 3, -2e-7), "3 stills")
    save_prior(prior, tmp_path / "own.prior.json")
    assert load_prior(tmp_path / "own.prior.json", 3) == prior


def test_load_prior_refuses_that_of_another_model(tmp_path: Path) -> None:
    save_prior(Prior((0.0, 1.0), "stills"), tmp_path / "own.prior.json")
    with pytest.raises(ModelError, match="has 2 classes, but the model has 3"):
        load_prior(tmp_path / "own.prior.json", 3)


@pytest.mark.parametrize("text", ["", "[]", '{"logits": []}', '{"logits": [NaN], "source": ""}'])
def test_load_prior_refuses_what_is_none(tmp_path: Path, text: str) -> None:
    path = tmp_path / "own.prior.json"
    path.write_text(text)
    with pytest.raises(ModelError):
        load_prior(path, 1)


def test_kept_prior_lies_beside_the_weights(tmp_path: Path) -> None:
    weights = tmp_path / "own.pt"
    weights.touch()
    assert kept_prior("r3d_18", weights, 2) is None
    save_prior(Prior((0.0, 1.0), "stills"), tmp_path / "own.pt.prior.json")
    found = kept_prior("r3d_18", weights, 2)
    assert found is not None
    assert found.source == "stills"


def test_kept_prior_comes_with_the_bundled_network() -> None:
    assert kept_prior("figures", None, 8) is not None
    assert kept_prior("r3d_18", None, 400) is None

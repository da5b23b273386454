from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from engine.attribution import attribute, motion_use
from engine.errors import AttributionError
from engine.models import from_callable
from engine.models.model import VideoModel
from engine.pipeline.single_clip import noise_clip

SHARES = np.array([[0.7, 0.2, 0.1]])
LABELS = ("a", "b", "c")


def model_of(function: Any, labels: tuple[str, ...] = LABELS, **more: Any) -> VideoModel:
    return from_callable(function, labels, frames=4, size=8, **more)


def probabilities(function: Any, labels: tuple[str, ...] = LABELS, **more: Any) -> list[float]:
    """Probabilities that the program gives a clip."""
    model = model_of(function, labels, **more)
    use = [motion_use(model, noise_clip(model), k, shuffles=1) for k in range(len(labels))]
    return [one.probabilities[0] for one in use if one.probabilities is not None]


@pytest.mark.parametrize("as_type", [np.asarray, torch.tensor, np.ndarray.tolist])
def test_probabilities_of_a_function_come_back(as_type: Any) -> None:
    shown = probabilities(lambda x: as_type(SHARES.repeat(len(x), 0)), outputs="probabilities")
    assert shown == pytest.approx(SHARES[0].tolist(), rel=1e-4)


def test_probabilities_of_a_sigmoid_come_back() -> None:
    chances = np.array([[0.957, 0.912, 0.0]])
    shown = probabilities(
        lambda x: chances.repeat(len(x), 0), outputs="probabilities", activation="sigmoid"
    )
    assert shown == pytest.approx(chances[0].tolist(), abs=1e-4)


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_single_score_of_a_function_has_two_names(shape: tuple[int, ...]) -> None:
    shown = probabilities(
        lambda x: np.full(len(x), 0.46).reshape(shape), ("calm", "fight"), outputs="probabilities"
    )
    assert shown == pytest.approx([0.54, 0.46], abs=1e-4)


def test_function_sees_batches_of_clips_in_the_range_asked_for() -> None:
    seen: list[np.ndarray] = []

    def function(clips: np.ndarray) -> np.ndarray:
        seen.append(clips)
        return SHARES.repeat(len(clips), 0) * clips.mean((1, 2, 3, 4))[:, None]

    model = model_of(function, value_range=(0.0, 255.0), batch=2)
    assert attribute(model, noise_clip(model), 0, "rise", samples=8, score="logit").relevance.any()
    assert all(clips.shape[1:] == (3, 4, 8, 8) and len(clips) <= 2 for clips in seen)
    assert {clips.dtype for clips in seen} == {np.dtype(np.float32)}
    assert 100 < seen[0].mean() < 155


def fails(clips: np.ndarray) -> None:
    raise KeyError("weights")


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (fails, "KeyError: 'weights'"),
        (lambda _: None, "scores of shape ()"),
        (lambda _: "scores", "failed on a clip"),
        (lambda x: np.full((len(x), 3), np.nan), "not finite"),
        (lambda x: np.zeros((len(x), 2)), "not (1, 3)"),
        (lambda x: np.zeros(3), "not (1, 3)"),
    ],
)
def test_function_that_fails_is_told_in_one_sentence(function: Any, text: str) -> None:
    model = model_of(function)
    with pytest.raises(AttributionError) as caught:
        attribute(model, noise_clip(model), 0, "occlusion")
    assert text in str(caught.value)
    assert caught.value.hint


def test_function_that_answers_the_same_has_no_relevance() -> None:
    model = model_of(lambda x: SHARES.repeat(len(x), 0))
    for method in ("occlusion", "temporal_mask"):
        relevance = attribute(model, noise_clip(model), 0, method).relevance
        assert np.abs(relevance).max() < 1e-6


def test_gradients_of_a_function_are_refused() -> None:
    model = model_of(lambda x: SHARES.repeat(len(x), 0))
    with pytest.raises(AttributionError, match="a function, which gives scores alone"):
        attribute(model, noise_clip(model), 0, "lrp")

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.attribution import Attribution, Contrast, FrozenFrameSplit, attribute
from engine.attribution import frozen_frame_split as split
from engine.attribution.baselines import frozen
from engine.cancel import Cancelled, CancelToken
from engine.errors import AttributionError
from engine.models.model import Clip
from engine.types import Progress
from tests.engine.attribution.nets import built
from tests.engine.attribution.plain import clip_of, model_of, random_clip

SPATIOTEMPORAL = ("residual with BatchNorm", "max and average pooling", "concatenation")
TARGETS = [None, 2, "class 1", Contrast(0, 3), lambda logits: logits[:, 1] - logits[:, 0]]
TARGET_NAMES = ["highest", "index", "name", "contrast", "function"]


def still_clip(frames: int = 4) -> Clip:
    """A clip in which nothing moves."""
    return clip_of(random_clip().tensor[:, :, :1].repeat(1, 1, frames, 1, 1))


def still_of(clip: Clip, frame: int) -> Clip:
    """A clip of one frame of another."""
    return clip_of(clip.tensor[:, :, [frame] * clip.tensor.shape[2]])


def assert_close(found: np.ndarray, expected: np.ndarray) -> None:
    scale = np.abs(expected).max()
    assert scale > 0
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5 * scale)


@pytest.mark.parametrize("target", TARGETS, ids=TARGET_NAMES)
@pytest.mark.parametrize("method", ["lrp", "gradient", "layer_cam"])
def test_split_adds_up_to_the_relevance(method: str, target: object) -> None:
    model, clip = model_of(built("residual with BatchNorm")), random_clip()
    parts = split(model, clip, target, method)
    relevance = attribute(model, clip, target, method).relevance
    assert np.array_equal(parts.attribution.relevance, relevance)
    assert_close(parts.spatial + parts.temporal, relevance)
    assert parts.temporal.any()
    assert parts.spatial.dtype == parts.temporal.dtype == np.float32


@pytest.mark.parametrize("name", SPATIOTEMPORAL)
@pytest.mark.parametrize("method", ["lrp", "gradient"])
def test_split_of_a_still_clip_is_spatial(method: str, name: str) -> None:
    parts = split(model_of(built(name)), still_clip(), 1, method)
    scale = np.abs(parts.spatial).max()
    assert scale > 0
    assert np.abs(parts.temporal).max() <= 1e-5 * scale
    assert parts.temporal_share <= 1e-5


@pytest.mark.parametrize("name", SPATIOTEMPORAL)
@pytest.mark.parametrize("method", ["lrp", "gradient"])
def test_split_of_a_moving_clip_is_temporal_too(method: str, name: str) -> None:
    parts = split(model_of(built(name)), random_clip(), 1, method)
    assert 0.01 < parts.temporal_share < 1


@pytest.mark.parametrize("target", TARGETS[1:], ids=TARGET_NAMES[1:])
@pytest.mark.parametrize("method", ["lrp", "gradient", "input_x_gradient"])
@pytest.mark.parametrize("name", ["frame by frame", "residual with BatchNorm"])
def test_split_explains_each_frame_as_a_still_clip(name: str, method: str, target: object) -> None:
    model, clip = model_of(built(name)), random_clip()
    spatial = split(model, clip, target, method).spatial
    for frame in range(4):
        by_hand = attribute(model, still_of(clip, frame), target, method).relevance[frame]
        assert_close(spatial[frame], by_hand)


@pytest.mark.parametrize("method", ["gradient", "input_x_gradient"])
def test_split_of_a_network_that_sees_frames_alone_is_spatial(method: str) -> None:
    parts = split(model_of(built("frame by frame")), random_clip(), 1, method)
    assert parts.attribution.relevance.any()
    assert parts.temporal_share < 1e-5


def test_split_without_a_target_holds_the_class_of_the_clip() -> None:
    def answer(clip: Tensor) -> Tensor:
        # class 1 wins by movement, which still clips do not have
        moved = (clip[:, :, 1:] - clip[:, :, :-1]).square().mean((1, 2, 3, 4))
        shown = clip.square().mean((1, 2, 3, 4))
        return torch.stack([0.1 * shown, shown.new_tensor(9.0) * moved + 0.01 * shown], 1)

    model, clip = model_of(Answer(answer), classes=2), random_clip()
    parts = split(model, clip, None, "gradient")
    assert parts.attribution.target == 1
    assert attribute(model, still_of(clip, 2), None, "gradient").target == 0
    held = split(model, clip, 1, "gradient")
    assert np.array_equal(parts.spatial, held.spatial)
    assert not np.array_equal(parts.spatial, split(model, clip, 0, "gradient").spatial)


class Answer(torch.nn.Module):
    """A network whose output is a function of the clip."""

    def __init__(self, answer: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, clip: Tensor) -> Tensor:
        return self.answer(clip)


def test_split_of_differences_is_temporal() -> None:
    def answer(clip: Tensor) -> Tensor:
        moved = (clip[:, :, 1:] - clip[:, :, :-1]).square().mean((1, 2, 3, 4))
        return torch.stack([moved, -moved], 1)

    parts = split(model_of(Answer(answer), classes=2), random_clip(), 0, "gradient")
    assert not parts.spatial.any()
    assert parts.temporal_share == 1


def test_split_passes_options_on() -> None:
    model, clip = model_of(built("residual with BatchNorm")), random_clip()
    plain = split(model, clip, 1, "lrp")
    other = split(model, clip, 1, "lrp", first="flat")
    assert not np.allclose(plain.spatial, other.spatial, atol=1e-3 * np.abs(plain.spatial).max())
    by_hand = attribute(model, still_of(clip, 1), 1, "lrp", first="flat").relevance[1]
    assert_close(other.spatial[1], by_hand)


def test_split_refuses_an_unknown_option() -> None:
    with pytest.raises(AttributionError, match="no option 'frist'"):
        split(model_of(built("+=")), random_clip(), 1, "lrp", frist="flat")


def test_split_leaves_the_clip_as_it_was() -> None:
    clip = random_clip()
    pixels = clip.tensor.clone()
    split(model_of(built("in-place relu")), clip, 1, "lrp")
    assert torch.equal(clip.tensor, pixels)


def test_split_takes_a_clip_of_one_frame() -> None:
    parts = split(model_of(built("+=")), random_clip(1, 3, 1, 8, 8), 1, "lrp")
    assert parts.spatial.shape == (1, 8, 8)
    assert parts.temporal_share <= 1e-6


def test_split_reports_every_frame() -> None:
    told: list[Progress] = []
    split(model_of(built("+=")), random_clip(), 1, "gradient", report=told.append)
    assert [progress.done for progress in told] == sorted({progress.done for progress in told})
    assert (told[-1].done, told[-1].total) == (4, 4)


def test_split_can_be_cancelled() -> None:
    token, told = CancelToken(), []

    def report(progress: Progress) -> None:
        told.append(progress.done)
        token.cancel()

    with pytest.raises(Cancelled):
        split(model_of(built("+=")), random_clip(), 1, "gradient", report=report, check=token.check)
    assert len(told) == 1


def parts_of(spatial: list[float], temporal: list[float]) -> FrozenFrameSplit:
    """A split of a clip with one pixel a frame."""
    arrays = [np.array(part, np.float32).reshape(-1, 1, 1) for part in (spatial, temporal)]
    whole = Attribution(arrays[0] + arrays[1], 0, np.zeros(2, np.float32), 1.0, None, 1, ())
    return FrozenFrameSplit(whole, *arrays)


@pytest.mark.parametrize(
    ("spatial", "temporal", "share"),
    [([1, -1], [1, 1], 0.5), ([3, 0], [-1, 0], 0.25), ([0, 0], [2, -2], 1), ([2, 1], [0, 0], 0)],
)
def test_temporal_share_counts_sizes_not_signs(
    spatial: list[float], temporal: list[float], share: float
) -> None:
    assert parts_of(spatial, temporal).temporal_share == share


def test_temporal_share_of_no_relevance_is_not_a_number() -> None:
    assert np.isnan(parts_of([0, 0], [0, 0]).temporal_share)


@pytest.mark.parametrize("frame", range(4))
def test_frozen_repeats_one_frame(frame: int) -> None:
    values = random_clip().tensor
    still = frozen(values, frame)
    assert still.shape == values.shape
    assert all(torch.equal(still[:, :, t], values[:, :, frame]) for t in range(4))


@pytest.mark.parametrize(("frames", "middle"), [(1, 0), (2, 1), (4, 2), (5, 2)])
def test_frozen_takes_the_middle_frame(frames: int, middle: int) -> None:
    values = random_clip(1, 3, frames, 2, 2).tensor
    assert torch.equal(frozen(values)[:, :, 0], values[:, :, middle])

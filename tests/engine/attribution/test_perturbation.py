from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from captum import attr
from torch import Tensor, nn

from engine.attribution import attribute
from engine.attribution.options import OcclusionOptions, RiseOptions, TemporalMaskOptions
from engine.attribution.perturbation import boxes_of, frame_choice, rise_mask
from engine.cancel import Cancelled
from tests.engine.attribution.nets import built
from tests.engine.attribution.plain import clip_of, model_of, random_clip
from tests.engine.attribution.test_attribute_clip import assert_unchanged, snapshot

PERTURBATIONS = {
    "occlusion": {"box_frames": 2, "box_px": 4, "stride_frames": 2, "stride_px": 2},
    "rise": {"samples": 20, "cells": 3, "cells_frames": 2},
    "temporal_mask": {"samples": 20},
}


class Spot(nn.Module):
    """Scores the brightness of one place: frames 4 to 5, pixels 4 to 7."""

    def forward(self, clip: Tensor) -> Tensor:
        spot = clip[:, :, 4:6, 4:8, 4:8].mean((1, 2, 3, 4))
        return torch.stack([spot, -spot], 1)


@pytest.mark.parametrize("box", [(2, 4, 2, 4), (3, 5, 2, 3), (1, 8, 1, 8), (4, 3, 3, 2)])
def test_occlusion_equals_that_of_captum(box: tuple[int, int, int, int]) -> None:
    network, clip = built("residual with BatchNorm"), random_clip(1, 3, 5, 8, 8)
    frames, side, stride_frames, stride = box
    expected = attr.Occlusion(network).attribute(
        clip.tensor,
        (3, frames, side, side),
        (3, stride_frames, stride, stride),
        baselines=clip.low.expand_as(clip.tensor),
        target=1,
    )
    options = dict(
        zip(("box_frames", "box_px", "stride_frames", "stride_px"), box, strict=True), fill="black"
    )
    found = attribute(model_of(network), clip, 1, "occlusion", **options).relevance
    torch.testing.assert_close(torch.tensor(found), expected[0, 0].float(), rtol=1e-4, atol=1e-5)


def test_boxes_cover_every_pixel() -> None:
    options = OcclusionOptions(box_frames=3, box_px=5, stride_frames=2, stride_px=4)
    covered = np.zeros((7, 9, 11))
    for box in boxes_of(torch.Size((7, 9, 11)), options):
        covered[box] += 1
    assert covered.min() >= 1


@pytest.mark.parametrize("method", ["occlusion", "rise"])
def test_perturbation_finds_the_place_that_counts(method: str) -> None:
    clip = clip_of(torch.full((1, 3, 8, 12, 12), 1.0))
    options = {
        "occlusion": {"box_frames": 2, "box_px": 4, "stride_frames": 2, "stride_px": 4},
        "rise": {"samples": 600, "cells_frames": 4, "cells": 3, "score": "logit"},
    }[method]
    relevance = attribute(model_of(Spot(), 2), clip, 0, method, **options).relevance
    inside = relevance[4:6, 4:8, 4:8].mean()
    outside = np.ma.array(relevance, mask=np.zeros_like(relevance, bool))
    outside.mask[4:6, 4:8, 4:8] = True
    assert inside > 5 * abs(outside.mean())


def test_rise_equals_its_definition_mask_by_mask() -> None:
    network, clip = built("+="), random_clip(1, 3, 4, 8, 8)
    options = RiseOptions(samples=12, cells=3, cells_frames=2, seed=5)
    masks = [rise_mask(clip.tensor.shape[2:], options, index) for index in range(12)]
    with torch.no_grad():
        scores = [
            network(clip.low + (clip.tensor - clip.low) * mask).softmax(1)[0, 3] for mask in masks
        ]
    seen = sum(score * mask for score, mask in zip(scores, masks, strict=True)) / sum(masks)
    hidden = sum(s * (1 - m) for s, m in zip(scores, masks, strict=True)) / (12 - sum(masks))
    found = attribute(
        model_of(network), clip, 3, "rise", samples=12, cells=3, cells_frames=2, seed=5
    )
    torch.testing.assert_close(torch.tensor(found.relevance), seen - hidden, rtol=1e-3, atol=1e-5)


def test_rise_masks_show_the_chosen_share_and_differ() -> None:
    options = RiseOptions(keep=0.3)
    masks = torch.stack([rise_mask(torch.Size((8, 20, 20)), options, i) for i in range(200)])
    assert float(masks.mean()) == pytest.approx(0.3, abs=0.03)
    assert 0 <= float(masks.min()) <= float(masks.max()) <= 1
    assert not torch.equal(masks[0], masks[1])


@pytest.mark.parametrize("method", PERTURBATIONS)
def test_perturbation_does_not_depend_on_the_batch(method: str) -> None:
    model, clip = model_of(built("concatenation")), random_clip()
    one, several = (
        attribute(model, clip, 0, method, batch=batch, **PERTURBATIONS[method]).relevance
        for batch in (1, 7)
    )
    np.testing.assert_allclose(one, several, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("method", ["rise", "temporal_mask"])
def test_perturbation_is_decided_by_its_seed(method: str) -> None:
    model, clip = model_of(built("concatenation")), random_clip()
    first, again, other = (
        attribute(model, clip, 0, method, seed=seed, **PERTURBATIONS[method]).relevance
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("method", PERTURBATIONS)
def test_perturbation_can_be_cancelled_and_tells_its_progress(method: str) -> None:
    model, clip, seen = model_of(built("+=")), random_clip(), []

    def check() -> None:
        if len(seen) == 2:
            raise Cancelled

    before = snapshot(model.module)
    with pytest.raises(Cancelled):
        attribute(
            model,
            clip,
            0,
            method,
            batch=1,
            report=seen.append,
            check=check,
            **PERTURBATIONS[method],
        )
    assert [progress.done for progress in seen] == [1, 2]
    assert seen[0].total > 2
    assert_unchanged(model.module, before)


def test_temporal_mask_finds_the_frames_that_count() -> None:
    values = torch.zeros(1, 3, 8, 8, 8)
    values[:, :, 4:6] = 1.0
    result = attribute(
        model_of(Spot(), 2),
        clip_of(values),
        0,
        "temporal_mask",
        samples=400,
        score="logit",
        fill="black",
    )
    frames = result.relevance.sum((1, 2))
    assert set(np.argsort(frames)[-2:]) == {4, 5}
    assert result.native is not None
    np.testing.assert_allclose(frames, result.native[:, 0, 0], rtol=1e-4)


def test_temporal_mask_of_a_still_clip_is_zero() -> None:
    clip = random_clip(1, 3, 1, 8, 8)
    still = replace(clip, tensor=clip.tensor.expand(-1, -1, 6, -1, -1).contiguous())
    found = attribute(model_of(built("+=")), still, 0, "temporal_mask", samples=64).native
    assert found is not None
    spread = attribute(model_of(built("+=")), random_clip(1, 3, 6, 8, 8), 0, "temporal_mask").native
    assert abs(found).max() < 0.05
    assert spread is not None


def test_frame_choice_keeps_segments_together_and_one_at_least() -> None:
    options = TemporalMaskOptions(segment_frames=3, keep=0.01)
    for index in range(50):
        kept = frame_choice(8, options, index)
        assert kept.any()
        assert kept[0] == kept[1] == kept[2]


@pytest.mark.parametrize(("method", "steps"), [("occlusion", 2), ("rise", 2), ("temporal_mask", 4)])
def test_perturbation_tells_the_time_steps_it_has(method: str, steps: int) -> None:
    result = attribute(model_of(built("+=")), random_clip(), 0, method, **PERTURBATIONS[method])
    assert result.steps == steps


def test_perturbation_explains_a_model_without_gradients() -> None:
    class Detached(nn.Module):
        def forward(self, clip: Tensor) -> Tensor:
            return clip.detach().mean((2, 3, 4)) @ torch.ones(3, 4)

    clip = random_clip()
    bright = replace(clip, tensor=clip.tensor.abs() + 0.1)  # each box that hides it costs score
    result = attribute(model_of(Detached()), bright, 0, "occlusion")
    assert np.isfinite(result.relevance).all()
    assert (result.relevance > 0).all()


@pytest.mark.parametrize("method", PERTURBATIONS)
@pytest.mark.parametrize("labels", [1, 2])
def test_perturbation_explains_a_single_output(method: str, labels: int) -> None:
    class Alone(Spot):
        def forward(self, clip: Tensor) -> Tensor:
            return super().forward(clip)[:, :1]

    model, clip = model_of(Alone(), classes=labels), random_clip(1, 3, 8, 12, 12)
    options = {**PERTURBATIONS[method], "score": "probability"}
    first, last = (attribute(model, clip, target, method, **options) for target in (0, -1 + labels))
    assert last.relevance.any()
    if labels == 2:
        np.testing.assert_allclose(first.relevance, -last.relevance, atol=1e-5)

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch import nn

from engine.attribution import METHODS, attribute, estimate
from engine.attribution.base.network_habits import habits_of
from engine.attribution.estimation import passes_of
from engine.attribution.perturbation import boxes_of
from engine.attribution.registry import find_method
from engine.errors import AttributionError
from tests.engine.attribution.nets import built
from tests.engine.attribution.plain import clip_of, model_of, random_clip

CASES: list[tuple[str, dict[str, Any]]] = [
    *((method, {}) for method in METHODS if not METHODS[method].passes > 1),
    ("smooth_grad", {"samples": 1}),
    ("smooth_grad", {"samples": 7}),
    ("integrated_gradients", {"steps": 1}),
    ("integrated_gradients", {"steps": 9, "baseline": "frozen"}),
    ("grad_cam", {"layer": "first"}),
    ("occlusion", {}),
    ("occlusion", {"box_px": 3, "stride_px": 2, "box_frames": 2, "stride_frames": 1}),
    ("occlusion", {"box_px": 3, "stride_px": 5, "box_frames": 1, "stride_frames": 3}),
    ("occlusion", {"box_px": 8, "stride_px": 8, "box_frames": 1, "stride_frames": 1, "batch": 3}),
    ("rise", {"samples": 2}),
    ("rise", {"samples": 13, "batch": 5}),
    ("temporal_mask", {"samples": 2}),
    ("temporal_mask", {"samples": 11, "segment_frames": 2}),
    ("lrp", {"pooling": "proportional", "biases": "share"}),
]
SIZE = torch.Size((4, 8, 8))


@contextmanager
def counted(module: nn.Module) -> Iterator[list[int]]:
    """The clips of every call of a network meanwhile."""
    given: list[int] = []
    handle = module.register_forward_hook(lambda _, args, __: given.append(len(args[0])))
    try:
        yield given
    finally:
        handle.remove()


def test_cases_hold_every_method() -> None:
    assert {method for method, _ in CASES} == set(METHODS)


@pytest.mark.parametrize(("method", "options"), CASES, ids=str)
def test_passes_are_those_that_are_made(method: str, options: dict[str, Any]) -> None:
    model, clip = model_of(built("residual with BatchNorm")), random_clip()
    habits_of(model)
    with counted(model.module) as given:
        attribute(model, clip, 1, method, **options)
    passes, _ = passes_of(find_method(method, options).options, SIZE)
    assert abs(passes - sum(given)) <= 2


@pytest.mark.parametrize("samples", [20, 200])
@pytest.mark.parametrize("method", ["smooth_grad", "rise", "temporal_mask"])
def test_passes_grow_with_the_samples(method: str, samples: int) -> None:
    passes, _ = passes_of(find_method(method, {"samples": samples}).options, SIZE)
    assert samples <= passes <= samples + 2


@pytest.mark.parametrize("size", [(4, 8, 8), (16, 112, 112), (3, 5, 7), (1, 1, 1)])
def test_passes_of_occlusion_grow_with_the_clip(size: tuple[int, int, int]) -> None:
    options = find_method("occlusion", {"box_px": 4, "stride_px": 2}).options
    passes, _ = passes_of(options, torch.Size(size))
    assert len(boxes_of(torch.Size(size), options)) <= passes
    steps = [max(0, math.ceil((n - 4) / s)) + 1 for n, s in zip(size, (4, 2, 2), strict=True)]
    assert abs(passes - math.prod(steps)) <= 2


@pytest.mark.parametrize("method", METHODS)
def test_passes_go_forward_alone_where_no_gradient_reaches_the_clip(method: str) -> None:
    _, forward_only = passes_of(find_method(method).options, SIZE)
    assert forward_only == (METHODS[method].family in ("Perturbation", "Class activation map"))


@pytest.mark.parametrize("method", METHODS)
def test_the_catalogue_tells_about_as_many_passes(method: str) -> None:
    size = torch.Size((16, 112, 112))
    passes, _ = passes_of(find_method(method).options, size)
    assert passes / 2 <= METHODS[method].passes <= passes * 2


@pytest.mark.parametrize("method", METHODS)
def test_estimate_takes_time_and_gives_the_passes(method: str) -> None:
    model = model_of(built("residual with BatchNorm"))
    found = estimate(model, random_clip(), method)
    assert found.passes == passes_of(find_method(method).options, SIZE)[0]
    assert 0 < found.seconds < float("inf")


def test_estimate_makes_two_passes_whatever_the_method_needs() -> None:
    model = model_of(built("residual with BatchNorm"))
    habits_of(model)
    with counted(model.module) as given:
        found = estimate(model, random_clip(), "rise", samples="5000")
    assert given == [1, 1]
    assert found.passes >= 5000


def test_estimate_leaves_the_model_and_the_clip_as_they_were() -> None:
    model, clip = model_of(built("in-place relu")), random_clip()
    model.module.train()
    pixels = clip.tensor.clone()
    estimate(model, clip, "lrp")
    assert all(part.training for part in model.module.modules())
    assert all(parameter.grad is None for parameter in model.module.parameters())
    assert torch.equal(clip.tensor, pixels)


@pytest.mark.parametrize(
    ("method", "options", "complaint"),
    [
        ("guesswork", {}, "no attribution method"),
        ("rise", {"samples": 1}, "from 2 to"),
        ("gradient", {"samples": 3}, "no option"),
    ],
)
def test_estimate_refuses_what_attribute_does(
    method: str, options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(AttributionError, match=complaint):
        estimate(model_of(built("+=")), random_clip(), method, **options)


def test_estimate_refuses_a_clip_that_is_not_finite() -> None:
    with pytest.raises(AttributionError, match="not finite"):
        estimate(model_of(built("+=")), clip_of(torch.full((1, 3, 4, 8, 8), float("inf"))))

"""Scores a time step: told apart by the labels, made scores of the clip, explained by all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch import Tensor, nn

from engine.attribution import attribute
from engine.attribution.base.output_steps import of_clip, steps_of
from engine.attribution.base.outputs import ActivationWatch, read_outputs
from engine.errors import AttributionError
from engine.models.model import VideoModel
from engine.types import ModelSpec, OutputLayout, Step
from tests.engine.attribution.nets import conv
from tests.engine.attribution.plain import model_of, random_clip

FRAMES = 4


def spec_of(labels: int, **said: object) -> ModelSpec:
    """A model of so many labels and four frames."""
    spec = model_of(nn.Identity(), classes=labels).spec
    return replace(spec, frames=FRAMES, **said)  # type: ignore[arg-type]


class Steps(nn.Module):
    """Scores three classes at each of four frames, (N, T, 3)."""

    def __init__(self, end: object = None) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            self.conv, self.head = conv(3), nn.Linear(6, 3, bias=False)
        self.conv.bias = None
        self.end = end or nn.Identity()

    def forward(self, clip: Tensor) -> Tensor:
        features = torch.relu(self.conv(clip)).mean((3, 4)).transpose(1, 2)
        scores: Tensor = self.end(self.head(features))  # type: ignore[operator]
        return scores


def model_ending(end: object = None, **said: object) -> VideoModel:
    """A model of three classes with scores a time step."""
    model = model_of(Steps(end), classes=3)
    return replace(model, spec=replace(model.spec, frames=FRAMES, **said))  # type: ignore[arg-type]


@given(
    clips=st.integers(1, 3),
    classes=st.integers(1, 6),
    steps=st.integers(1, FRAMES),
    layout=st.sampled_from(["NKT", "NTK", "NKT11", "rows"]),
)
def test_steps_of_tells_the_orders_apart_by_the_labels(
    clips: int, classes: int, steps: int, layout: str
) -> None:
    rows = torch.randn(clips, steps, classes)
    assume(steps > 1 and steps != classes and (classes, steps) != (2, 1))
    made = {
        "NKT": rows.transpose(1, 2),
        "NTK": rows,
        "NKT11": rows.transpose(1, 2)[..., None, None],
        "rows": rows.flatten(0, 1),
    }[layout]
    assume(layout != "rows" or steps == FRAMES)
    found = steps_of(made, clips, spec_of(classes))
    assert found is not None
    assert torch.equal(found, rows)


@pytest.mark.parametrize(
    "shape", [(2, 2), (2, 7), (2, 5, 1, 1), (2, 9, 3), (2, 7, 6), (2,)], ids=str
)
def test_steps_of_leaves_what_is_one_row_a_clip_or_none(shape: tuple[int, ...]) -> None:
    assert steps_of(torch.zeros(shape), 2, spec_of(3)) is None


@pytest.mark.parametrize(("said", "transposed"), [("NKT", True), ("NTK", False)])
def test_steps_of_as_many_classes_needs_to_be_told(said: OutputLayout, transposed: bool) -> None:
    rows = torch.randn(2, 4, 4)
    with pytest.raises(AttributionError, match="4 classes and 4 time steps") as caught:
        steps_of(rows, 2, spec_of(4))
    assert "output_layout" in caught.value.hint
    found = steps_of(rows, 2, spec_of(4, output_layout=said))
    assert found is not None
    assert torch.equal(found, rows.transpose(1, 2) if transposed else rows)


def test_steps_of_a_single_output_without_a_dimension_needs_to_be_told() -> None:
    wave = torch.randn(2, 4)
    spec = spec_of(1, activation="none", output_layout="NT")
    found = steps_of(wave, 2, spec)
    assert found is not None
    assert torch.equal(found[..., 0], wave)
    assert steps_of(wave[0], 1, spec) is not None
    assert steps_of(wave, 2, replace(spec, output_layout=None)) is None


def test_of_clip_takes_mean_highest_or_one_step() -> None:
    steps = torch.randn(2, 4, 3)
    assert torch.equal(of_clip(steps, None), steps.mean(1))
    assert torch.equal(of_clip(steps, "max"), steps.amax(1))
    assert torch.equal(of_clip(steps, 3), steps[:, 3])
    with pytest.raises(AttributionError, match="no time step 4"):
        of_clip(steps, 4)


@pytest.mark.parametrize("kind", ["softmax", "sigmoid"])
def test_read_outputs_undoes_the_head_of_every_step(kind: str) -> None:
    logits = torch.randn(2, 4, 3) * 30
    with ActivationWatch():
        output = logits.softmax(-1) if kind == "softmax" else logits.sigmoid()
    outputs = read_outputs(output, 2, spec_of(3, step=2))
    assert outputs.activation == kind
    assert torch.equal(outputs.logits, logits[:, 2])
    assert outputs.steps is not None
    assert torch.equal(outputs.steps, logits)


def test_read_outputs_of_one_output_a_step_has_two_directions() -> None:
    logit = torch.randn(2, 1, 4)
    outputs = read_outputs(logit, 2, spec_of(2, step="max"))
    assert outputs.activation == "binary"
    assert torch.equal(outputs.logits[:, 1], logit.amax(2)[:, 0])
    assert outputs.steps is not None
    assert torch.equal(outputs.steps, torch.cat([-logit, logit], 1).transpose(1, 2))


@pytest.mark.parametrize("step", [None, 2, "max"])
@pytest.mark.parametrize("method", ["lrp", "gradient", "occlusion"])
def test_attribute_explains_a_step_or_all(method: str, step: Step | None) -> None:
    model, clip = model_ending(), random_clip()
    rows = model.module(clip.tensor)[0].detach()
    found = attribute(model, clip, 1, method, step=step)
    assert found.step_logits == pytest.approx(rows.numpy(), rel=1e-5)
    assert found.logits == pytest.approx(of_clip(rows[None], step)[0].numpy(), rel=1e-5)
    if method == "lrp":
        assert found.conservation == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("end", [lambda y: y.transpose(1, 2), lambda y: y.flatten(0, 1)])
def test_attribute_explains_every_order_alike(end: object) -> None:
    clip = random_clip()
    bare, other = (attribute(model_ending(e), clip, 1, "rise", samples=6) for e in (None, end))
    np.testing.assert_allclose(bare.relevance, other.relevance, rtol=1e-5, atol=1e-9)


def test_attribute_refuses_a_step_of_a_network_without() -> None:
    model = model_ending(lambda scores: scores.mean(1))
    with pytest.raises(AttributionError, match="one row of scores a clip"):
        attribute(model, random_clip(), 1, "gradient", step=2)
    assert attribute(model, random_clip(), 1, "gradient").step_logits is None

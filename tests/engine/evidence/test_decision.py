from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.network_habits import habits_of
from engine.attribution.base.targets import resolve_goal
from engine.cancel import Cancelled
from engine.errors import AttributionError
from engine.evidence import Prior, decision_evidence
from engine.evidence.decision import answer_and_evidence, clip_prior
from engine.evidence.effort import EFFORTS
from tests.engine.evidence.toys import (
    Brightness,
    Direction,
    Gathering,
    Movement,
    model_of,
    still_frames_of,
    sweeping,
)

NOTHING = Prior((0.0, 0.0, 0.0), "nothing")


def test_decision_evidence_finds_movement() -> None:
    for module in (Movement(), Direction()):
        model = model_of(module)
        found = decision_evidence(model, model.preprocess(sweeping()))
        assert found.verdict == "movement", (module, found)
        assert found.share > 0.8
        assert found.interval[0] <= found.share <= found.interval[1]


def test_decision_evidence_finds_one_picture() -> None:
    model = model_of(Brightness())
    found = decision_evidence(model, model.preprocess(sweeping()), prior=NOTHING)
    assert found.verdict == "one picture"
    assert found.share == 0
    assert found.still_bits > 1


def test_decision_evidence_finds_several_pictures() -> None:
    model = model_of(Gathering())
    found = decision_evidence(model, model.preprocess(sweeping()), prior=NOTHING)
    assert found.verdict == "several pictures"
    assert found.order_bits == 0
    assert found.frames_bits > found.still_bits


@pytest.mark.parametrize("module", [Movement(), Brightness(), Gathering()])
def test_decision_evidence_of_a_still_clip_is_one_picture_and_no_verdict(module: nn.Module) -> None:
    model = model_of(module)
    found = decision_evidence(model, model.preprocess(still_frames_of()))
    assert found.frames_bits == found.order_bits == 0
    assert found.verdict == "cannot tell"
    assert "Nothing changes" in found.reason


def test_decision_evidence_of_noise_is_no_verdict() -> None:
    model = model_of(Movement())
    noise = np.random.default_rng(0).integers(0, 256, (16, 32, 32, 3), dtype=np.uint8)
    found = decision_evidence(model, model.preprocess(noise))
    assert found.verdict == "cannot tell"
    assert "noise" in found.reason


def test_decision_evidence_of_a_constant_model_is_no_verdict() -> None:
    class Constant(nn.Module):
        def forward(self, clip: torch.Tensor) -> torch.Tensor:
            return torch.ones(len(clip), 3) + 0 * clip.sum((1, 2, 3, 4))[:, None]

    model = model_of(Constant())
    found = decision_evidence(model, model.preprocess(sweeping()))
    assert found.verdict == "cannot tell"
    assert found.total_bits == 0


def test_decision_evidence_has_additive_class_bits() -> None:
    model = model_of(Direction())
    clip = model.preprocess(sweeping())
    found = decision_evidence(model, clip, prior=NOTHING)
    with torch.no_grad():
        chances = model.module(clip.tensor).double().log_softmax(1)[0] / np.log(2)
    for index in range(3):
        bits = found.for_class(index)
        assert bits.total == pytest.approx(float(chances[index]) + np.log2(3))


@pytest.mark.parametrize("labels", [("fight",), ("calm", "fight")])
def test_decision_evidence_of_a_single_output_uses_its_sigmoid(labels: tuple[str, ...]) -> None:
    class One(nn.Module):
        def forward(self, clip: torch.Tensor) -> torch.Tensor:
            logits: torch.Tensor = Movement()(clip)[:, :1]
            return logits

    model = model_of(One(), labels)
    found = decision_evidence(model, model.preprocess(sweeping()))
    assert found.verdict == "movement"
    assert found.log2_steps.shape == (4, len(labels))


def test_decision_evidence_gives_the_same_with_the_clips_own_logits() -> None:
    model = model_of(Direction())
    clip = model.preprocess(sweeping())
    with torch.no_grad():
        logits = model.module(clip.tensor)[0].numpy()
    one, other = (decision_evidence(model, clip, logits=known) for known in (None, logits))
    assert one.share == pytest.approx(other.share, abs=1e-6)


def test_decision_evidence_of_a_quick_look_takes_two_passes_beside_the_clip() -> None:
    class Counting(Movement):
        clips = 0

        def forward(self, clip: torch.Tensor) -> torch.Tensor:
            Counting.clips += len(clip)
            return super().forward(clip)

    model = model_of(Counting())
    clip = model.preprocess(sweeping())
    habits_of(model)
    Counting.clips = 0
    decision_evidence(model, clip, prior=NOTHING, stills=1, orders=1, pair=False)
    assert Counting.clips == 3
    decision_evidence(model, clip, prior=NOTHING)
    assert Counting.clips == 3 + 6


def test_answer_and_evidence_asks_no_clip_by_itself() -> None:
    sizes: list[int] = []

    class Noting(Direction):
        def forward(self, clip: torch.Tensor) -> torch.Tensor:
            sizes.append(len(clip))
            return super().forward(clip)

    model = model_of(Noting())
    clip = model.preprocess(sweeping())
    explained = ExplainedModel(model, resolve_goal(model.spec, None))
    sizes.clear()
    logits, found = answer_and_evidence(explained, clip, EFFORTS["full"], NOTHING)
    assert sum(sizes) == 6
    assert min(sizes) > 1
    with torch.no_grad():
        np.testing.assert_allclose(logits, model.module(clip.tensor)[0].numpy(), rtol=1e-5)
    assert found.share == decision_evidence(model, clip, prior=NOTHING).share


def test_decision_evidence_refuses_no_stills() -> None:
    model = model_of(Movement())
    with pytest.raises(AttributionError, match="0 stills"):
        decision_evidence(model, model.preprocess(sweeping()), stills=0)


def test_decision_evidence_can_be_cancelled() -> None:
    def stop() -> None:
        raise Cancelled

    model = model_of(Movement())
    with pytest.raises(Cancelled):
        decision_evidence(model, model.preprocess(sweeping()), prior=NOTHING, check=stop)


def test_clip_prior_has_the_colours_of_the_clip_but_not_its_shapes() -> None:
    model = model_of(Brightness())
    clip = model.preprocess(sweeping())
    prior = clip_prior(model, clip)
    with torch.no_grad():
        own = model.module(clip.tensor)[0]
    assert np.argmax(prior.logits) == int(own.argmax())
    assert "scrambled" in prior.source


def test_decision_evidence_of_a_value_is_refused() -> None:
    model = model_of(Movement())
    model = replace(model, spec=replace(model.spec, activation="none"))
    clip = model.preprocess(sweeping())
    for ask in (decision_evidence, clip_prior):
        with pytest.raises(AttributionError, match="bits of probabilities"):
            ask(model, clip)

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from captum.attr import InputXGradient, Saliency
from torch import Tensor, nn

from engine.attribution import METHODS, attribute
from engine.attribution.base.network_habits import habits_of
from engine.attribution.registry import find_method
from engine.errors import AttributionError
from engine.types import EMPTY_MAP
from tests.engine.attribution.nets import Net, built, conv
from tests.engine.attribution.plain import clip_of, model_of, random_clip


@pytest.mark.parametrize("method", METHODS)
def test_attribute_answers_in_shape_and_type(method: str) -> None:
    model, clip = model_of(built("residual with BatchNorm")), random_clip()
    result = attribute(model, clip, 2, method)
    assert result.relevance.shape == (4, 8, 8)
    assert result.relevance.dtype == result.logits.dtype == np.float32
    assert result.target == 2
    assert result.logits == pytest.approx(model.module(clip.tensor)[0].numpy(), rel=1e-5)
    assert not result.relevance.flags.writeable


@pytest.mark.parametrize("method", METHODS)
def test_attribute_without_a_target_takes_the_highest(method: str) -> None:
    result = attribute(model_of(built("+=")), random_clip(), None, method)
    assert result.target == int(result.logits.argmax())


@pytest.mark.parametrize("method", METHODS)
def test_attribute_gives_the_same_twice(method: str) -> None:
    model, clip = model_of(built("concatenation")), random_clip()
    first, second = (attribute(model, clip, 1, method).relevance for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("method", METHODS)
def test_attribute_works_where_gradients_are_switched_off(method: str) -> None:
    with torch.no_grad():
        assert attribute(model_of(built("+=")), random_clip(), 0, method).relevance.any()


def snapshot(module: nn.Module) -> list[object]:
    """Everything that an attribution could leave behind in a network."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    parts = list(module.modules())
    return [
        [(name, value.clone(), value.data_ptr()) for name, value in module.state_dict().items()],
        [part.training for part in parts],
        [dict(vars(part)[name]) for part in parts for name in hooks],
        [sorted(vars(part)) for part in parts],
        [parameter.requires_grad for parameter in module.parameters()],
        [parameter.grad is None for parameter in module.parameters()],
        [sorted(vars(tensor)) for tensor in (*module.parameters(), *module.buffers())],
    ]


def assert_unchanged(module: nn.Module, before: list[object]) -> None:
    after = snapshot(module)
    assert after[1:] == before[1:]
    for (name, value, place), (name_now, value_now, place_now) in zip(
        before[0], after[0], strict=True
    ):
        assert (name, place) == (name_now, place_now)
        assert torch.equal(value, value_now)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("method", METHODS)
def test_attribute_leaves_the_model_as_it_was(method: str, training: bool) -> None:
    model = model_of(built("residual with BatchNorm"))
    model.module.train(training)
    model.module.first.eval()
    clip = random_clip()
    before, pixels = snapshot(model.module), clip.tensor.clone()
    attribute(model, clip, 1, method)
    assert_unchanged(model.module, before)
    assert torch.equal(clip.tensor, pixels)
    assert not clip.tensor.requires_grad


@pytest.mark.parametrize("method", METHODS)
def test_attribute_leaves_the_model_as_it_was_after_an_error(method: str) -> None:
    class Broken(Exception):
        pass

    def body(net: Net, clip: Tensor) -> Tensor:
        out = torch.relu_(net.first(clip))
        if breaking:
            raise Broken
        return out

    breaking = True
    model = model_of(Net(body, first=conv(3)))
    model.module.train()
    before = snapshot(model.module)
    with pytest.raises(AttributionError, match="Broken"):
        attribute(model, random_clip(), 1, method)
    assert_unchanged(model.module, before)
    breaking = False
    assert attribute(model, random_clip(), 1, method).relevance.any()


def test_attribute_runs_hooks_of_the_user_and_keeps_them() -> None:
    model = model_of(built("+="))
    seen: list[torch.Size] = []
    habits_of(model)  # asked before, so that one call is counted
    model.module.second.register_forward_hook(lambda _, __, out: seen.append(out.shape))
    attribute(model, random_clip(), 0, "lrp")
    assert seen == [(1, 6, 4, 8, 8)]
    assert len(model.module.second._forward_hooks) == 1


@pytest.mark.filterwarnings("ignore")  # of captum's own
@pytest.mark.parametrize("name", ["residual with BatchNorm", "grouped conv", "slow and fast"])
def test_gradients_equal_those_of_captum(name: str) -> None:
    model, clip = model_of(built(name)), random_clip()
    leaf = clip.tensor.clone().requires_grad_()
    peer = copy.deepcopy(model.module)
    slope = Saliency(peer).attribute(leaf, target=3, abs=False)
    product = InputXGradient(peer).attribute(leaf, target=3)
    for method, theirs in (("gradient", slope), ("input_x_gradient", product)):
        ours = attribute(model, clip, 3, method).relevance
        torch.testing.assert_close(
            torch.tensor(ours), theirs.detach()[0].sum(0), rtol=1e-5, atol=1e-7
        )


@pytest.mark.parametrize("method", METHODS)
def test_attribute_takes_a_network_that_changes_its_input(method: str) -> None:
    def body(net: Net, clip: Tensor) -> Tensor:
        clip.relu_()
        return net.first(clip)

    model, clip = model_of(Net(body, first=conv(3))), random_clip()
    pixels = clip.tensor.clone()
    result = attribute(model, clip, 0, method)
    assert torch.equal(clip.tensor, pixels)
    assert result.logits == pytest.approx(model.module(pixels)[0].numpy(), rel=1e-5)


class Answer(nn.Module):
    """A network whose output is a function of the clip."""

    def __init__(self, answer: object) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, clip: Tensor) -> object:
        return self.answer(clip)


TRACING = [
    name for name, info in METHODS.items() if info.family != "Perturbation" and "cam" not in name
]


@pytest.mark.parametrize("method", TRACING)
@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (lambda clip: clip.flatten(2), "logits of shape"),
        (lambda clip: (clip, clip.mean()), "without logits"),
        (lambda clip: torch.zeros(1, 4), "traced"),
        (lambda clip: clip.detach().flatten(1), "traced"),
        (lambda clip: clip.flatten(1) + float("nan"), "finite"),
    ],
    ids=["3-d", "tuple", "constant", "detached", "nan"],
)
def test_attribute_refuses_outputs_it_cannot_explain(
    answer: object, complaint: str, method: str
) -> None:
    with pytest.raises(AttributionError, match=complaint) as caught:
        attribute(model_of(Answer(answer)), random_clip(), 0, method)
    assert caught.value.hint


def test_attribute_tells_that_memory_ran_out() -> None:
    def full(_: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("no memory")

    with pytest.raises(AttributionError, match="memory"):
        attribute(model_of(Answer(full)), random_clip(), 0, "gradient")


@pytest.mark.parametrize(
    ("target", "complaint"),
    [(4, "outside"), (-1, "outside"), ("class 9", "no class"), ("99", "outside"), ("", "no class")],
)
def test_attribute_refuses_an_unknown_class(target: int | str, complaint: str) -> None:
    with pytest.raises(AttributionError, match=complaint):
        attribute(model_of(built("+=")), random_clip(), target, "gradient")


@pytest.mark.parametrize("target", [2, "2", " Class 2 ", "class 2"])
def test_attribute_finds_a_class_by_index_or_name(target: int | str) -> None:
    assert attribute(model_of(built("+=")), random_clip(), target, "gradient").target == 2


def test_attribute_refuses_a_name_that_several_classes_have() -> None:
    model = model_of(built("+="))
    model = replace(model, spec=replace(model.spec, labels=("run", "jump", "Run", "sit")))
    with pytest.raises(AttributionError, match="2 classes") as caught:
        attribute(model, random_clip(), "run", "gradient")
    assert "0, 2" in caught.value.hint


def test_attribute_suggests_a_class_of_a_similar_name() -> None:
    with pytest.raises(AttributionError) as caught:
        attribute(model_of(built("+=")), random_clip(), "clas 3", "gradient")
    assert "class 3" in caught.value.hint


def test_attribute_refuses_an_unknown_method() -> None:
    with pytest.raises(AttributionError, match="guesswork") as caught:
        find_method("guesswork")
    assert "Did you mean" in caught.value.hint or "Choose" in caught.value.hint


def test_conservation_of_a_logit_of_zero_is_not_a_number() -> None:
    result = attribute(
        model_of(Answer(lambda clip: clip.flatten(1))), clip_of(torch.zeros(1, 3, 1, 1, 2)), 0
    )
    assert np.isnan(result.conservation)


@pytest.mark.parametrize("method", ["gradient", "occlusion"])
def test_attribute_says_that_nothing_is_relevant(method: str) -> None:
    class Blind(nn.Module):
        def forward(self, clip: Tensor) -> Tensor:
            return 0 * clip.mean((1, 2, 3, 4))[:, None] + torch.arange(4.0)

    result = attribute(model_of(Blind()), random_clip(), 0, method)
    assert not result.relevance.any()
    assert result.notices == (EMPTY_MAP,)

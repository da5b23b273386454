from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from engine.attribution import Contrast, attribute
from engine.attribution.base.targets import Goal, resolve_goal, resolve_target
from engine.errors import AttributionError
from engine.models.model import VideoModel
from engine.types import ModelSpec
from tests.engine.attribution.nets import built
from tests.engine.attribution.plain import model_of, random_clip

LINEAR_IN_THE_START = ("lrp", "lrp_epsilon_plus", "gradient", "input_x_gradient")
LOGITS = torch.tensor([[1.0, 5.0, -2.0, 0.5], [7.0, 0.0, 3.0, 4.0]])


def tiny() -> VideoModel:
    """A model with four classes."""
    return model_of(built("residual with BatchNorm"))


def spec_of(*labels: str) -> ModelSpec:
    """A spec with given class names."""
    spec = model_of(built("+=")).spec
    return ModelSpec(
        "tiny", labels, spec.frames, None, 1, spec.resize, spec.crop, spec.mean, spec.std
    )


def test_goal_without_a_class_scores_the_highest_of_each_clip() -> None:
    assert Goal().scores(LOGITS).tolist() == [5.0, 7.0]
    assert Goal().indices(LOGITS) == [1, 0]


def test_goal_of_a_class_scores_its_logit() -> None:
    assert Goal(2).scores(LOGITS).tolist() == [-2.0, 3.0]
    assert Goal(2).indices(LOGITS) == [2, 2]


def test_goal_of_a_contrast_scores_the_difference() -> None:
    assert Goal(0, against=2).scores(LOGITS).tolist() == [3.0, 4.0]
    assert Goal(0, against=2).indices(LOGITS) == [0, 0]


def test_goal_of_a_function_has_no_classes() -> None:
    goal = Goal(function=lambda logits: logits.sum(1))
    assert goal.scores(LOGITS).tolist() == [4.5, 14.0]
    assert goal.indices(LOGITS) == [None, None]


@pytest.mark.parametrize("goal", [Goal(4), Goal(0, against=4), Goal(4, against=0)])
def test_goal_refuses_a_class_that_the_network_does_not_put_out(goal: Goal) -> None:
    with pytest.raises(AttributionError, match="Class 4 is outside the 4 outputs") as caught:
        goal.scores(LOGITS)
    assert "from 0 to 3" in caught.value.hint


@pytest.mark.parametrize(
    "function",
    [
        lambda logits: logits,
        lambda logits: logits[:, :1],
        lambda logits: logits[:1, 0],
        lambda logits: logits.sum(),
        lambda logits: float(logits[0, 0]),
        lambda logits: list(logits[:, 0]),
        lambda logits: None,
    ],
    ids=["all", "a column", "too few", "scalar", "float", "list", "nothing"],
)
def test_goal_refuses_a_function_without_one_score_a_clip(
    function: Callable[[Tensor], Tensor],
) -> None:
    with pytest.raises(AttributionError, match="one score a clip") as caught:
        Goal(function=function).scores(LOGITS)
    assert "(N,)" in caught.value.hint


def test_goal_takes_a_scalar_for_one_clip() -> None:
    scores = Goal(function=lambda logits: logits[0, 1] - logits[0, 0]).scores(LOGITS[:1])
    assert scores.tolist() == [4.0]


def test_resolve_goal_of_nothing_follows_the_model() -> None:
    goal = resolve_goal(spec_of("run", "jump"), None)
    assert (goal.index, goal.against, goal.function) == (None, None, None)


@pytest.mark.parametrize(
    "target", [Contrast("jump", "run"), Contrast(1, "RUN"), Contrast("1", 0), Contrast(" Jump ", 0)]
)
def test_resolve_goal_of_a_contrast_takes_names_and_indices(target: Contrast) -> None:
    goal = resolve_goal(spec_of("run", "jump", "sit"), target)
    assert (goal.index, goal.against) == (1, 0)


@pytest.mark.parametrize("target", [Contrast("jumpp", 0), Contrast(0, "jumpp")])
def test_resolve_goal_suggests_a_class_for_either_side(target: Contrast) -> None:
    with pytest.raises(AttributionError, match="'jumpp'") as caught:
        resolve_goal(spec_of("run", "jump", "sit"), target)
    assert caught.value.hint == "Did you mean: jump?"


@pytest.mark.parametrize("target", [Contrast(0, 3), Contrast(3, 0), Contrast(0, -1)])
def test_resolve_goal_refuses_a_contrast_with_an_index_outside(target: Contrast) -> None:
    with pytest.raises(AttributionError, match="outside the 3 classes"):
        resolve_goal(spec_of("run", "jump", "sit"), target)


def test_resolve_target_offers_all_classes_where_none_is_close() -> None:
    with pytest.raises(AttributionError) as caught:
        resolve_target(spec_of("run", "jump", "sit"), "qqqq")
    assert caught.value.hint == "Choose one of: run, jump, sit."


def test_resolve_target_offers_classes_that_contain_the_name() -> None:
    with pytest.raises(AttributionError) as caught:
        resolve_target(spec_of("opening a very heavy wooden door", "sit"), "door")
    assert "opening a very heavy wooden door" in caught.value.hint


def test_resolve_target_offers_a_few_of_many_classes() -> None:
    with pytest.raises(AttributionError) as caught:
        resolve_target(spec_of(*(f"class {index}" for index in range(400))), "zzz")
    assert caught.value.hint.startswith("Choose, for example, one of: class 0")
    assert "class 9" not in caught.value.hint


def test_resolve_target_reads_digits_as_an_index() -> None:
    assert resolve_target(spec_of("1", "0"), "1") == 1


@pytest.mark.parametrize("method", LINEAR_IN_THE_START)
def test_contrast_has_the_difference_of_the_relevances(method: str) -> None:
    model, clip = tiny(), random_clip()
    first, second = (attribute(model, clip, index, method) for index in (3, 1))
    both = attribute(model, clip, Contrast(3, 1), method)
    expected = first.relevance - second.relevance
    size = np.abs(first.relevance).max() + np.abs(second.relevance).max()
    np.testing.assert_allclose(both.relevance, expected, rtol=1e-4, atol=1e-5 * size)
    assert np.abs(expected).max() > 1e-2 * size


@pytest.mark.parametrize("method", ["lrp", "gradient", "layer_cam", "occlusion"])
def test_contrast_explains_the_difference_of_the_logits(method: str) -> None:
    result = attribute(tiny(), random_clip(), Contrast("class 3", "class 1"), method)
    assert result.target == 3
    assert result.explained == pytest.approx(result.logits[3] - result.logits[1], rel=1e-5)


def test_contrast_conserves_the_difference() -> None:
    result = attribute(tiny(), random_clip(), Contrast(3, 1), "lrp")
    assert result.conservation == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("method", LINEAR_IN_THE_START)
def test_contrast_turned_round_changes_the_sign(method: str) -> None:
    model, clip = tiny(), random_clip()
    there, back = (attribute(model, clip, c, method) for c in (Contrast(0, 2), Contrast(2, 0)))
    scale = np.abs(there.relevance).max()
    assert scale > 0
    np.testing.assert_allclose(back.relevance, -there.relevance, rtol=1e-4, atol=1e-5 * scale)


def test_contrast_of_a_class_with_itself_has_no_relevance() -> None:
    result = attribute(tiny(), random_clip(), Contrast(2, 2), "lrp")
    assert not result.relevance.any()
    assert result.explained == 0


@pytest.mark.parametrize("method", ["lrp", "gradient", "grad_cam", "occlusion", "temporal_mask"])
def test_function_of_the_difference_equals_the_contrast(method: str) -> None:
    model, clip = tiny(), random_clip()
    contrast = attribute(model, clip, Contrast(0, 3), method)
    function = attribute(model, clip, lambda logits: logits[:, 0] - logits[:, 3], method)
    assert function.target is None
    assert function.explained == pytest.approx(contrast.explained, rel=1e-6)
    np.testing.assert_allclose(function.relevance, contrast.relevance, rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize("method", ["lrp", "gradient"])
def test_function_that_gives_a_scalar_explains_one_clip(method: str) -> None:
    model, clip = tiny(), random_clip()
    scalar = attribute(model, clip, lambda logits: logits[0, 2], method)
    assert np.array_equal(scalar.relevance, attribute(model, clip, 2, method).relevance)


@pytest.mark.parametrize("method", ["lrp", "gradient", "grad_cam", "rise"])
def test_attribute_refuses_a_function_of_a_wrong_shape(method: str) -> None:
    with pytest.raises(AttributionError, match="one score a clip"):
        attribute(tiny(), random_clip(), lambda logits: logits[:, :2], method)


@pytest.mark.parametrize("method", ["lrp", "gradient", "grad_cam", "occlusion"])
def test_attribute_refuses_a_label_without_an_output(method: str) -> None:
    model = model_of(built("+="), classes=6)
    with pytest.raises(AttributionError, match="Class 5 is outside the 4 outputs"):
        attribute(model, random_clip(), "class 5", method)


@pytest.mark.parametrize("target", [np.int64(2), np.int32(2), "+2"])
def test_attribute_takes_any_whole_number_as_a_class(target: int | str) -> None:
    assert attribute(model_of(built("+=")), random_clip(), target, "gradient").target == 2


@pytest.mark.parametrize("target", ["²", "+-3", "1" * 5000, "1.5"])
def test_attribute_refuses_texts_that_only_look_like_numbers(target: str) -> None:
    with pytest.raises(AttributionError, match="no class"):
        attribute(model_of(built("+=")), random_clip(), target, "gradient")


@pytest.mark.parametrize("method", ["lrp", "gradient", "grad_cam"])
@pytest.mark.parametrize(
    ("function", "complaint"),
    [
        (lambda logits: logits[:, 0].detach(), "cannot be traced"),
        (lambda logits: logits.argmax(1), "cannot be traced"),
        (lambda logits: logits[:, 0] * float("nan"), "not finite"),
        (lambda logits: logits[:, 9], "failed on logits"),
    ],
    ids=["detached", "index", "nan", "outside"],
)
def test_functions_that_cannot_be_explained_are_refused(
    function: Callable[[Tensor], Tensor], complaint: str, method: str
) -> None:
    options = {"layer": "first"} if method == "grad_cam" else {}
    with pytest.raises(AttributionError, match=complaint):
        attribute(model_of(built("+=")), random_clip(), function, method, **options)

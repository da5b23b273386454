from __future__ import annotations

import collections
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.attribution import attribute
from engine.attribution.base.outputs import ActivationWatch, probabilities_of, read_outputs
from engine.errors import AttributionError
from engine.models.model import VideoModel
from engine.types import ModelSpec
from tests.engine.attribution.nets import Net, built, conv
from tests.engine.attribution.plain import model_of, random_clip

METHODS = {
    "lrp": {},
    "gradient": {},
    "grad_cam": {},
    "rise": {"samples": 6, "cells": 2, "cells_frames": 2},
}
BEFORE_SOFTMAX = "The network ends in a softmax; the logits before it are explained."
BEFORE_SIGMOID = "The network ends in a sigmoid; the logits before it are explained."
BARE = built("residual with BatchNorm").requires_grad_(False)


class Ending(nn.Module):
    """The bare network with something done to its logits."""

    def __init__(self, ending: Callable[[Tensor], object]) -> None:
        super().__init__()
        self.network = BARE
        self.ending = ending

    def forward(self, clip: Tensor) -> object:
        return self.ending(self.network(clip))


def ending_in(ending: Callable[[Tensor], object]) -> VideoModel:
    """A model whose logits go through a function."""
    return model_of(Ending(ending))


def spec_of(labels: int) -> ModelSpec:
    """A model of a few classes."""
    return model_of(BARE, classes=labels).spec


def read(output: object, clips: int) -> tuple[Tensor, list[str]]:
    """Logits in what a network of four classes returned, and the notices."""
    outputs = read_outputs(output, clips, spec_of(4))
    return outputs.logits, outputs.notices


def as_pixels(logits: Tensor) -> Tensor:
    """Logits as a convolutional classifier puts them out, (N, K, 1, 1, 1)."""
    return logits[:, :, None, None, None]


def by_hand(logits: Tensor) -> Tensor:
    """A softmax that cannot be recognised."""
    powers = (logits - logits.amax(1, keepdim=True)).exp()
    return powers / powers.sum(1, keepdim=True)


@dataclass
class Answer:
    """As the outputs of a well-known library of transformers."""

    loss: None
    logits: Tensor


SOFTMAXES: dict[str, Callable[[Tensor], Tensor]] = {
    "functional": lambda logits: F.softmax(logits, dim=1),
    "functional log": lambda logits: F.log_softmax(logits, 1),
    "torch": lambda logits: torch.softmax(input=logits, dim=-1),
    "torch log": lambda logits: torch.log_softmax(logits, 1),
    "tensor": lambda logits: logits.softmax(1),
    "tensor log": lambda logits: logits.log_softmax(dim=1),
    "module": nn.Softmax(dim=1),
    "module log": nn.LogSoftmax(dim=1),
    "squeezed": lambda logits: F.softmax(as_pixels(logits), 1).squeeze(4).squeeze(3).squeeze(2),
    "flattened": lambda logits: torch.flatten(as_pixels(logits).softmax(1), 1),
    "viewed": lambda logits: as_pixels(logits).softmax(1).view(len(logits), -1),
    "picked": lambda logits: as_pixels(logits).softmax(1)[:, :, 0, 0, 0],
    "pixels": lambda logits: as_pixels(logits).softmax(1),
    "in a dict": lambda logits: {"out": logits.softmax(1), "features": logits[:, :1]},
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", SOFTMAXES)
def test_attribute_explains_the_logits_before_a_softmax(name: str, method: str) -> None:
    model, clip = ending_in(SOFTMAXES[name]), random_clip()
    result = attribute(model, clip, 2, method, **METHODS[method])
    assert BEFORE_SOFTMAX in result.notices
    assert result.logits == pytest.approx(BARE(clip.tensor)[0].numpy(), rel=1e-5)
    bare = attribute(model_of(BARE), clip, 2, method, **METHODS[method])
    scale = np.abs(bare.relevance).max()
    assert scale > 0
    np.testing.assert_allclose(result.relevance, bare.relevance, rtol=1e-4, atol=1e-5 * scale)


SIGMOIDS: dict[str, Callable[[Tensor], Tensor]] = {
    "functional": F.sigmoid,
    "functional log": F.logsigmoid,
    "torch": lambda logits: torch.sigmoid(input=logits),
    "special": torch.special.expit,
    "tensor": lambda logits: logits.sigmoid(),
    "in place": lambda logits: (logits * 1).sigmoid_(),
    "module": nn.Sigmoid(),
    "pixels": lambda logits: as_pixels(logits).sigmoid(),
    "picked": lambda logits: as_pixels(logits).sigmoid()[:, :, 0, 0, 0],
    "clamped": lambda logits: logits.sigmoid().clamp(1e-7, 1 - 1e-7).float(),
    "turned": lambda logits: logits.t().sigmoid().transpose(0, 1),
    "joined": lambda logits: torch.cat([logits[:, :1].sigmoid(), logits[:, 1:].sigmoid()], 1),
    "stacked": lambda logits: torch.stack([logits[:, k].sigmoid() for k in range(4)], dim=1),
}


@pytest.mark.parametrize("name", SIGMOIDS)
def test_read_outputs_finds_the_logits_before_a_sigmoid(name: str) -> None:
    logits = torch.randn(2, 4)
    with ActivationWatch():
        output = SIGMOIDS[name](logits)
    outputs = read_outputs(output, 2, spec_of(4))
    assert torch.equal(outputs.logits, logits)
    assert outputs.activation == "sigmoid"
    assert outputs.notices == [BEFORE_SIGMOID]


def test_read_outputs_undoes_a_saturated_sigmoid_exactly() -> None:
    logits = torch.tensor([[120.0, -200.0, 30.0, 0.0]])
    with ActivationWatch():
        assert torch.equal(read_outputs(logits.sigmoid(), 1, spec_of(4)).logits, logits)


@pytest.mark.parametrize(
    "over", [lambda x: x.mean(1), lambda x: x.max(1).values, lambda x: x.amax(1)]
)
@pytest.mark.parametrize("classes", [1, 4])
def test_read_outputs_of_averaged_sigmoids(over: Callable[[Tensor], Tensor], classes: int) -> None:
    with ActivationWatch():
        chances = over(torch.randn(2, 5, classes).sigmoid())
    outputs = read_outputs(chances, 2, spec_of(classes))
    assert outputs.activation == "sigmoid"
    assert torch.allclose(outputs.logits.sigmoid(), chances, rtol=1e-5)
    assert "averages" in outputs.notices[0]


COMBINED: dict[str, Callable[[Tensor], Tensor]] = {
    "attention over frames": lambda x: (x.sigmoid() * x.softmax(1)).sum(1),
    "linear softmax": lambda x: (x.sigmoid() ** 2).sum(1) / x.sigmoid().sum(1),
    "two streams": lambda x: (x[:, 0].sigmoid() + x[:, 1].sigmoid()) / 2,
    "noisy or": lambda x: 1 - (1 - x.sigmoid()).prod(1),
    "kept from 0 and 1": lambda x: x[:, 0].sigmoid() * 0.98 + 0.01,
    "matrix product": lambda x: torch.einsum("ntk,nt->nk", x.sigmoid(), x[:, :, 0].softmax(1)),
    "moved": lambda x: x.sigmoid().mul(0.5)[:, 0].clamp(0, 1).unsqueeze(-1).squeeze(-1),
}


@pytest.mark.parametrize("name", COMBINED)
def test_read_outputs_makes_logits_of_combined_sigmoids(name: str) -> None:
    with ActivationWatch():
        chances = COMBINED[name](torch.randn(2, 5, 4))
    outputs = read_outputs(chances, 2, spec_of(4))
    assert outputs.activation == "sigmoid"
    assert torch.allclose(outputs.logits.sigmoid(), chances, atol=1e-6)
    assert "combines" in outputs.notices[0]


@pytest.mark.parametrize(
    "end",
    [lambda x: x.softmax(1) * 100, lambda x: x.sigmoid() * 5 + 1, lambda x: x.softmax(1) * x],
    ids=["percent", "stars", "gate"],
)
def test_read_outputs_says_that_outputs_are_no_logits(end: Callable[[Tensor], Tensor]) -> None:
    logits = torch.tensor([[3.0, -1.0, 0.5, 2.0]])
    with ActivationWatch():
        output = end(logits)
    found, notices = read(output, 1)
    assert torch.equal(found, output)
    assert len(notices) == (0 if torch.equal(output, logits.softmax(1) * logits) else 1)


def test_lrp_names_combined_sigmoids() -> None:
    model = ending_in(lambda x: (x.sigmoid() + x.sigmoid() ** 2) / 2)
    with pytest.raises(AttributionError, match="that combines sigmoids"):
        attribute(model, random_clip(), 1, "lrp")


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize(
    "part",
    [
        lambda x: x.softmax(1)[:, 1],
        lambda x: x.softmax(-1).clamp(1e-7, 1).narrow(1, 1, 1),
        lambda x: x.view(2, 1, -1, 1).softmax(2).flatten(1).select(1, 1).unsqueeze(1),
    ],
)
def test_read_outputs_of_one_class_of_a_softmax(
    part: Callable[[Tensor], Tensor], classes: int
) -> None:
    with ActivationWatch():
        chances = part(torch.randn(2, classes))
    outputs = read_outputs(chances, 2, spec_of(2))
    assert outputs.activation == "binary"
    assert torch.allclose(outputs.logits[:, 1].sigmoid(), chances.view(2), atol=1e-6)
    assert outputs.notices[0].startswith("The network ends in a part of a softmax")


def test_read_outputs_of_all_classes_of_a_softmax_at_one_step() -> None:
    logits = torch.randn(2, 3, 4)
    with ActivationWatch():
        output = logits.softmax(2)[:, -1]
    found, notices = read(output, 2)
    assert torch.equal(found, logits[:, -1])
    assert notices == [BEFORE_SOFTMAX]


def test_lrp_of_one_class_of_two_conserves() -> None:
    model = ending_in(lambda x: x[:, :2].softmax(1)[:, 1:])
    result = attribute(model, random_clip(), 0, "lrp")
    bare = attribute(ending_in(lambda x: x[:, 1:2] - x[:, :1]), random_clip(), 0, "lrp")
    np.testing.assert_allclose(result.logits, bare.logits, rtol=1e-5)
    np.testing.assert_allclose(result.relevance, bare.relevance, atol=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_attribute_explains_the_logits_before_a_sigmoid(method: str) -> None:
    clip, options = random_clip(), {**METHODS[method]}
    if method == "rise":
        options["score"] = "logit"
    result = attribute(ending_in(torch.sigmoid), clip, 2, method, **options)
    assert (result.notices[0], result.activation) == (BEFORE_SIGMOID, "sigmoid")
    bare = attribute(model_of(BARE), clip, 2, method, **options)
    scale = np.abs(bare.relevance).max()
    np.testing.assert_allclose(result.relevance, bare.relevance, rtol=1e-4, atol=1e-5 * scale)


def test_read_outputs_takes_no_gate_for_a_head() -> None:
    with ActivationWatch():
        gated = torch.randn(1, 4) * torch.randn(1, 4).sigmoid()
        assert read_outputs(gated, 1, spec_of(4)).activation == "softmax"


def test_read_outputs_takes_the_head_of_the_card_where_the_network_has_none() -> None:
    spec = replace(spec_of(4), activation="sigmoid")
    assert read_outputs(torch.tensor([[0.5] * 2 + [0.0] * 2]), 1, spec).activation == "sigmoid"
    with ActivationWatch():
        assert read_outputs(torch.randn(1, 4).softmax(1), 1, spec).activation == "softmax"


@pytest.mark.parametrize("shape", [(3, 1), (3,), (3, 1, 1, 1, 1)], ids=str)
@pytest.mark.parametrize("end", [torch.sigmoid, torch.clone])
def test_read_outputs_of_one_output(shape: tuple[int, ...], end: Callable[..., Tensor]) -> None:
    logit = torch.tensor([[-0.16], [0.0], [3.0]])
    with ActivationWatch():
        output = end(logit.view(shape))
    alone, both = (read_outputs(output, 3, spec_of(labels)) for labels in (1, 2))
    assert (alone.activation, both.activation) == ("sigmoid", "binary")
    assert torch.equal(alone.logits, logit)
    assert torch.equal(both.logits, torch.cat([-logit, logit], 1))
    chances = probabilities_of(both.logits, both.activation)
    assert chances[0].tolist() == pytest.approx([0.5399, 0.4601], abs=1e-4)
    assert chances.sum(1).tolist() == pytest.approx([1, 1, 1])


def test_read_outputs_of_one_number_for_one_clip() -> None:
    assert read_outputs(torch.tensor(2.0), 1, spec_of(1)).logits.tolist() == [[2.0]]


@pytest.mark.parametrize("method", ["lrp", "gradient"])
def test_attribute_explains_both_ways_of_one_output(method: str) -> None:
    model = ending_in(lambda logits: logits[:, 1:2])
    model = replace(model, spec=replace(model.spec, labels=("calm", "fight")))
    clip = random_clip()
    calm, fight = (attribute(model, clip, name, method) for name in ("calm", "fight"))
    assert calm.activation == "binary"
    assert calm.explained == pytest.approx(-fight.explained)
    np.testing.assert_allclose(calm.relevance, -fight.relevance, rtol=1e-4, atol=1e-7)
    assert fight.relevance.any()


@pytest.mark.parametrize("method", ["gradient", "grad_cam", "rise"])
def test_attribute_says_that_it_explains_probabilities(method: str) -> None:
    result = attribute(ending_in(by_hand), random_clip(), 1, method, **METHODS[method])
    assert any("probabilities" in notice for notice in result.notices)
    assert BEFORE_SOFTMAX not in result.notices
    assert result.logits.sum() == pytest.approx(1, rel=1e-5)


def test_lrp_refuses_a_softmax_written_by_hand() -> None:
    with pytest.raises(AttributionError, match="softmax, a sigmoid or an exp written by hand"):
        attribute(ending_in(by_hand), random_clip(), 1, "lrp")


def test_attribute_says_nothing_of_plain_logits() -> None:
    assert attribute(model_of(BARE), random_clip(), 1, "gradient").notices == ()


def test_read_outputs_tells_averaged_softmaxes_as_probabilities() -> None:
    with ActivationWatch():
        halves = torch.randn(1, 4).softmax(1) + torch.randn(1, 4).softmax(1)
        found, notices = read(halves / 2, 1)
    assert torch.equal(found, halves / 2)
    assert ["probabilities" in notice for notice in notices] == [True]


@pytest.mark.parametrize(
    "values", [[[2.0, -1.0, 0.0, 0.0]], [[0.5, 0.5, 0.5, 0.5]], [[1.0]]], ids=str
)
def test_read_outputs_takes_no_logits_for_probabilities(values: list[list[float]]) -> None:
    found, notices = read(torch.tensor(values), 1)
    assert found.tolist() == values
    assert notices == []


def test_read_outputs_takes_no_inner_softmax_for_a_last_one() -> None:
    with ActivationWatch():
        mixed = torch.randn(1, 4).softmax(1) @ torch.randn(4, 4)
        found, notices = read(mixed, 1)
    assert torch.equal(found, mixed)
    assert notices == []


LOGITS = torch.tensor([[1.0, 5.0, -2.0, 0.5], [7.0, 0.0, 3.0, 4.0]])
FEATURES = torch.ones(2, 6, 4, 8, 8)


@pytest.mark.parametrize(
    ("output", "kind", "part"),
    [
        ({"logits": LOGITS, "aux": LOGITS + 1}, "dict", "logits"),
        ({"pred": LOGITS, "aux": LOGITS + 1}, "dict", "pred"),
        (OrderedDict(loss=torch.tensor(1.0), head=LOGITS), "OrderedDict", "head"),
        ({"a": LOGITS + 1, "output": LOGITS}, "dict", "output"),
        ({"wide": torch.ones(2, 9), "slow": LOGITS}, "dict", "slow"),
        ({"one": LOGITS, "codes": torch.ones(2, 4, dtype=torch.long)}, "dict", "one"),
        ((LOGITS, FEATURES), "tuple", "0"),
        ([FEATURES, torch.ones(2, 9), LOGITS], "list", "2"),
        ((None, "text", LOGITS), "tuple", "2"),
        (Answer(None, LOGITS), "Answer", "logits"),
        (SimpleNamespace(logits=LOGITS, other=LOGITS + 1), "SimpleNamespace", "logits"),
        ({"logits": LOGITS[:, :2], "scores": LOGITS}, "dict", "scores"),
        ((FEATURES, {"out": LOGITS, "aux": [LOGITS + 1]}), "tuple", "1.out"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_read_outputs_opens_what_holds_them(output: object, kind: str, part: str) -> None:
    found, notices = read(output, 2)
    assert torch.equal(found, LOGITS)
    (notice,) = notices
    assert notice.startswith(f"The network returns a {kind}; its part {part!r} is explained")


@pytest.mark.parametrize(
    "output",
    [(LOGITS, LOGITS + 1), {"a": LOGITS, "b": LOGITS[:, :, None]}, [LOGITS[:, :3], LOGITS[:, :2]]],
    ids=["tuple", "dict", "neither has four"],
)
def test_read_outputs_refuses_several_that_may_be_meant(output: object) -> None:
    with pytest.raises(AttributionError, match="several tensors") as caught:
        read(output, 2)
    parts = output.values() if isinstance(output, dict) else output
    assert all(str(tuple(part.shape)) in str(caught.value) for part in parts)
    assert caught.value.hint


@pytest.mark.parametrize(
    "output",
    [{}, (), None, 3.0, {"logits": None}, (LOGITS[:1],), {"logits": LOGITS.long()}, (FEATURES,)],
    ids=["dict", "tuple", "None", "float", "None in it", "one clip", "integers", "features"],
)
def test_read_outputs_refuses_what_holds_none(output: object) -> None:
    with pytest.raises(AttributionError, match=f"a {type(output).__name__} without logits"):
        read(output, 2)


@pytest.mark.parametrize("method", METHODS)
def test_attribute_opens_a_dict(method: str) -> None:
    model = ending_in(lambda logits: {"features": logits[:, :2], "logits": logits})
    result = attribute(model, random_clip(), 3, method, **METHODS[method])
    assert result.logits == pytest.approx(BARE(random_clip().tensor)[0].numpy(), rel=1e-5)
    told = "The network returns a dict; its part 'logits' is explained, not 'features'."
    assert result.notices[0] == told


@pytest.mark.parametrize("method", METHODS)
def test_attribute_flattens_pixels(method: str) -> None:
    clip = random_clip()
    result = attribute(ending_in(as_pixels), clip, 2, method, **METHODS[method])
    bare = attribute(model_of(BARE), clip, 2, method, **METHODS[method])
    assert result.logits.shape == (4,)
    assert np.array_equal(result.relevance, bare.relevance)


@pytest.mark.parametrize("method", ["lrp", "gradient", "grad_cam"])
def test_attribute_takes_a_vector_for_one_clip(method: str) -> None:
    clip = random_clip()
    result = attribute(ending_in(lambda logits: logits[0]), clip, 2, method)
    assert result.logits == pytest.approx(BARE(clip.tensor)[0].numpy(), rel=1e-5)
    assert result.relevance.any()


@pytest.mark.parametrize(
    "output",
    [
        LOGITS[0],
        LOGITS[:1],
        LOGITS[:, :0],
        FEATURES,
        torch.tensor(1.0),
        LOGITS[:, :, None] * FEATURES[0, 0, 0, 0],
    ],
    ids=["a vector", "too few", "no classes", "features", "a scalar", "three dimensions"],
)
def test_read_outputs_refuses_a_tensor_of_another_shape(output: Tensor) -> None:
    with pytest.raises(AttributionError, match="not logits of shape") as caught:
        read(output, 2)
    assert str(tuple(output.shape)) in str(caught.value)
    assert "2 clip(s)" in str(caught.value)


def test_a_softmax_inside_the_network_is_not_taken_for_the_last() -> None:
    def attention(net: Net, clip: Tensor) -> Tensor:
        features = net.first(clip).flatten(2)
        return features * features.softmax(2)

    model = model_of(Net(attention, first=conv(3)))
    assert attribute(model, random_clip(), 0, "lrp").notices == ()
    assert attribute(model, random_clip(), 0, "gradient").notices == ()


class Slotted:
    """An output object without a ``__dict__``."""

    __slots__ = ("aux", "logits")

    def __init__(self, logits: Tensor) -> None:
        self.logits, self.aux = logits, logits + 1


Named = collections.namedtuple("Named", "aux logits")


@pytest.mark.parametrize("wrap", [lambda out: Named(out + 1, out), Slotted])
def test_read_outputs_of_named_tuples_and_slotted_objects(wrap: Callable[[Tensor], object]) -> None:
    logits = torch.randn(1, 4)
    found, notices = read(wrap(logits), 1)
    assert torch.equal(found, logits)
    assert "logits" in notices[0]


@pytest.mark.parametrize(
    "end",
    [
        lambda x: x.softmax(1).log(),
        lambda x: torch.log(torch.special.softmax(x, 1)),
        lambda x: x.softmax(1).clone(),
    ],
)
def test_softmax_is_undone_behind_a_logarithm_or_copy(end: Callable[[Tensor], Tensor]) -> None:
    logits = torch.randn(2, 4)
    with ActivationWatch():
        output = end(logits)
    assert torch.equal(read(output, 2)[0], logits)


def of_values(labels: int) -> ModelSpec:
    """A model of values."""
    return replace(spec_of(labels), activation="none", unit="bpm")


@pytest.mark.parametrize("shape", [(3, 1), (3,)], ids=str)
@pytest.mark.parametrize("end", [torch.clone, torch.sigmoid], ids=["bare", "sigmoid"])
def test_read_outputs_takes_values_as_they_are(
    shape: tuple[int, ...], end: Callable[..., Tensor]
) -> None:
    with ActivationWatch():
        output = end(torch.tensor([62.5, -3.0, 0.0]).view(shape))
    outputs = read_outputs(output, 3, of_values(1))
    assert (outputs.activation, outputs.notices) == ("none", [])
    assert torch.equal(outputs.logits, output.view(3, 1))
    assert torch.equal(probabilities_of(outputs.logits, "none"), outputs.logits)


def test_read_outputs_takes_values_that_sum_to_one_for_no_probabilities() -> None:
    outputs = read_outputs(torch.tensor([[0.25] * 4]), 1, of_values(4))
    assert (outputs.activation, outputs.notices) == ("none", [])


@pytest.mark.parametrize("method", METHODS)
def test_attribute_explains_the_first_value(method: str) -> None:
    model, clip = model_of(BARE), random_clip()
    values = replace(model, spec=replace(model.spec, activation="none"))
    result = attribute(values, clip, method=method, **METHODS[method])
    options = {**METHODS[method], **({"score": "logit"} if method == "rise" else {})}
    bare = attribute(model, clip, 0, method, **options)
    assert (result.target, result.activation) == (0, "none")
    assert np.array_equal(result.relevance, bare.relevance)


@pytest.mark.parametrize(
    "end",
    [
        lambda x: x.sigmoid().mul_(5),
        lambda x: x.softmax(1).neg_(),
        lambda x: torch.add(x.sigmoid(), 1),
        lambda x: _with_first_zero(x.softmax(1)),
    ],
    ids=["scaled in place", "negated in place", "shifted", "written to"],
)
def test_read_outputs_takes_what_is_made_of_a_head_as_it_is(
    end: Callable[[Tensor], Tensor],
) -> None:
    with ActivationWatch():
        output = end(torch.randn(2, 4))
    found, notices = read(output, 2)
    assert torch.equal(found, output)
    assert all("computes its outputs from the results of a sigmoid" in text for text in notices)


def _with_first_zero(output: Tensor) -> Tensor:
    output[:, 0] = 0
    return output


@pytest.mark.parametrize("join", [torch.cat, lambda parts, dim: torch.hstack(parts)])
def test_read_outputs_of_a_probability_beside_its_contrary(join: Callable[..., Tensor]) -> None:
    logit = torch.randn(3, 1)
    with ActivationWatch():
        chance = logit.sigmoid()
        outputs = read_outputs(join([1 - chance, chance], 1), 3, spec_of(2))
    assert outputs.activation == "binary"
    assert torch.equal(outputs.logits, torch.cat([-logit, logit], 1))

from __future__ import annotations

import gc
import weakref
from collections import deque
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.attribution import attribute
from engine.attribution.base.network_habits import habits_of
from engine.evidence import decision_evidence
from engine.models.networks.figures import FiguresNet
from tests.engine.attribution.nets import built
from tests.engine.attribution.plain import model_of, random_clip


class Features(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.head = nn.Conv3d(3, 6, 3, padding=1), nn.Linear(6, 4)

    def of(self, clip: Tensor) -> Tensor:
        features: Tensor = F.relu(self.first(clip)).mean((2, 3, 4))
        return features


class Attribute(Features):
    """Remembers in an attribute, with its history."""

    last: Tensor | None = None

    def forward(self, clip: Tensor) -> Tensor:
        now = self.of(clip)
        self.last = now if self.last is None else 0.5 * self.last + 0.5 * now
        scores: Tensor = self.head(self.last)
        return scores


class Buffer(Features):
    """Remembers in a registered buffer, changed in place."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("last", torch.zeros(1, 6))

    def forward(self, clip: Tensor) -> Tensor:
        self.last.mul_(0.5).add_(self.of(clip).detach().mean(0, keepdim=True))
        scores: Tensor = self.head(self.of(clip) + self.last)
        return scores


class Queue(Features):
    """Remembers the last clips in a deque."""

    def __init__(self) -> None:
        super().__init__()
        self.clips: deque[Tensor] = deque(maxlen=3)

    def forward(self, clip: Tensor) -> Tensor:
        self.clips.append(self.of(clip))
        scores: Tensor = self.head(torch.stack(list(self.clips)).mean(0))
        return scores


class Cache(nn.Module):
    """Remembers where nothing but its own method can reach."""

    def __init__(self) -> None:
        super().__init__()
        kept: list[Tensor] = []
        self.last = lambda now: kept.append(now.detach()) or sum(kept)
        self.clear_cache = kept.clear

    def forward(self, now: Tensor) -> Tensor:
        remembered: Tensor = now + self.last(now)
        return remembered


class Resettable(Features):
    def __init__(self) -> None:
        super().__init__()
        self.stream = Cache()

    def forward(self, clip: Tensor) -> Tensor:
        scores: Tensor = self.head(self.stream(self.of(clip)))
        return scores


class Reinitialised(Attribute):
    """Has a reset() that is of its weights, not of its memory."""

    def reset(self) -> None:
        nn.init.zeros_(self.head.weight)


class Hidden(Features):
    """Remembers where nothing can empty it."""

    def __init__(self) -> None:
        super().__init__()
        kept: list[Tensor] = []
        self.last: Callable[[Tensor], Tensor] = lambda now: kept.append(now.detach()) or sum(kept)  # type: ignore[assignment, func-returns-value, return-value]

    def forward(self, clip: Tensor) -> Tensor:
        scores: Tensor = self.head(self.last(self.of(clip)))
        return scores


class Alone(Features):
    def forward(self, clip: Tensor) -> Tensor:
        scores: Tensor = self.head(self.of(clip).view(1, 6))
        return scores


class Mixing(Features):
    """Lets the clips of a batch change each other."""

    def forward(self, clip: Tensor) -> Tensor:
        features = self.of(clip)
        scores: Tensor = self.head(features - features.mean(0))
        return scores


class Noisy(Features):
    def forward(self, clip: Tensor) -> Tensor:
        scores: Tensor = self.head(self.of(clip) + torch.rand(6))
        return scores


@pytest.mark.parametrize("kind", [Attribute, Buffer, Queue, Resettable, Reinitialised])
def test_memory_is_emptied_before_each_clip(kind: type[nn.Module]) -> None:
    model, fresh = model_of(kind()), model_of(kind())
    attribute(model, random_clip(seed=1), 1, "gradient")
    again = attribute(model, random_clip(seed=2), 1, "gradient")
    alone = attribute(fresh, random_clip(seed=2), 1, "gradient")
    np.testing.assert_allclose(again.logits, alone.logits, rtol=1e-6)
    assert any("memory" in text for text in again.notices)


@pytest.mark.parametrize("kind", [Attribute, Buffer, Queue])
def test_memory_is_as_it_was_afterwards(kind: type[nn.Module]) -> None:
    model = model_of(kind())
    before = {**vars(model.module), **{n: b.clone() for n, b in model.module.named_buffers()}}
    attribute(model, random_clip(), 1, "lrp")
    assert vars(model.module).keys() <= before.keys()
    for name, kept in model.module.named_buffers():
        assert torch.equal(kept, before[name])
    assert not getattr(model.module, "clips", ())


def test_weights_survive_a_reset_that_is_of_them() -> None:
    model = model_of(Reinitialised())
    weight = model.module.head.weight.clone()
    assert "set back" in habits_of(model).memory
    assert torch.equal(model.module.head.weight, weight)


def test_method_that_empties_is_named() -> None:
    assert "stream.clear_cache() empties it" in habits_of(model_of(Resettable())).memory


def test_memory_that_cannot_be_emptied_is_told() -> None:
    habits = habits_of(model_of(Hidden()))
    assert "could not be emptied" in habits.memory
    assert habits.empty is None


@pytest.mark.parametrize("kind", [Alone, Mixing])
def test_network_of_one_clip_at_a_time_is_shown_them_so(kind: type[nn.Module]) -> None:
    model = model_of(kind())
    assert habits_of(model).one_by_one
    found = attribute(model, random_clip(), 1, "occlusion", box_px=4, stride_px=4, batch=3)
    assert any("one by one" in text for text in found.notices)
    assert decision_evidence(model, random_clip()).verdict


def test_noise_in_a_forward_is_told() -> None:
    habits = habits_of(model_of(Noisy()))
    assert habits.random
    assert not habits.one_by_one


@pytest.mark.parametrize("name", ["+=", "residual with BatchNorm", "slow and fast"])
def test_ordinary_network_has_no_habits(name: str) -> None:
    habits = habits_of(model_of(built(name)))
    assert not habits.notices
    assert habits.empty is None


def test_networks_of_the_catalogue_are_not_asked() -> None:
    network = FiguresNet(4)
    network.register_forward_pre_hook(lambda *_: pytest.fail("it was asked"))
    assert not habits_of(model_of(network)).notices


def test_habits_do_not_keep_a_network_alive() -> None:
    model = model_of(Attribute())
    assert habits_of(model).empty
    seen = weakref.ref(model.module)
    del model
    gc.collect()
    assert seen() is None

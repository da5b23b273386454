from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.attribution import attribute
from engine.attribution.attribute_clip import Explainer, _on_cpu, attribute_all, joined
from engine.attribution.base import batches
from engine.attribution.base.batches import fitting, generator_for, halved, in_batches
from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.targets import Goal
from engine.cancel import Cancelled, CancelToken
from engine.errors import AttributionError
from engine.models.model import Clip, VideoModel
from engine.types import Progress
from tests.engine.attribution.nets import built
from tests.engine.attribution.plain import model_of, random_clip

CUDA = torch.device("cuda")
BATCHED = ("lrp", "gradient", "guided_backprop", "grad_cam")
NETWORK = "residual with BatchNorm"


class Tight(nn.Module):
    """A network whose memory is too small for more than a few clips."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.network = built(NETWORK)
        self.most = most
        self.given: list[int] = []

    def forward(self, clip: Tensor) -> Tensor:
        self.given.append(len(clip))
        if len(clip) > self.most:
            raise torch.OutOfMemoryError("no memory")
        return self.network(clip)


class TightOnADevice(nn.Module):
    """A network that fits no device but the CPU."""

    def __init__(self) -> None:
        super().__init__()
        self.network = built(NETWORK)

    def forward(self, clip: Tensor) -> Tensor:
        if clip.device.type != "cpu":
            raise torch.OutOfMemoryError("no memory")
        return self.network(clip)


def explained_by(
    report: Callable[[Progress], None] = lambda progress: None,
    check: Callable[[], None] = lambda: None,
) -> ExplainedModel:
    """A model that is never asked."""
    return ExplainedModel(model_of(built("+=")), Goal(), report, check)


def clips(count: int) -> list[Clip]:
    """Different clips."""
    return [random_clip(seed=seed) for seed in range(count)]


def numbers(most: int, tried: list[int]) -> Callable[[int, int], Tensor]:
    """Passes that give their own numbers, as long as they are not too many at once."""

    def part(first: int, last: int) -> Tensor:
        tried.append(last - first)
        if last - first > most:
            raise torch.OutOfMemoryError("no memory")
        return torch.arange(first, last)

    return part


@pytest.mark.parametrize("size", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("count", [1, 2, 7, 10])
def test_in_batches_gives_every_pass_once_in_order(count: int, size: int) -> None:
    tried: list[int] = []
    pieces = list(in_batches(explained_by(), count, numbers(100, tried), size=size))
    assert torch.cat(pieces).tolist() == list(range(count))
    assert max(tried) == min(size, count)
    assert len(tried) == -(-count // size)


@pytest.mark.parametrize("most", [1, 2, 3, 5, 6])
@pytest.mark.parametrize("count", [1, 6, 13])
def test_in_batches_halves_what_does_not_fit(count: int, most: int) -> None:
    tried: list[int] = []
    pieces = list(in_batches(explained_by(), count, numbers(most, tried), size=8))
    assert torch.cat(pieces).tolist() == list(range(count))
    assert all(len(piece) <= most for piece in pieces)
    assert tried[0] == min(8, count)


def test_in_batches_stays_at_what_has_fitted() -> None:
    tried: list[int] = []
    list(in_batches(explained_by(), 8, numbers(2, tried), size=8))
    assert tried == [8, 4, 2, 2, 2, 2]


def test_in_batches_goes_on_after_memory_ran_out_in_the_middle() -> None:
    done: list[tuple[int, int]] = []

    def part(first: int, last: int) -> Tensor:
        if first == 4 and last == 8:
            raise torch.OutOfMemoryError("somebody else took it")
        done.append((first, last))
        return torch.arange(first, last)

    pieces = list(in_batches(explained_by(), 10, part, size=4))
    assert done == [(0, 4), (4, 6), (6, 8), (8, 10)]
    assert torch.cat(pieces).tolist() == list(range(10))


def test_in_batches_raises_when_a_single_pass_does_not_fit() -> None:
    tried: list[int] = []
    with pytest.raises(torch.OutOfMemoryError):
        list(in_batches(explained_by(), 5, numbers(0, tried), size=4))
    assert tried == [4, 2, 1]


def test_in_batches_does_nothing_for_no_passes() -> None:
    tried: list[int] = []
    assert list(in_batches(explained_by(), 0, numbers(9, tried), size=4)) == []
    assert tried == []


def test_in_batches_lets_other_errors_through() -> None:
    def part(first: int, last: int) -> Tensor:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        list(in_batches(explained_by(), 5, part, size=4))


def test_in_batches_reports_what_is_done() -> None:
    told: list[tuple[int, int]] = []
    subject = explained_by(report=lambda progress: told.append((progress.done, progress.total)))
    list(in_batches(subject, 7, numbers(2, []), size=4))
    assert told == [(2, 7), (4, 7), (6, 7), (7, 7)]


def test_in_batches_checks_before_each_try() -> None:
    order: list[str] = []
    subject = explained_by(check=lambda: order.append("check"))

    def part(first: int, last: int) -> Tensor:
        order.append(f"{first}-{last}")
        return numbers(1, [])(first, last)

    list(in_batches(subject, 3, part, size=2))
    assert order == ["check", "0-2", "check", "0-1", "check", "1-2", "check", "2-3"]


def test_in_batches_stops_when_cancelled() -> None:
    token, tried = CancelToken(), []
    pieces = in_batches(explained_by(check=token.check), 9, numbers(9, tried), size=3)
    next(pieces)
    token.cancel()
    with pytest.raises(Cancelled):
        next(pieces)
    assert tried == [3]


@pytest.mark.parametrize("gradients", [True, False])
def test_in_batches_takes_what_fits_where_no_size_is_given(gradients: bool) -> None:
    tried: list[int] = []
    list(in_batches(explained_by(), 9, numbers(9, tried), gradients=gradients))
    assert tried[0] == fitting(torch.device("cpu"), 0, gradients=gradients)
    assert sum(tried) == 9


@pytest.mark.parametrize("size", range(1, 20))
def test_halved_falls_to_one_and_stays(size: int) -> None:
    assert 1 <= halved(size) <= max(1, size // 2)
    assert halved(1) == 1


def test_fitting_on_the_cpu_takes_gradients_one_by_one() -> None:
    cpu = torch.device("cpu")
    assert fitting(cpu, 10**12, gradients=True) == 1
    assert fitting(cpu, 10**12) == fitting(cpu, 0) > 1


def test_fitting_leaves_memory_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "free_bytes", lambda device: 1000)
    for cost in (20, 50, 130, 300):
        assert fitting(CUDA, cost) * cost <= 600 < (fitting(CUDA, cost) + 1) * cost


def test_fitting_counts_what_gradients_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "free_bytes", lambda device: 1000)
    assert (fitting(CUDA, 30), fitting(CUDA, 30, gradients=True)) == (20, 5)


@pytest.mark.parametrize(("cost", "size"), [(10**9, 1), (600, 1), (601, 1), (1, 64), (0, 64)])
def test_fitting_has_limits(cost: int, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "free_bytes", lambda device: 1000)
    assert fitting(CUDA, cost) == size


def test_fitting_without_free_memory_tries_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "free_bytes", lambda device: 0)
    assert fitting(CUDA, 5) == fitting(CUDA, 5, gradients=True) == 1


def test_generator_for_repeats_and_differs() -> None:
    draws = {
        (seed, index): float(torch.rand(1, generator=generator_for(seed, index)))
        for seed in range(3)
        for index in range(4)
    }
    assert len(set(draws.values())) == 12
    again = torch.rand(1, generator=generator_for(2, 3))
    assert float(again) == draws[2, 3]


def test_generator_for_takes_any_seed() -> None:
    first, second = (torch.rand(3, generator=generator_for(2**80 + n, 0)) for n in range(2))
    assert not torch.equal(first, second)


def test_joined_puts_clips_behind_each_other() -> None:
    three = clips(3)
    assert torch.equal(joined(three).tensor, torch.cat([clip.tensor for clip in three]))
    assert joined(three[:1]) is three[0]


@pytest.mark.parametrize("method", BATCHED)
def test_explainer_halves_and_gives_the_same_maps(method: str) -> None:
    tight = Tight(most=2)
    model, five = model_of(tight), clips(5)
    alone = [attribute(model, clip, 2, method) for clip in five]
    tight.given.clear()
    together = attribute_all(model, five, 2, method)
    assert {5, 2, 1} >= set(tight.given) >= {5, 2}
    for one, other in zip(alone, together, strict=True):
        scale = np.abs(one.relevance).max()
        np.testing.assert_allclose(other.relevance, one.relevance, rtol=1e-4, atol=1e-5 * scale)
        assert other.logits == pytest.approx(one.logits, rel=1e-5)
    assert all(one.relevance.any() for one in alone)


def test_explainer_explains_each_clip_for_its_own_highest_class() -> None:
    pixels = [random_clip(1, 4, 1, 1, 1, seed=seed) for seed in range(12)]
    results = attribute_all(model_of(nn.Flatten()), pixels, None, "input_x_gradient")
    expected = [clip.tensor.flatten() for clip in pixels]
    assert [result.target for result in results] == [int(e.argmax()) for e in expected]
    assert [float(result.relevance.sum()) for result in results] == [
        float(e.max()) for e in expected
    ]
    assert len({result.target for result in results}) > 1


def test_explainer_keeps_clips_in_order() -> None:
    model, five = model_of(Tight(most=2)), clips(5)
    expected = torch.cat([model.module(clip.tensor) for clip in five])
    found = np.stack([result.logits for result in attribute_all(model, five, 1, "gradient")])
    assert found == pytest.approx(expected.numpy(), rel=1e-5)
    assert len(np.unique(found[:, 0])) == 5


@pytest.mark.parametrize("method", ["occlusion", "smooth_grad"])
def test_explainer_takes_methods_of_many_passes_one_by_one(method: str) -> None:
    few = {"box_px": 8, "stride_px": 8} if method == "occlusion" else {"samples": 2}
    tight = Tight(most=100)
    model, three = model_of(tight), clips(3)
    together = attribute_all(model, three, None, method, **few)
    for clip, found in zip(three, together, strict=True):
        alone = attribute(model, clip, None, method, **few)
        assert np.array_equal(alone.relevance, found.relevance)


def test_explainer_tells_that_the_memory_of_the_cpu_ran_out() -> None:
    tight = Tight(most=0)
    with pytest.raises(AttributionError, match="memory ran out") as caught:
        attribute_all(model_of(tight), clips(3), 0, "gradient")
    assert tight.given == [3, 1]
    assert isinstance(caught.value.__cause__, torch.OutOfMemoryError)
    assert caught.value.hint


def test_explainer_explains_nothing_of_nothing() -> None:
    assert Explainer(model_of(built("+=")), 0, "gradient").explain([]) == []


@pytest.mark.parametrize("method", ["lrp", "rise"])
def test_explainer_takes_one_clip_at_once_on_the_cpu(method: str) -> None:
    assert Explainer(model_of(built("+=")), 0, method).batch == 1


@pytest.mark.parametrize("method", ["gradient", "rise", "lrp"])
def test_explainer_passes_a_cancel_through(method: str) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        attribute(model_of(built("+=")), random_clip(), 0, method, check=token.check)


def on_another_device() -> VideoModel:
    """A model on a device that it does not fit."""
    return replace(model_of(TightOnADevice()), device=torch.device("meta"))


@pytest.mark.parametrize("device", [CUDA, torch.device("meta")], ids=str)
def test_on_cpu_moves_a_copy_and_says_so(device: torch.device) -> None:
    model = replace(model_of(built(NETWORK)), device=device)
    subject = ExplainedModel(model, Goal(2))
    moved = _on_cpu(subject, torch.OutOfMemoryError())
    assert moved.model.device == torch.device("cpu")
    assert list(moved.notices) == [f"The memory of {device} is too small; explained on the CPU."]
    assert moved.goal is subject.goal
    assert (subject.model, subject.notices) == (model, {})


def test_on_cpu_shares_nothing_with_the_original() -> None:
    model = replace(model_of(built(NETWORK)), device=CUDA)
    before = {name: value.clone() for name, value in model.module.state_dict().items()}
    copied = _on_cpu(ExplainedModel(model, Goal(2)), torch.OutOfMemoryError()).model.module
    assert all(torch.equal(value, before[name]) for name, value in copied.state_dict().items())
    with torch.no_grad():
        for value in copied.state_dict().values():
            value.zero_()
    after = model.module.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert any(value.any() for value in before.values())


def test_on_cpu_keeps_who_is_told() -> None:
    told: list[Progress] = []
    token = CancelToken()
    model = replace(model_of(built("+=")), device=CUDA)
    moved = _on_cpu(
        ExplainedModel(model, Goal(), told.append, token.check), torch.OutOfMemoryError()
    )
    moved.report(Progress("Explaining"))
    token.cancel()
    with pytest.raises(Cancelled):
        moved.check()
    assert len(told) == 1


@pytest.mark.parametrize("method", ["lrp", "gradient"])
def test_explainer_goes_to_the_cpu_and_stays_there(method: str) -> None:
    model, three = on_another_device(), clips(3)
    results = attribute_all(model, three, 1, method)
    on_the_cpu = replace(model, device=torch.device("cpu"))
    for clip, found in zip(three, results, strict=True):
        assert found.notices == ("The memory of meta is too small; explained on the CPU.",)
        alone = attribute(on_the_cpu, clip, 1, method)
        scale = np.abs(alone.relevance).max()
        np.testing.assert_allclose(found.relevance, alone.relevance, rtol=1e-4, atol=1e-5 * scale)


@pytest.mark.parametrize("most", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("method", ["lrp", "gradient", "grad_cam"])
def test_explainer_gives_the_same_maps_wherever_memory_runs_out(method: str, most: int) -> None:
    eight = clips(8)
    found = attribute_all(model_of(Tight(most)), eight, 1, method)
    for clip, one in zip(eight, found, strict=True):
        alone = attribute(model_of(Tight(1)), clip, 1, method)
        scale = np.abs(alone.relevance).max()  # sums of a batch are in another order
        np.testing.assert_allclose(one.relevance, alone.relevance, rtol=1e-4, atol=1e-5 * scale)


@pytest.mark.parametrize("most", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("method", ["rise", "occlusion", "smooth_grad", "integrated_gradients"])
def test_sampled_methods_give_the_same_maps_wherever_memory_runs_out(
    method: str, most: int
) -> None:
    options = {
        "rise": {"samples": 8, "batch": 8},
        "occlusion": {"box_px": 8, "stride_px": 8, "batch": 8},
        "smooth_grad": {"samples": 8},
        "integrated_gradients": {"steps": 8},
    }[method]
    found = attribute(model_of(Tight(most)), random_clip(), 1, method, **options).relevance
    whole = attribute(model_of(Tight(99)), random_clip(), 1, method, **options).relevance
    assert np.linalg.norm(found - whole) < 1e-4 * np.linalg.norm(whole)

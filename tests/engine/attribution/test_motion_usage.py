from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from engine.attribution import Contrast, motion_use
from engine.attribution.base.batches import generator_for
from engine.cancel import Cancelled, CancelToken
from engine.errors import AttributionError
from engine.models.model import VideoModel
from engine.types import Progress
from tests.engine.attribution.nets import built
from tests.engine.attribution.plain import clip_of, model_of, random_clip

FRAMES = 6


class Frames(nn.Module):
    """Logits from the mean of each frame: what a test wants to know of time, and nothing else."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def forward(self, clip: Tensor) -> Tensor:
        means = clip.mean((1, 3, 4))  # (N, T)
        if self.kind == "average":
            score = means.mean(1)
        elif self.kind == "ramp":
            score = (means * torch.arange(1.0, means.shape[1] + 1)).sum(1)
        elif self.kind == "difference":
            score = (clip[:, :, 1:] - clip[:, :, :-1]).abs().mean((1, 2, 3, 4))
        else:
            score = torch.zeros(len(clip))
        return torch.stack([score, -score, 2 * score, 0.5 * score], 1)


def watching(kind: str) -> VideoModel:
    return model_of(Frames(kind))


def means_of(values: Tensor) -> Tensor:
    return values.mean((0, 1, 3, 4))


def test_motion_use_of_a_network_that_sees_no_order() -> None:
    use = motion_use(watching("average"), random_clip(1, 3, FRAMES, 8, 8), 0)
    assert use.reversed == pytest.approx(use.original, rel=1e-5)
    assert use.shuffled == pytest.approx(use.original, rel=1e-5)
    assert use.frozen != pytest.approx(use.original, rel=1e-2)


def test_motion_use_of_a_network_without_eyes_has_four_equal_scores() -> None:
    use = motion_use(watching("nothing"), random_clip(1, 3, FRAMES, 8, 8), 0)
    assert use.original == use.frozen == use.reversed == use.shuffled == 0
    assert use.probabilities == (0.25, 0.25, 0.25, 0.25)


@pytest.mark.parametrize("name", ["residual with BatchNorm", "+=", "two streams"])
def test_motion_use_of_a_still_clip_has_four_equal_scores(name: str) -> None:
    still = random_clip().tensor[:, :, :1].expand(-1, -1, 4, -1, -1)
    use = motion_use(model_of(built(name)), clip_of(still), 1)
    assert use.original != 0
    assert (use.frozen, use.reversed, use.shuffled) == pytest.approx((use.original,) * 3, rel=1e-5)


def test_motion_use_freezes_the_middle_frame() -> None:
    clip = random_clip(1, 3, FRAMES, 8, 8)
    use = motion_use(watching("average"), clip, 0)
    assert use.frozen == pytest.approx(float(means_of(clip.tensor)[FRAMES // 2]), rel=1e-5)


def test_motion_use_reverses_the_frames() -> None:
    clip = random_clip(1, 3, FRAMES, 8, 8)
    use = motion_use(watching("ramp"), clip, 0)
    falling = torch.arange(float(FRAMES), 0, -1)
    expected = float((means_of(clip.tensor) * falling).sum())
    assert use.reversed == pytest.approx(expected, rel=1e-5)
    assert use.reversed != pytest.approx(use.original, rel=1e-2)


def test_motion_use_averages_over_random_orders() -> None:
    clip = random_clip(1, 3, FRAMES, 8, 8)
    use = motion_use(watching("ramp"), clip, 0, shuffles=5, seed=3)
    means, ramp = means_of(clip.tensor), torch.arange(1.0, FRAMES + 1)
    orders = [torch.randperm(FRAMES, generator=generator_for(3, index)) for index in range(5)]
    expected = sum(float((means[order] * ramp).sum()) for order in orders) / 5
    assert use.shuffled == pytest.approx(expected, rel=1e-5)
    assert use.shuffles == 5
    each = [float((means[order] * ramp).sum()) for order in orders]
    assert use.shuffled_scores == pytest.approx(each, rel=1e-5)
    assert use.probabilities is not None
    assert sum(use.shuffled_probabilities) / 5 == pytest.approx(use.probabilities[3])


def test_motion_use_of_differences_is_zero_when_frozen() -> None:
    clip = random_clip(1, 3, FRAMES, 8, 8)
    use = motion_use(watching("difference"), clip, 0)
    assert use.frozen == 0
    assert use.original > 0.1
    assert use.reversed == pytest.approx(use.original, rel=1e-5)


def test_motion_use_scores_the_clip_as_the_network_does() -> None:
    model, clip = model_of(built("residual with BatchNorm")), random_clip()
    logits = model.module(clip.tensor)[0]
    use = motion_use(model, clip, 2)
    assert use.original == pytest.approx(float(logits[2]), rel=1e-5)
    assert use.probabilities is not None
    assert use.probabilities[0] == pytest.approx(float(logits.softmax(0)[2]), rel=1e-5)
    assert use.target == 2


def test_motion_use_gives_probabilities_of_all_four() -> None:
    clip = random_clip(1, 3, FRAMES, 8, 8)
    use = motion_use(watching("difference"), clip, 0)
    assert use.probabilities is not None
    original, still, backwards, _ = use.probabilities
    assert still == pytest.approx(0.25)
    assert backwards == pytest.approx(original, rel=1e-5)
    assert original != pytest.approx(still, rel=1e-2)


@pytest.mark.parametrize("target", [Contrast(0, 1), lambda logits: logits[:, 0]])
def test_motion_use_gives_no_probability_of_what_is_no_class(target: object) -> None:
    use = motion_use(watching("ramp"), random_clip(1, 3, FRAMES, 8, 8), target)
    assert use.probabilities is None


def test_motion_use_of_a_contrast_scores_the_difference() -> None:
    clip = random_clip(1, 3, FRAMES, 8, 8)
    first, second = (motion_use(watching("ramp"), clip, index) for index in (2, 1))
    both = motion_use(watching("ramp"), clip, Contrast("class 2", 1))
    for name in ("original", "frozen", "reversed", "shuffled"):
        expected = getattr(first, name) - getattr(second, name)
        assert getattr(both, name) == pytest.approx(expected, rel=1e-5)
    assert both.target == 2


def test_motion_use_of_a_function_has_no_target() -> None:
    clip = random_clip(1, 3, FRAMES, 8, 8)
    use = motion_use(watching("ramp"), clip, lambda logits: logits[:, 2] + 10)
    assert use.target is None
    assert use.original == pytest.approx(motion_use(watching("ramp"), clip, 2).original + 10)


@pytest.mark.parametrize(("sign", "target"), [(1, 2), (-1, 1)])
def test_motion_use_holds_the_class_of_the_clip_itself(sign: int, target: int) -> None:
    # turned round, the score of every class changes its sign, and with it the highest class
    values = sign * (torch.arange(5.0) - 1.9).view(1, 1, 5, 1, 1).expand(1, 3, 5, 8, 8)
    use = motion_use(watching("ramp"), clip_of(values))
    held = motion_use(watching("ramp"), clip_of(values), target)
    assert use.target == target
    assert use == held
    assert use.original > 0 > use.reversed


def test_motion_use_repeats_its_shuffles() -> None:
    model, clip = watching("ramp"), random_clip(1, 3, FRAMES, 8, 8)
    first, second = (motion_use(model, clip, 0, seed=4) for _ in range(2))
    other = motion_use(model, clip, 0, seed=5)
    assert first == second
    assert other.shuffled != first.shuffled
    assert (other.original, other.frozen, other.reversed) == (
        first.original,
        first.frozen,
        first.reversed,
    )


def test_motion_use_does_not_depend_on_randomness_outside() -> None:
    model, clip = watching("ramp"), random_clip(1, 3, FRAMES, 8, 8)
    first = motion_use(model, clip, 0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(99)
        before = torch.random.get_rng_state()
        assert motion_use(model, clip, 0) == first
        assert torch.equal(torch.random.get_rng_state(), before)


def test_motion_use_leaves_clip_and_model_as_they_were() -> None:
    model, clip = model_of(built("in-place relu")), random_clip()
    model.module.train()
    pixels = clip.tensor.clone()
    weights = {name: value.clone() for name, value in model.module.state_dict().items()}
    motion_use(model, clip)
    assert torch.equal(clip.tensor, pixels)
    assert all(part.training for part in model.module.modules())
    now = model.module.state_dict()
    assert all(torch.equal(now[name], value) for name, value in weights.items())


def test_motion_use_reports_and_can_be_cancelled() -> None:
    token, told = CancelToken(), []

    def report(progress: Progress) -> None:
        told.append((progress.done, progress.total))
        token.cancel()

    with pytest.raises(Cancelled):
        motion_use(
            watching("ramp"),
            random_clip(1, 3, FRAMES, 8, 8),
            shuffles=9,
            report=report,
            check=token.check,
        )
    assert told == [(4, 12)]


def test_motion_use_refuses_an_unknown_class() -> None:
    with pytest.raises(AttributionError, match="class 9") as caught:
        motion_use(watching("ramp"), random_clip(), "class 9")
    assert caught.value.hint


def test_motion_use_refuses_a_clip_with_gaps() -> None:
    values = random_clip().tensor
    values[0, 0, 0, 0, 0] = float("nan")
    with pytest.raises(AttributionError, match="not finite"):
        motion_use(watching("ramp"), clip_of(values))


def test_motion_use_refuses_to_average_over_nothing() -> None:
    with pytest.raises(AttributionError, match="0 random orders"):
        motion_use(model_of(built("+=")), random_clip(), shuffles=0)


def test_motion_use_of_one_output_has_the_probabilities_of_a_sigmoid() -> None:
    class Alone(Frames):
        def forward(self, clip: Tensor) -> Tensor:
            return super().forward(clip)[:, :1]

    use = motion_use(model_of(Alone("ramp"), classes=1), random_clip(1, 3, FRAMES, 8, 8))
    assert use.probabilities is not None
    logits = torch.tensor([use.original, use.frozen, use.reversed])
    assert use.probabilities[:3] == pytest.approx(logits.sigmoid().tolist())


def test_motion_use_of_a_value_has_no_probabilities() -> None:
    model = watching("ramp")
    clip = random_clip(1, 3, FRAMES, 8, 8)
    use = motion_use(replace(model, spec=replace(model.spec, activation="none")), clip)
    assert (use.target, use.activation) == (0, "none")
    assert (use.probabilities, use.shuffled_probabilities) == (None, ())
    assert use.original == pytest.approx(float(model.module(clip.tensor)[0, 0]))

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from engine.attribution.base.network_habits import habits_of
from engine.cancel import Cancelled, CancelToken
from engine.errors import EngineError
from engine.models import VideoModel
from engine.models.model import Clip
from engine.types import ModelSpec, Rect
from engine.what_if.causal import SHARE, SHARES, frozen_scores

LENGTH, SIDE = 8, 20
HALF = SIDE // 2


class Flicker(nn.Module):
    """Sees how much changes from frame to frame in the left half, and nothing else."""

    def forward(self, clip: Tensor) -> Tensor:
        change = (clip[:, :, 1:] - clip[:, :, :-1]).abs()[..., :HALF].mean((1, 2, 3, 4))
        return torch.stack([8 * change - 4, 4 - 8 * change], 1)


@pytest.fixture
def model() -> VideoModel:
    labels = "moves", "rests"
    spec = ModelSpec(
        "flicker", labels, LENGTH, None, 1, (SIDE, SIDE), (SIDE, SIDE), (0.5,) * 3, (0.5,) * 3
    )
    return VideoModel(spec, Flicker().eval(), torch.device("cpu"))


@pytest.fixture
def clip() -> Clip:
    """All of it flickers."""
    values = torch.rand(1, 3, LENGTH, SIDE, SIDE, generator=torch.Generator().manual_seed(1))
    low, high = torch.zeros(1, 3, 1, 1, 1), torch.ones(1, 3, 1, 1, 1)
    return Clip(4 * values, low, 4 * high, Rect(0.0, 0.0, 1.0, 1.0), (64, 64))


def half(left: bool) -> np.ndarray:
    """A map on one half, a little different from voxel to voxel."""
    values = np.random.default_rng(0).uniform(0.5, 1.0, (LENGTH, SIDE, SIDE)).astype(np.float32)
    values[..., slice(HALF, None) if left else slice(0, HALF)] = 0
    return values


def test_frozen_scores_fall_where_a_map_names_what_the_model_sees(
    model: VideoModel, clip: Clip
) -> None:
    right = frozen_scores(model, clip, half(left=True), half(left=False), 0)
    place = SHARES.index(SHARE)
    assert right.original > 0.99
    assert right.everything == pytest.approx(1 / (1 + math.exp(8)))
    assert right.static == pytest.approx(right.original)  # the model does not see that half
    assert right.motion[place] < right.others[place]
    assert right.motion[-1] == pytest.approx(right.everything)  # half of all: all that it sees
    assert list(right.motion) == sorted(right.motion, reverse=True)


def test_frozen_scores_stay_where_a_map_names_what_the_model_does_not_see(
    model: VideoModel, clip: Clip
) -> None:
    wrong = frozen_scores(model, clip, half(left=False), half(left=True), 0)
    place = SHARES.index(SHARE)
    np.testing.assert_allclose(wrong.motion, wrong.original)
    assert wrong.static < wrong.original
    assert wrong.others[place] < wrong.original


def test_frozen_scores_freeze_as_many_voxels_of_each_kind(model: VideoModel, clip: Clip) -> None:
    seen: list[Tensor] = []
    habits_of(model)  # asked before, so that its clips are not among them
    model.module.register_forward_hook(lambda module, given, out: seen.append(given[0]))
    frozen_scores(model, clip, half(left=True), half(left=False), 0, draws=1)
    clips = torch.cat(seen)[2:]
    assert len(clips) == 2 * len(SHARES) + 1
    still = clip.tensor[:, :, LENGTH // 2, None]
    assert all(bool(((one == clip.tensor) | (one == still)).all()) for one in clips)
    changed = (clips != clip.tensor).any(dim=1)
    changed[:, LENGTH // 2] = False
    motion, static, others = changed[: len(SHARES)], changed[len(SHARES)], changed[-len(SHARES) :]
    for share, of_motion, elsewhere in zip(SHARES, motion, others, strict=True):
        count = share * LENGTH * SIDE * SIDE
        assert int(of_motion.sum()) == pytest.approx(count * 7 / 8, rel=0.15)
        assert int(elsewhere.sum()) == pytest.approx(count * 7 / 8, rel=0.3)
        assert not (of_motion & elsewhere).any()
    assert not (static & motion[SHARES.index(SHARE)]).any()


def test_frozen_scores_are_the_same_again(model: VideoModel, clip: Clip) -> None:
    parts = half(left=True), half(left=False)
    one, two = (frozen_scores(model, clip, *parts, 0, seed=3) for _ in range(2))
    assert one.others.tolist() == two.others.tolist()
    other = frozen_scores(model, clip, *parts, 0, seed=4)
    assert other.others.tolist() != one.others.tolist()


def test_frozen_scores_freeze_no_more_than_is_called_motion(model: VideoModel, clip: Clip) -> None:
    little = np.zeros((LENGTH, SIDE, SIDE), np.float32)
    little[1:4, 2:6, 2:6] = 1
    found = frozen_scores(model, clip, little, half(left=False), 0)
    assert found.motion[-1] == pytest.approx(found.motion[1])


def test_frozen_scores_refuse_a_map_without_motion(model: VideoModel, clip: Clip) -> None:
    nothing = np.zeros((LENGTH, SIDE, SIDE), np.float32)
    with pytest.raises(EngineError, match="nothing motion"):
        frozen_scores(model, clip, nothing, half(left=True), 0)


def test_frozen_scores_can_be_cancelled(model: VideoModel, clip: Clip) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        frozen_scores(model, clip, half(left=True), half(left=False), 0, check=token.check)

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.evidence.variants import farthest_pair, held, random_orders, still_frames, taking_turns


@given(st.integers(1, 200), st.integers(1, 9))
def test_still_frames_lie_in_the_clip_and_rise(frames: int, count: int) -> None:
    chosen = still_frames(frames, count)
    assert len(chosen) == min(frames, count)
    assert list(chosen) == sorted(set(chosen))
    assert chosen[0] >= 0
    assert chosen[-1] < frames


def test_still_frames_are_spread_evenly() -> None:
    assert still_frames(16, 2) == (4, 12)
    assert still_frames(16, 1) == (8,)


@given(st.integers(1, 130))
def test_held_and_taking_turns_show_the_same_pictures_as_often(frames: int) -> None:
    pair = (3, 8)
    assert sorted(held(pair, frames).tolist()) == sorted(taking_turns(pair, frames).tolist())


def test_taking_turns_changes_after_every_second_frame() -> None:
    assert taking_turns((1, 5), 8).tolist() == [1, 1, 5, 5, 1, 1, 5, 5]
    assert held((1, 5), 8).tolist() == [1, 1, 1, 1, 5, 5, 5, 5]


def test_random_orders_keep_every_frame_and_follow_the_seed() -> None:
    orders = random_orders(16, 3, seed=4)
    assert all(sorted(order.tolist()) == list(range(16)) for order in orders)
    assert all(torch.equal(*pair) for pair in zip(orders, random_orders(16, 3, 4), strict=True))
    assert not torch.equal(orders[0], random_orders(16, 1, seed=5)[0])


@pytest.mark.parametrize("pair", [(0, 9), (4, 6)])
def test_farthest_pair_finds_the_two_that_differ_most(pair: tuple[int, int]) -> None:
    clip = torch.zeros(1, 3, 10, 32, 32)
    clip[:, :, pair[0]] = 1.0
    clip[:, :, pair[1]] = -1.0
    assert farthest_pair(clip) == pair

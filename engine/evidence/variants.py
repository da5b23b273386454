"""Variants of a clip that lack one thing: its stills, and other arrangements of its frames.

A still has no movement and one picture. Another order has all the pictures, and other movement.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.base.batches import generator_for

_SIDE = 16
"""Height and width of the frames that are compared, in cells."""


def still_frames(frames: int, count: int) -> tuple[int, ...]:
    """Return the frames of a clip that are shown by themselves, evenly spread and inside it.

    Parameters
    ----------
    frames : int
        Frames of the clip.
    count : int
        Stills, >= 1; as many as there are frames at most.
    """
    count = min(count, frames)
    return tuple(int((2 * place + 1) * frames / (2 * count)) for place in range(count))


def random_orders(frames: int, count: int, seed: int) -> list[Tensor]:
    """Return random orders of the frames of a clip, each int64 (T,)."""
    draws = [generator_for(seed, index) for index in range(count)]
    return [torch.randperm(frames, generator=draw) for draw in draws]


def farthest_pair(values: Tensor) -> tuple[int, int]:
    """Return the two frames of a clip (1, C, T, h, w) that differ most, in the order of time."""
    pictures = functional.adaptive_avg_pool2d(values[0].transpose(0, 1).float(), _SIDE).flatten(1)
    distances = torch.cdist(pictures, pictures)
    first, second = divmod(int(distances.argmax()), len(pictures))
    return min(first, second), max(first, second)


def held(pair: tuple[int, int], frames: int) -> Tensor:
    """Return two frames, one in the first half of a clip and one in the second, int64 (T,)."""
    return torch.tensor([pair[2 * place // frames] for place in range(frames)])


def taking_turns(pair: tuple[int, int], frames: int) -> Tensor:
    """Return the frames of `held`, each as often, changing after every second frame, int64 (T,)."""
    halves = [(frames + 1) // 2, frames // 2]
    chosen: list[int] = []
    while sum(halves):
        for side, frame in enumerate(pair):
            shown = min(2, halves[side])
            halves[side] -= shown
            chosen += [frame] * shown
    return torch.tensor(chosen)

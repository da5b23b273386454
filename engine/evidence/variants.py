"""Variants of a clip that lack one thing: the stills it is made of, and other orders of its frames.

A still has no movement and one picture. Another order has all the pictures, and other movement.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.base.batches import generator_for

_SIDE = 16
"""Height and width of the frames whose distances order them, in cells."""


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


def other_orders(values: Tensor, count: int, seed: int) -> list[Tensor]:
    """Return orders of a clip's frames in which it moves otherwise: the calmest, and random ones.

    Parameters
    ----------
    values : Tensor, (1, C, T, h, w)
    count : int
        Orders, >= 1.
    seed : int
        Of the random ones.

    Returns
    -------
    list of int64 Tensor, (T,)
    """
    frames = values.shape[2]
    drawn = [generator_for(seed, index) for index in range(count - 1)]
    return [calmest_order(values), *(torch.randperm(frames, generator=one) for one in drawn)]


def calmest_order(values: Tensor) -> Tensor:
    """Return an order in which frames change little from one to the next, int64 (T,).

    The shortest path through all frames is sought greedily from its ends and mended by turning
    parts of it around (2-opt, Croes 1958).
    """
    distances = _distances(values)
    path = _greedy_path(distances)
    return torch.tensor(_mended(path, distances))


def _distances(values: Tensor) -> list[list[float]]:
    """Return the distance between every two frames, at a coarse resolution."""
    pictures = functional.adaptive_avg_pool2d(values[0].transpose(0, 1).float(), _SIDE)
    flat = pictures.flatten(1)
    matrix: list[list[float]] = torch.cdist(flat, flat).cpu().tolist()
    return matrix


def _greedy_path(distances: list[list[float]]) -> list[int]:
    """Return a path that goes on from one of its ends to the nearest frame that is left."""
    left = set(range(1, len(distances)))
    path = [0]
    while left:
        _, last, frame = min(
            (distances[end][frame], place, frame)
            for place, end in ((0, path[0]), (1, path[-1]))
            for frame in left
        )
        left.discard(frame)
        path.insert(len(path) if last else 0, frame)
    return path


def _mended(path: list[int], distances: list[list[float]]) -> list[int]:
    """Turn parts of a path around as long as that makes it shorter."""
    count = len(path)
    improved = True
    while improved:
        improved = False
        for first in range(count - 1):
            for last in range(first + 1, count):
                if _gain(path, first, last, distances) > 1e-9:
                    path[first : last + 1] = path[first : last + 1][::-1]
                    improved = True
    return path


def _gain(path: list[int], first: int, last: int, distances: list[list[float]]) -> float:
    """Return how much shorter a path gets by turning the part from ``first`` to ``last``."""
    gain = 0.0
    if first > 0:
        gain += distances[path[first - 1]][path[first]] - distances[path[first - 1]][path[last]]
    if last < len(path) - 1:
        gain += distances[path[last]][path[last + 1]] - distances[path[first]][path[last + 1]]
    return gain

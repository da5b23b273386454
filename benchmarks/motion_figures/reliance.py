"""Reliance of a network on a cue: the accuracy that it loses without it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from benchmarks.motion_figures.augment import normalise
from benchmarks.motion_figures.progress import Progress
from benchmarks.motion_figures.testset import TEST, Split
from engine.types import BoolArray

AT_ONCE = 8


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Correctness of a network's answers, each bool (N,).

    Attributes
    ----------
    telling
        With a sign that tells the activity.
    shuffled
        With a sign that shows any symbol.
    frozen
        With a telling sign, and the middle frame repeated: nothing moves.
    """

    telling: BoolArray
    shuffled: BoolArray
    frozen: BoolArray

    def cue_reliance(self) -> float:
        """Return the accuracy lost when the sign is shuffled, -1 to 1."""
        return float(self.telling.mean() - self.shuffled.mean())

    def motion_reliance(self) -> float:
        """Return the accuracy lost when the motion is frozen, -1 to 1."""
        return float(self.telling.mean() - self.frozen.mean())


def answers(networks: dict[str, nn.Module], count: int, split: Split = TEST) -> dict[str, Answers]:
    """Ask networks about the same clips.

    Parameters
    ----------
    networks : dict
        In evaluation mode, by name.
    count : int
        Clips of the split.
    split : Split
        Which clips.

    Returns
    -------
    dict of Answers
        By the same names.
    """
    hits: dict[str, list[list[bool]]] = {name: [[], [], []] for name in networks}
    progress = Progress("reliance of the ladder", count)
    for start in range(0, count, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, count))
        clips = [split.clip(index, telling=True) for index in numbers]
        labels = torch.tensor([clip.label for clip in clips])
        shown = [
            [clip.frames for clip in clips],
            [split.clip(index).frames for index in numbers],
            [np.repeat(clip.frames[len(clip.frames) // 2][None], len(clip.frames), 0)
             for clip in clips],
        ]  # fmt: skip
        for kind, frames in enumerate(shown):
            batch = torch.stack([normalise(one) for one in frames])
            for name, network in networks.items():
                hits[name][kind] += right(network, batch, labels)
        progress.add(len(numbers))
    return {name: Answers(*(np.array(kind) for kind in three)) for name, three in hits.items()}


def right(network: nn.Module, batch: torch.Tensor, labels: torch.Tensor) -> list[bool]:
    """Return the correctness of the network's answers."""
    with torch.inference_mode():
        hits: list[bool] = (network(batch).argmax(1) == labels).tolist()
    return hits

"""Accuracy of a network on clips that training never saw."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from benchmarks.motion_figures.augment import normalise
from benchmarks.motion_figures.dataset import make_clip
from engine.models.figures import FIGURES_LABELS

Confusion = npt.NDArray[np.int64]


def evaluate(
    network: nn.Module, count: int, families: tuple[str, ...], first_seed: int = 0
) -> Confusion:
    """Classify fresh clips, as many of each activity.

    Parameters
    ----------
    network : Module
        Maps (N, 3, T, H, W) to logits; in evaluation mode.
    count : int
        Number of clips.
    families : tuple of str
        Texture families of the backgrounds.
    first_seed : int
        Seed of the first clip; training uses seeds from ``train.SEEDS_APART`` upwards.

    Returns
    -------
    int64 array, (8, 8)
        Number of clips by true activity (row) and answer (column).
    """
    confusion = np.zeros((len(FIGURES_LABELS), len(FIGURES_LABELS)), np.int64)
    for index in range(count):
        truth = index % len(FIGURES_LABELS)
        clip = make_clip(first_seed + index, FIGURES_LABELS[truth], families=families)
        with torch.inference_mode():
            answer = int(network(normalise(clip.frames)[None]).argmax())
        confusion[truth, answer] += 1
    return confusion


def confusion_table(confusion: Confusion) -> str:
    """Lay a confusion matrix out for people: truth in rows, answers in columns."""
    head = " " * 16 + "".join(f"{label[:7]:>9}" for label in FIGURES_LABELS)
    rows = [
        f"{label:<16}" + "".join(f"{number:>9}" for number in row)
        for label, row in zip(FIGURES_LABELS, confusion, strict=True)
    ]
    return "\n".join([head, *rows])

"""Path gradients from one clip to another: complete for every differentiable network."""

from __future__ import annotations

import copy

import numpy as np
import torch
from torch import Tensor

from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.targets import Goal
from engine.attribution.gradients import gradient_of
from engine.evidence.maps_goal import Score
from engine.types import Progress

STEPS = 6
"""Places on each way at which the gradient is taken."""


def path_relevance(
    explained: ExplainedModel, score: Score, ways: list[tuple[Tensor, Tensor]]
) -> Tensor:
    """Integrate the gradient of a score on ways from clips to others, and average over the ways.

    Parameters
    ----------
    explained : ExplainedModel
    score : callable
        From logits (N, K) to scores (N,).
    ways : list of (Tensor, Tensor)
        Planes of clips (1, C, T, h, w): where each way ends, and where it starts.

    Returns
    -------
    Tensor, (1, C, T, h, w)
        Exactly zero where a way's ends are the same. See Sundararajan et al. 2017
        (arXiv 1703.01365).
    """
    nodes, weights = np.polynomial.legendre.leggauss(STEPS)
    total = torch.zeros_like(ways[0][0])
    scored = copy.copy(explained)
    scored.goal = Goal(function=score)
    for number, (end, start) in enumerate(ways):
        change = end - start
        if not bool(change.any()):
            continue
        for place, (node, weight) in enumerate(zip(nodes, weights, strict=True)):
            explained.check()
            gradient, _ = gradient_of(scored, start + (float(node) + 1) / 2 * change)
            total += float(weight) / 2 * gradient * change
            done = number * STEPS + place + 1
            explained.report(Progress("Integrating gradients", done, len(ways) * STEPS))
    return total / len(ways)


def completed(relevance: Tensor, whole: float) -> Tensor:
    """Add what a map misses of its sum where it has relevance, in proportion to its size."""
    size = relevance.abs().double()
    missing = whole - float(relevance.double().sum())
    total = float(size.sum())
    return relevance if total == 0 else relevance + (missing / total * size).to(relevance.dtype)

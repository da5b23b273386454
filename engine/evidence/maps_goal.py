"""What maps of evidence sum to: a function of the logits, and what each logit has of its change."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from engine.attribution.base.explained_model import ExplainedModel
from engine.attribution.base.targets import Contrast, Target, resolve_goal
from engine.types import Activation

Score = Callable[[Tensor], Tensor]

_NODES = 32
_LEAST = torch.finfo(torch.float32).tiny


@dataclass(frozen=True, slots=True, eq=False)
class MapsGoal:
    """What maps of evidence sum to.

    Attributes
    ----------
    text : str
        For people.
    target : int or None
        The class, where it is one.
    score : callable or None
        From logits (N, K) to scores (N,), whose differences are explained; None for the length
        of the change of all logits.
    """

    text: str
    target: int | None
    score: Score | None

    def between(self, here: Tensor, there: Tensor) -> Score:
        """Return the score whose difference from one to the other logits, (N, K), is explained.

        Of all logits: along the direction in which their means over N, centred, differ. That
        direction is the same for a clip and for each of its stills, so the difference of the
        score is the length of the change.
        """
        if self.score is not None:
            return self.score
        change = _centred(here.mean(0, keepdim=True) - there.mean(0, keepdim=True))[0]
        length = change.norm()
        direction = change / length if length > 0 else change
        return lambda logits: logits @ direction.to(logits.dtype)


def maps_goal(explained: ExplainedModel, target: Target) -> MapsGoal:
    """Resolve a target: a class in bits, all logits for None, else the score as it is.

    The head of the network is known after its first pass, so bits are made of logits of passes.

    Raises
    ------
    AttributionError
        As `engine.attribution.attribute`.
    """
    spec = explained.model.spec
    goal = resolve_goal(spec, target)
    if target is None:
        return MapsGoal("length of the change of all logits, their mean taken off", None, None)
    if goal.function is not None:
        return MapsGoal("change of the target function", None, goal.scores)
    assert goal.index is not None
    if isinstance(target, Contrast):
        return MapsGoal("change of the difference of two logits", goal.index, goal.scores)
    label, index = spec.labels[goal.index], goal.index
    if spec.activation == "none":
        unit = f", in {spec.unit}" if spec.unit else ""
        return MapsGoal(f"change of {label}{unit}", index, goal.scores)

    def bits(logits: Tensor) -> Tensor:
        goal.scores(logits)  # refuses a class that the network does not have
        return log2_probability(logits, index, explained.activation)

    return MapsGoal(f"bits for {label}: change of log2 of its probability", index, bits)


def log2_probability(logits: Tensor, index: int, activation: Activation) -> Tensor:
    """Return log2 of the probability of a class, (N,), from logits (N, K)."""
    if activation == "probabilities":
        return logits[:, index].clamp_min(_LEAST).log2()
    if activation == "softmax":
        return logits.log_softmax(1)[:, index] / math.log(2)
    return functional.logsigmoid(logits[:, index]) / math.log(2)


def start_relevance(score: Score, here: Tensor, there: Tensor) -> tuple[Tensor, float]:
    """Return what each logit has of the mean difference of a score, (1, K), and that difference.

    Gradients are integrated from each of the rows on one side to each on the other (Sundararajan
    et al. 2017, arXiv 1703.01365); what the integration misses is shared in proportion.

    Parameters
    ----------
    score : callable
        From logits (N, K) to scores (N,).
    here, there : Tensor, (N, K)
        One row, or as many on both sides.
    """
    rows = max(len(here), len(there))
    here, there = here.double().expand(rows, -1), there.double().expand(rows, -1)
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    parts = torch.zeros_like(here)
    with torch.enable_grad():
        for node, weight in zip((nodes + 1) / 2, weights / 2, strict=True):
            at = (there + (here - there) * node).detach().requires_grad_()
            (slope,) = torch.autograd.grad(score(at).sum(), at)
            parts += weight * slope * (here - there)
    with torch.no_grad():
        whole = float((score(here) - score(there)).mean())
    shares = parts.mean(0, keepdim=True)
    missing = whole - float(shares.sum())
    size = shares.abs().sum()
    if size > 0:
        shares = shares + missing * shares.abs() / size
    return shares, whole


def _centred(logits: Tensor) -> Tensor:
    return logits - logits.mean(1, keepdim=True) if logits.shape[1] > 1 else logits

"""The verdict on a decision, and how sure its share of movement is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.evidence.evidence import Evidence, Verdict
from engine.evidence.measure import Answers, Parts, weigh

LEAST_BITS = 0.25
"""Below this a model's answer owes nothing to the clip that is worth dividing."""

HALF_WIDTH = 0.2
"""Of the interval of a share."""

_NOISE = 0.5
"""Correlation of neighbouring pixels below which a clip is noise."""

_PARTS: tuple[tuple[Verdict, str], ...] = (
    ("one picture", "A single frame gives the answer; movement adds little."),
    (
        "several pictures",
        "The answer takes several frames, but their order makes no difference to it.",
    ),
    ("movement", "The answer is lost when the clip is frozen, and when its frames change places."),
)


@dataclass(frozen=True, slots=True)
class _Judgement:
    verdict: Verdict
    reason: str


def judged(answers: Answers, target: int, prior: str, untold: str) -> Evidence:
    """Return the evidence with its verdict.

    Parameters
    ----------
    answers : Answers
    target : int
        Class asked about.
    prior : str
        Source of the prior.
    untold : str
        Reason why nothing can be told of this clip; empty if something can.
    """
    parts = weigh(answers)
    share = parts.share
    interval = interval_of(parts)
    judgement = _judge(parts, interval, untold)
    return Evidence(
        share=share,
        interval=interval,
        still_bits=parts.still,
        frames_bits=parts.frames,
        order_bits=parts.order,
        verdict=judgement.verdict,
        reason=judgement.reason,
        target=target,
        prior=prior,
        log2_steps=answers.class_steps(),
    )


def interval_of(parts: Parts) -> tuple[float, float]:
    """Return the 95 % interval of a share."""
    share = parts.share
    if not math.isfinite(share):
        return math.nan, math.nan
    return max(share - HALF_WIDTH, 0.0), min(share + HALF_WIDTH, 1.0)


def _judge(parts: Parts, interval: tuple[float, float], untold: str) -> _Judgement:
    if untold:
        return _Judgement("cannot tell", untold)
    if parts.total < LEAST_BITS:
        return _Judgement(
            "cannot tell",
            f"The model says nearly the same ({parts.total:.2f} bits apart) when it sees nothing "
            "of this clip.",
        )
    shares = [part / parts.total for part in (parts.still, parts.frames, parts.order)]
    largest = max(range(3), key=shares.__getitem__)
    if shares[largest] > 0.5 and not interval[0] < 0.5 < interval[1]:
        return _Judgement(*_PARTS[largest])
    return _Judgement("mixed", "One picture and movement both matter.")


def untold(values: Tensor) -> str:
    """Return why a clip allows no verdict, or an empty text.

    Parameters
    ----------
    values : Tensor, (1, C, T, h, w)
    """
    if bool((values == values[:, :, :1]).all()):
        return "Nothing changes in this clip, so it has no movement that could matter."
    if _neighbour_correlation(values) < _NOISE:
        return "The clip is noise: pixels beside each other have nothing in common."
    return ""


def _neighbour_correlation(values: Tensor) -> float:
    """Correlate each pixel of the clip with the one on its right, -1 to 1; nan for flat ones."""
    left, right = values[..., :-1].double().flatten(), values[..., 1:].double().flatten()
    if len(left) < 2:
        return math.nan
    return float(torch.corrcoef(torch.stack([left, right]))[0, 1])

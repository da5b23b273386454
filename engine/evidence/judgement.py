"""The verdict on a decision, and how sure its share of movement is. No torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from engine.evidence.evidence import Evidence, Verdict
from engine.evidence.measure import Answers, Parts, weigh

LEAST_BITS = 0.25
"""Below this a model's answer owes nothing to the clip that is worth dividing."""

MOVING, SOME, STILL = 0.5, 0.2, 0.03
"""Shares from which movement decides, from which it takes part, and up to which it does not."""

_SHARES = (0.0, 0.05, 0.2, 0.7, 0.85, 0.93, 0.98, 1.0)
_LOW = (0.0, 0.0, 0.0, 0.05, 0.25, 0.44, 0.75, 0.85)
_HIGH = (0.6, 0.93, 0.99, 1.0, 1.0, 1.0, 1.0, 1.0)
"""Percentiles 2.5 and 97.5 of the true share where evidence says so (split "choice")."""

_BLIND = 1e-3
"""Part of what lies beyond a picture up to which a model does not see order at all."""

_ONE = "A single frame gives the answer; movement adds little."
_SEVERAL = "It takes several frames, but their order makes little difference to the model."
_MOVEMENT = "The answer is lost when the clip is frozen or its frames are arranged otherwise."
_MIXED = "Movement takes part in the answer, and what single frames show more so."
_BETWEEN = "Movement adds a little; clips like this are as often decided by it as not."


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and a sentence that gives its reason."""

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
    judgement = judge(parts, untold)
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
        log2_steps=answers.class_steps(parts.moving_part),
    )


def interval_of(parts: Parts) -> tuple[float, float]:
    """Return the 95 % interval of a share: that of the true share where truth is planted.

    It is wide in the middle: where a picture and movement say the same, forward passes cannot
    tell well which of them a model would do without.
    """
    share = parts.share
    if not math.isfinite(share):
        return math.nan, math.nan
    if parts.moving_part <= _BLIND:
        return 0.0, min(share + 0.01, 1.0)
    low, high = (float(np.interp(share, _SHARES, ends)) for ends in (_LOW, _HIGH))
    return min(low, share), max(high, share)


def judge(parts: Parts, untold: str = "") -> Judgement:
    """Return the verdict on evidence, or "cannot tell" for the reason given."""
    if untold:
        return Judgement("cannot tell", untold)
    if parts.total < LEAST_BITS:
        return Judgement(
            "cannot tell",
            f"The model says nearly the same ({parts.total:.2f} bits apart) when it sees nothing "
            "of this clip.",
        )
    if parts.share > MOVING:
        return Judgement("movement", _MOVEMENT)
    if parts.share >= SOME:
        return Judgement("mixed", _MIXED)
    if parts.share > STILL:
        return Judgement("cannot tell", _BETWEEN)
    if parts.frames > parts.still:
        return Judgement("several pictures", _SEVERAL)
    return Judgement("one picture", _ONE)

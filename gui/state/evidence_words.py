"""Evidence in words: the sentence that leads, and its numbers."""

from __future__ import annotations

import math
from typing import Protocol

from engine.evidence.evidence import Verdict


class Judged(Protocol):
    """A share with its interval and verdict, of a window or of a clip."""

    @property
    def share(self) -> float:
        """Share of movement, 0 to 1, or nan."""

    @property
    def interval(self) -> tuple[float, float]:
        """Its 95 % interval."""

    @property
    def verdict(self) -> Verdict:
        """See `engine.evidence.Evidence`."""


def verdict_sentence(judged: Judged) -> str:
    """Return the verdict with the share and its interval, without a stop at the end.

    "Movement: 87 % of the evidence (78 to 95 %)"; "Cannot tell" comes without a number.
    """
    name = judged.verdict.capitalize()
    if judged.verdict == "cannot tell" or not math.isfinite(judged.share):
        return name
    subject = "" if judged.verdict == "movement" else "movement is "
    return f"{name}: {subject}{judged.share:.0%} of the evidence ({interval_text(judged)})".replace(
        "%", " %"
    )


def interval_text(judged: Judged) -> str:
    """Return the interval as "78 to 95%", or a dash where there is none."""
    low, high = judged.interval
    return f"{100 * low:.0f} to {high:.0%}" if math.isfinite(low) else "-"


def bits_text(bits: float, *, signed: bool = False) -> str:
    """Return bits with two digits behind the point, a real minus where they may be negative."""
    if not math.isfinite(bits):
        return "-"
    text = f"{bits:+.2f}" if signed else f"{bits:.2f}"
    return text.replace("-", "\u2212")

"""Markdown of result pages: tables, and figures with their intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from engine.metrics import Interval


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def cell(interval: Interval, percent: bool = False) -> str:
    """Return a figure with its interval in brackets, or a dash where there is none."""
    if not math.isfinite(interval.value):
        return "–"
    if percent:
        return f"{interval.value:.1%} [{interval.low:.1%}, {interval.high:.1%}]"
    return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"

"""The user's choices for an explanation, and the estimate of its length."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Estimate = Callable[[str, Path | None, int, float, str], tuple[int, float | None] | None]
"""(model, weights, frames, fps, method) -> windows and seconds, as far as they are known."""


@dataclass(frozen=True, slots=True)
class ExplainSettings:
    """The fields of `engine.types.Request` that the Explain panel sets."""

    model: str
    weights: Path | None
    method: str
    target: str | None
    frames: tuple[int, int]
    options: tuple[tuple[str, str | float | bool], ...] = ()
    against: str | None = None

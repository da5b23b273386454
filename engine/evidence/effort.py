"""How much of a decision's evidence is measured, and what that costs. No torch."""

from __future__ import annotations

from engine.types import EvidenceEffort

EFFORTS: dict[EvidenceEffort, tuple[int, int]] = {"off": (0, 0), "quick": (1, 1), "full": (2, 2)}
"""Frames shown by themselves, and other orders of the frames."""


def evidence_passes(effort: EvidenceEffort) -> int:
    """Return the forward passes that a window takes, its own not counted."""
    return sum(EFFORTS[effort])

"""How much of a decision's evidence is measured, and what that costs. No torch."""

from __future__ import annotations

from dataclasses import dataclass

from engine.types import EvidenceEffort


@dataclass(frozen=True, slots=True)
class Effort:
    """Variants of a clip that a model is asked about.

    Attributes
    ----------
    stills : int
        Frames shown by themselves.
    orders : int
        Random orders of the frames.
    pair : bool
        Two of the frames, one after the other and taking turns.
    """

    stills: int
    orders: int
    pair: bool

    @property
    def passes(self) -> int:
        """Forward passes that a window takes, its own not counted."""
        return self.stills + self.orders + 2 * self.pair


EFFORTS: dict[EvidenceEffort, Effort] = {
    "off": Effort(0, 0, pair=False),
    "quick": Effort(1, 1, pair=False),
    "full": Effort(2, 1, pair=True),
}
"""By name. A quick one does not notice movement that looks the same in any order."""


MAPS_PASSES = 8
"""Forward passes that the maps of a window take as long as, on the networks measured."""


def evidence_passes(effort: EvidenceEffort) -> int:
    """Return the forward passes that a window takes, its own not counted."""
    return EFFORTS[effort].passes

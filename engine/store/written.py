"""The written part of an analysis that is still computed."""

from __future__ import annotations

from dataclasses import dataclass

from engine.evidence.evidence import Evidence
from engine.store.arrays import Growth
from engine.store.map_volumes import MapsWritten
from engine.types import Window


@dataclass(frozen=True, slots=True, eq=False)
class Written:
    """The written part of an analysis.

    Attributes
    ----------
    windows : tuple of Window
        Those explained, in order.
    evidence : tuple of Evidence or None
        One a window.
    quantiles : tuple of float
        What its scale is made of, see `Analysis.scale`.
    growth : Growth
        How far its relevance is written.
    maps : MapsWritten or None
        How far its maps of evidence are, where it has some.
    """

    windows: tuple[Window, ...]
    evidence: tuple[Evidence | None, ...]
    quantiles: tuple[float, ...]
    growth: Growth
    maps: MapsWritten | None = None

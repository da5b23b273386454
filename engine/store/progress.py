"""Progress of an explanation, with the analysis that grows."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.store.analysis import Analysis
from engine.types import Progress


@dataclass(frozen=True, slots=True, eq=False)
class ExplainProgress(Progress):
    """Progress of an explanation, with its growing result.

    Attributes
    ----------
    analysis : Analysis
        Readable for the frames before its ``frames_written``.
    """

    analysis: Analysis = field(kw_only=True)

"""Percentiles of relevance, for colours that show more than the strongest of a clip."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from engine.cancel import Check, never
from engine.selective import FrameMaps
from engine.types import Float64Array, Preset

_MOST_FRAMES = 32
_MOST_VALUES = 100_000
"""Of a frame: every second one, or fewer, where a map is larger."""
_PERCENTS = np.concatenate([np.arange(50, 99, 0.5), np.linspace(99, 100, 101)])


class Separated(Protocol):
    """Maps of frames, of a `Separation` or a `MapSeparation`."""

    @property
    def frames_ready(self) -> int:
        """Frames that can be read."""

    def frame(self, frame: int, sigma: float) -> FrameMaps:
        """Return the maps of a frame."""


class Contrast:
    """Percentiles of the absolute relevance of a clip, as panes draw it, by preset."""

    def __init__(self) -> None:
        self._tables: dict[Preset, Float64Array] = {}

    def measure(self, preset: Preset, separated: Separated, check: Check = never) -> None:
        """Measure them in at most 32 frames spread evenly over those that are ready.

        Once a preset: call it when everything is explained.
        """
        if preset in self._tables or separated.frames_ready == 0:
            return
        ready = separated.frames_ready
        values = []
        for frame in np.unique(np.linspace(0, ready - 1, min(ready, _MOST_FRAMES)).round()):
            check()
            flat = np.abs(separated.frame(int(frame), 0.0).relevance).ravel()
            values.append(flat[:: max(1, -(-flat.size // _MOST_VALUES))])
        self._tables[preset] = np.percentile(np.concatenate(values), _PERCENTS)

    def at(self, preset: Preset, percent: float) -> float | None:
        """Return the percentile of 50 to 100 percent, or None where there is none above 0."""
        table = self._tables.get(preset)
        found = 0.0 if table is None else float(np.interp(percent, _PERCENTS, table))
        return found if np.isfinite(found) and found > 0 else None

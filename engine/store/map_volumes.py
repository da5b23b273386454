"""Maps of evidence of an analysis on disk: two volumes beside the relevance, as long as it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.cancel import Check
from engine.store.arrays import GrowingArray, Growth, StoredArray
from engine.types import Float32Array

NAMES = ("evidence_motion", "evidence_appearance")
"""Names of the arrays."""

Shape = tuple[int, int, int]
_Array = GrowingArray | StoredArray
Maps = tuple[Float32Array, Float32Array]
"""Maps of motion and of appearance, float32 (n, h, w) each."""


@dataclass(frozen=True, slots=True, eq=False)
class MapsWritten:
    """The written part of both volumes.

    Attributes
    ----------
    growths : tuple of Growth
        Of motion and of appearance.
    quantiles : tuple of float
        What their scale is made of, as that of `Analysis.scale`.
    """

    growths: tuple[Growth, Growth]
    quantiles: tuple[float, ...]


class MapVolumes:
    """Both volumes, which grow or are finished."""

    def __init__(self, arrays: tuple[_Array, _Array], quantiles: list[float]) -> None:
        self._arrays = arrays
        self._quantiles = quantiles

    @classmethod
    def create(cls, group: Any, shape: Shape) -> MapVolumes:
        """Start both."""
        motion, appearance = (GrowingArray(group, name, shape) for name in NAMES)
        return cls((motion, appearance), [])

    @classmethod
    def open(cls, group: Any, shape: Shape, settings: Mapping[str, Any]) -> MapVolumes:
        """Open finished ones, with the `settings` that were kept.

        Raises
        ------
        KeyError, TypeError, ValueError
            If they are not there.
        """
        motion, appearance = (StoredArray(group, name) for name in NAMES)
        if not motion.shape == appearance.shape == shape:
            raise ValueError(f"the maps have shapes {motion.shape} and {appearance.shape}")
        return cls((motion, appearance), [float(settings["scale"])])

    @classmethod
    def resumed(cls, group: Any, shape: Shape, done: MapsWritten, check: Check) -> MapVolumes:
        """Go on with both, after reading all of them.

        Raises
        ------
        KeyError, ValueError, OSError
            If what is stored is not what was written.
        """
        motion, appearance = (
            GrowingArray.resumed(group, name, shape, growth, check)
            for name, growth in zip(NAMES, done.growths, strict=True)
        )
        return cls((motion, appearance), list(done.quantiles))

    @property
    def written(self) -> int:
        """Steps whose maps can be read."""
        return min(array.written for array in self._arrays)

    @property
    def scale(self) -> float:
        """Absolute value of the sum of both drawn in the full colour, 0 before any."""
        return float(np.median(self._quantiles)) if self._quantiles else 0.0

    @property
    def settings(self) -> dict[str, float]:
        """What `open` needs, for JSON."""
        return {"scale": self.scale}

    @property
    def progress(self) -> MapsWritten:
        """The written part, for `resumed`."""
        motion, appearance = self._arrays
        if not (isinstance(motion, GrowingArray) and isinstance(appearance, GrowingArray)):
            raise TypeError("maps that were opened cannot grow")
        return MapsWritten((motion.growth, appearance.growth), tuple(self._quantiles))

    def append(self, maps: Maps) -> None:
        """Add the maps of further steps."""
        if maps[0].size:
            self._quantiles.append(high_quantile(np.abs(maps[0] + maps[1])))
        for array, part in zip(self._arrays, maps, strict=True):
            if isinstance(array, GrowingArray):
                array.append(part)

    def read(self, start: int, stop: int) -> Maps:
        """Return the maps of steps [start, stop)."""
        motion, appearance = (array.read(start, stop) for array in self._arrays)
        return motion, appearance


def high_quantile(values: Float32Array) -> float:
    """Return the 99.5 % quantile, of some of the values where they are many."""
    flat = values.ravel()
    return float(np.quantile(flat[:: max(1, flat.size // 200_000)], 0.995))
